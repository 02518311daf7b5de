export { MovePlanView } from './MovePlanView';
