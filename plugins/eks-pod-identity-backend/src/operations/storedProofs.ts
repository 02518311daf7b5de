import type { EngineOptions } from 'eks-pod-identity-engine';
import type { RetryingStore } from '../store/retryingStore';

/** Proofs of every replica, so that the engine reuses one whichever process made it. */
export function storedProofs({
  reports,
}: Pick<RetryingStore, 'reports'>): NonNullable<EngineOptions['storedProofs']> {
  return {
    lastVerified: (ref, since, key) =>
      reports.lastVerified(ref, key, since.getTime()),
  };
}
