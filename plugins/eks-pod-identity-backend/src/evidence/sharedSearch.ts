import type {
  EvidenceEvent,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from 'eks-pod-identity-engine';
import { Semaphore } from 'eks-pod-identity-engine/portal';

/** How long a search serves: less than it takes until a cluster is looked at again. */
const KEEP_MS = 10 * 60_000;

interface Place {
  turn: Semaphore;
  kept?: { until: number; pages: EvidenceEvent[][] };
}

/**
 * The same source for many clusters that are asked the same question one after the other: events are of an account and
 * region, so that clusters of one place share a search. AWS grants two requests a second there, to all callers together.
 */
export function sharedSearch(
  source: PodIdentityEvidenceSource,
  clock: Clock,
): PodIdentityEvidenceSource {
  const places = new Map<string, Place>();
  return {
    id: source.id,
    async *read(request) {
      // A node is of one cluster, which asks for it once a look.
      if ('username' in request.question) {
        yield* source.read(request);
        return;
      }
      const { cluster, region = cluster.region, question } = request;
      const key = JSON.stringify([cluster.accountId, region, question]);
      for (const one of places.values()) {
        if (one.kept && one.kept.until <= clock.now()) one.kept = undefined;
      }
      const place = places.get(key) ?? { turn: new Semaphore(1) };
      places.set(key, place);
      const end = await place.turn.take(request.signal);
      try {
        if (place.kept) {
          yield* place.kept.pages;
          return;
        }
        const until = clock.now() + KEEP_MS;
        const pages: EvidenceEvent[][] = [];
        let isGood = true;
        try {
          for await (const page of source.read(request)) {
            pages.push(page);
            yield page;
          }
        } catch (error) {
          isGood = false;
          throw error;
        } finally {
          // A reader that has seen enough comes here, too; the next one has the same limit.
          if (isGood) place.kept = { until, pages };
        }
      } finally {
        end();
      }
    },
  };
}
