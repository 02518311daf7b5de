import { CustomErrorBase } from '@backstage/errors';

/**
 * Refused for now: there is as much under way as may be at a time. `@backstage/errors` has no class for it; Backstage
 * answers with the status that an error carries.
 */
export class TooManyRequestsError extends CustomErrorBase {
  name = 'TooManyRequestsError' as const;
  readonly statusCode = 429;
}

/** The same for what time alone does not free. */
export class QuotaError extends TooManyRequestsError {}
