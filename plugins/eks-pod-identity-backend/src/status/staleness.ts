import type { ClusterState } from '../store/ClusterStateStore';
import type { Memory } from '../store/ServiceAccountStore';

/** Since when a cluster is not known any more, epoch milliseconds, and why. */
export interface Staleness {
  since: number;
  reason: string;
}

/**
 * A cluster is stale when it could not be read, and also when no sweep came to its end for `maxAgeMs`: a scheduler that
 * has stopped reports nothing, and neither does a cluster that is never swept. `upSince` is when this process began to
 * wait for a first sweep.
 */
export function staleOf(
  state: ClusterState | undefined,
  options: { now: number; maxAgeMs: number; upSince: number },
): Staleness | undefined {
  if (state?.stale) return state.stale;
  const seenAt = state?.sweptAt ?? state?.cursor?.startedAt ?? options.upSince;
  return options.now - seenAt > options.maxAgeMs
    ? {
        since: seenAt,
        reason:
          'No full sweep of this cluster has completed since then; see the portal’s log.',
      }
    : undefined;
}

/** True where a proof no longer counts, by its age or by what has been replaced since. */
export const hasFaded = (
  provenAt: number | undefined,
  now: number,
  maxAgeMs: number,
  replaced: Memory['replaced'] = {},
): true | undefined =>
  (provenAt !== undefined &&
    (now - provenAt >= maxAgeMs ||
      Object.values(replaced).some(since => provenAt <= since))) ||
  undefined;
