import {
  type Clock,
  type EngineOptions,
  requestKey,
} from 'eks-pod-identity-engine';
import { retryWhileUnavailable } from '../store/retryWhileUnavailable';
import type { Store } from '../store';

/** Reports of every replica, so that the engine reuses a proof whichever process made it. */
export function storedReports(
  store: Store,
  clock: Clock,
): NonNullable<EngineOptions['reports']> {
  return {
    findRecentReport: (request, since) =>
      retryWhileUnavailable(clock, () =>
        store.reports.lastVerified(
          request.ref,
          requestKey(request),
          since.getTime(),
        ),
      ),
    findRecentProof: (ref, since) =>
      retryWhileUnavailable(clock, () =>
        store.reports.lastVerified(ref, undefined, since.getTime()),
      ),
  };
}
