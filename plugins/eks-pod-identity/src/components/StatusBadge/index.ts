export { CheckIcon, StatusBadge, StatusIcon, toneOf } from './StatusBadge';
export * from './StatusLegend';
export { useOthers, WorstBadge } from './WorstBadge';
