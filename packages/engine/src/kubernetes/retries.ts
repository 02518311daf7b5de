import type { Prospect } from '../async/retryRule';
import { isBroken, KubernetesError } from './errors';

/** What an error says about another try; undefined for an answer that would be the same again. */
export function prospectOf(error: unknown): Prospect | undefined {
  if (!(error instanceof KubernetesError) || error.givenUp) return undefined;
  switch (error.kind) {
    case 'throttled':
      return 'busy';
    case 'server':
      // The API server is there; what it calls fails, and fails the same way for the next try.
      return /failed calling webhook/.test(error.message)
        ? undefined
        : 'passing';
    case 'unreachable':
      if (isBroken(error)) return 'passing';
      return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN|UND_ERR_CONNECT|PROXY_5)/.test(
        error.reason ?? '',
      )
        ? 'doubtful'
        : undefined;
    default:
      return undefined;
  }
}

/** How long the API server asks to wait. */
export function retryAfterMsOf(error: unknown): number | undefined {
  return error instanceof KubernetesError ? error.retryAfterMs : undefined;
}
