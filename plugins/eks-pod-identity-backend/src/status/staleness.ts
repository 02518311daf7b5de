import type { ClusterState } from '../store/ClusterStateStore';

/** Since when a cluster is not known any more, epoch milliseconds, and why. */
export interface Staleness {
  since: number;
  reason: string;
}

/**
 * A cluster is stale when it could not be read, and also when no sweep came to its end for `maxAgeMs`: a scheduler that
 * stands still reports nothing.
 */
export function staleOf(
  state: ClusterState | undefined,
  options: { now: number; maxAgeMs: number },
): Staleness | undefined {
  if (!state) return undefined;
  const seenAt = state.sweptAt ?? state.cursor?.startedAt;
  if (state.stale || seenAt === undefined) return state.stale;
  return options.now - seenAt > options.maxAgeMs
    ? {
        since: seenAt,
        reason:
          'No look at the whole cluster has come to its end since then. The portal’s log says why.',
      }
    : undefined;
}
