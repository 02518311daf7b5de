export { CheckIcon, StatusBadge, StatusIcon } from './StatusBadge';
