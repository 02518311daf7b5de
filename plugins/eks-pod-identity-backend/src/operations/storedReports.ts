import { type EngineOptions, requestKey } from 'eks-pod-identity-engine';
import type { RetryingStore } from '../store/retryingStore';

/** Reports of every replica, so that the engine reuses a proof whichever process made it. */
export function storedReports({
  reports,
}: Pick<RetryingStore, 'reports'>): NonNullable<EngineOptions['reports']> {
  return {
    findRecentReport: (request, since) =>
      reports.lastVerified(request.ref, requestKey(request), since.getTime()),
    findRecentProof: (ref, since) =>
      reports.lastVerified(ref, undefined, since.getTime()),
  };
}
