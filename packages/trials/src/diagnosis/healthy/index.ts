import { HEALTHY_CLUSTER } from './cluster';
import { HEALTHY_ROLES } from './roles';
import { HEALTHY_WORKLOADS } from './workloads';
import type { Healthy } from './variant';

/** Set-ups in which the identity works, those of the review among them. */
export const HEALTHY: readonly Healthy[] = [
  ...HEALTHY_ROLES,
  ...HEALTHY_WORKLOADS,
  ...HEALTHY_CLUSTER,
];
