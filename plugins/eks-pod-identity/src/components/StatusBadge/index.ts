export { CheckIcon, StatusBadge } from './StatusBadge';
