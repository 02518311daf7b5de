import { z } from 'zod/v3';
import { reportStatusSchema } from './report';

/** @public */
export const identityStatusSchema = z.enum([
  ...reportStatusSchema.options,
  'restart-needed',
  'unverified',
  'changed',
]);

/**
 * Status of a service account: that of the last report, or `restart-needed` (it works, and nothing is wrong but pods that
 * started earlier), or `unverified` (no report yet), or `changed` (the identity differs from what was proven or from what
 * failed). `stale` and `verifying` are separate flags. What people read: `STATUS_WORDS`.
 *
 * @public
 */
export type IdentityStatus = z.infer<typeof identityStatusSchema>;

const SEVERITY: Record<IdentityStatus, number> = {
  failed: 7,
  degraded: 6,
  'restart-needed': 5,
  inconclusive: 4,
  changed: 3,
  unverified: 2,
  consistent: 1,
  verified: 0,
};

/** Worst first: the order in which the identities of an entity are listed. @public */
export const IDENTITY_STATUS_ORDER: readonly IdentityStatus[] = [
  ...identityStatusSchema.options,
].sort((a, b) => SEVERITY[b] - SEVERITY[a]);
