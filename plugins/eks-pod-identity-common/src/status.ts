import { z } from 'zod/v3';
import { reportStatusSchema } from './report';

/** @public */
export const identityStatusSchema = z.enum([
  ...reportStatusSchema.options,
  'unverified',
  'changed',
]);

/**
 * Headline of a service account ref: the last report's status, or `unverified` (never looked at), or
 * `changed` (differs from what was proven). Being stale and being verified right now are flags beside it.
 *
 * @public
 */
export type IdentityStatus = z.infer<typeof identityStatusSchema>;
