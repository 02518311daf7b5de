export { StatusCell } from './StatusCell';
