export { CheckIcon, StatusBadge, StatusIcon } from './StatusBadge';
export * from './StatusLegend';
