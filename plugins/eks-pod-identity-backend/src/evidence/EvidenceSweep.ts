import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import {
  type Evidence,
  type PodIdentityEvidenceSource,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, ClusterConfig, Clusters } from 'eks-pod-identity-engine';
import { callingFor, publicCluster } from 'eks-pod-identity-engine/portal';
import { type SetTask, TaskSet } from '../clusters/TaskSet';
import type { Store } from '../store';
import type { SearchedIdentity } from '../store/EvidenceStore';
import type { EvidenceReader } from './EvidenceReader';

const FREQUENCY = { minutes: 5 };
const TIMEOUT = { minutes: 15 };
/** After the first sweeps of some clusters, which find the identities and begin one after the other. */
const START_DELAY = { seconds: 75 };
const HOUR_MS = 3_600_000;
/** What was not used is searched once in this time all the same. */
const MAX_AGE_MS = 24 * HOUR_MS;
/** AWS writes events up to 15 minutes late. */
const LATE_MS = 20 * 60_000;
/** Pages of the search of a whole account, at most: half a minute of its pace. */
const PAGES = 60;
/** Identities that are asked for at a time. */
const BATCH = 50;
/** Searches at once; one alone would leave the pace unused while AWS answers. */
const AT_ONCE = 3;
/** After so many failures one after the other the rest waits for the next run. */
const MOST_FAILURES = 3;

/** Events that give out a role. */
const ASSUMPTIONS = ['AssumeRole', 'AssumeRoleWithWebIdentity'];

export interface EvidenceSweepOptions {
  clock: Clock;
  clusters: Clusters;
  logger: LoggerService;
  reader: EvidenceReader;
  source: PodIdentityEvidenceSource;
  store: Pick<Store, 'evidence'>;
}

/**
 * Searches one account and region. First in bulk: which roles were obtained since the last time. Then one identity after
 * the other: those never searched, those that changed or were used since, and once a day the others. What a run leaves,
 * the next one begins with.
 */
export class EvidenceSweep {
  readonly #options: EvidenceSweepOptions;
  readonly #clusters: ClusterConfig[];

  constructor(clusters: ClusterConfig[], options: EvidenceSweepOptions) {
    this.#clusters = clusters;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<{ searched: number }> {
    const [{ accountId, region }] = this.#clusters;
    return callingFor(
      { lane: 'schedule', key: `evidence ${accountId} ${region}` },
      () => this.#run(signal),
    );
  }

  async #run(signal: AbortSignal) {
    const { clock, store } = this.#options;
    const [place] = this.#clusters;
    const { searchedUntil } = await store.evidence.sweepState(place);
    const until = clock.now();
    try {
      if (searchedUntil !== undefined) {
        await this.#searchAccount(searchedUntil - LATE_MS, until, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      const denied = (error as Error).name === 'NotAllowedError';
      await store.evidence.setSweepState(place, {
        searchedUntil,
        state: denied ? 'denied' : 'unread',
        reason: (error as Error).message.replace(/\s+/g, ' ').slice(0, 500),
      });
      return { searched: 0 };
    }
    const { searched, problem } = await this.#searchIdentities(signal);
    await store.evidence.setSweepState(place, {
      searchedUntil: until,
      state: problem?.state ?? 'read',
      reason: problem?.reason,
    });
    return { searched };
  }

  /** Notes which roles were obtained, by anybody. */
  async #searchAccount(from: number, until: number, signal: AbortSignal) {
    const { source, store } = this.#options;
    const roles = new Map<string, number>();
    for (const eventName of ASSUMPTIONS) {
      let pages = 0;
      for await (const events of source.read({
        cluster: publicCluster(this.#clusters[0]),
        question: { eventName },
        from: new Date(from),
        until: new Date(until),
        signal,
      })) {
        for (const { roleArn, at } of events) {
          if (!roleArn) continue;
          roles.set(roleArn, Math.max(roles.get(roleArn) ?? 0, Date.parse(at)));
        }
        pages += 1;
        if (pages >= PAGES) break;
      }
    }
    await store.evidence.noteActivity(this.#ids(), roles);
  }

  async #searchIdentities(signal: AbortSignal) {
    const { logger, reader, store } = this.#options;
    const failed = new Set<string>();
    let searched = 0;
    let inARow = 0;
    let problem: Evidence | undefined;
    const isOver = () => problem?.state === 'denied' || inARow >= MOST_FAILURES;
    const one = async (identity: SearchedIdentity) => {
      const found = await reader.search(identity, signal);
      if (found.state === 'read') {
        searched += 1;
        inARow = 0;
        return;
      }
      const written = stringifyServiceAccountRef(identity.ref);
      failed.add(written);
      inARow += 1;
      problem = found;
      logger.debug(`Could not read the use of ${written}: ${found.reason}`);
    };
    for (;;) {
      const due = await store.evidence.due(
        this.#ids(),
        MAX_AGE_MS,
        BATCH + failed.size,
      );
      const left = due.filter(
        ({ ref }) => !failed.has(stringifyServiceAccountRef(ref)),
      );
      if (left.length === 0 || isOver()) break;
      const before = searched + failed.size;
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (left.length > 0 && !isOver()) {
            signal.throwIfAborted();
            await one(left.shift()!);
          }
        }),
      );
      // Another process has written what this one searched
      if (searched + failed.size === before) break;
    }
    return { searched, problem: isOver() ? problem : undefined };
  }

  #ids() {
    return this.#clusters.map(({ id }) => id);
  }
}

/** One task for each account and region that has clusters now; replicas share the work. */
export function evidenceTasks(
  options: EvidenceSweepOptions & { scheduler: SchedulerService },
) {
  const { clusters, logger } = options;
  const tasks = new TaskSet(options);
  const clustersOf = (place: string) =>
    clusters
      .list()
      .filter(({ accountId, region }) => `${accountId}:${region}` === place);
  const taskOf = (place: string): SetTask => ({
    frequency: FREQUENCY,
    timeout: TIMEOUT,
    scope: 'global',
    initialDelay: START_DELAY,
    fn: async signal => {
      const group = clustersOf(place);
      if (group.length === 0) {
        logger.info(`Did not read the use of ${place}: its clusters are gone`);
        return;
      }
      const { searched } = await new EvidenceSweep(group, options).run(signal);
      if (searched > 0) {
        logger.info(`Read the use of ${searched} identities of ${place}`);
      }
    },
  });
  return {
    keep: () =>
      tasks.keep(
        new Map(
          clusters.list().map(({ accountId, region }) => {
            const place = `${accountId}:${region}`;
            return [`evidence:${place}`, () => taskOf(place)];
          }),
        ),
      ),
  };
}
