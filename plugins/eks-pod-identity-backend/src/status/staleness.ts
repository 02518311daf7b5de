import type { ClusterState } from '../store/ClusterStateStore';

/** Since when a cluster is not known any more, epoch milliseconds, and why. */
export interface Staleness {
  since: number;
  reason: string;
}

/**
 * A cluster is stale when it could not be read, and also when no sweep came to its end for `maxAgeMs`: a scheduler that
 * stands still reports nothing, and a cluster whose turn never comes neither. `upSince` is when this process began to
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
          'No look at the whole cluster has come to its end since then. The portal’s log says why.',
      }
    : undefined;
}
