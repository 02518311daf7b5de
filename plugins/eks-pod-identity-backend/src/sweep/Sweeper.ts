import type {
  AuthService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import { CATALOG_FILTER_EXISTS } from '@backstage/catalog-client';
import { claimsOf } from '../status/claims';
import { type ClusterConfig, NarrowLists } from 'eks-pod-identity-engine';
import { callingFor, givingUpOnce } from 'eks-pod-identity-engine/portal';
import { catalogPatience, pagesInTime } from '../permissions/EntityDirectory';
import type { Telemetry } from '../telemetry';
import { SHUTTING_DOWN } from './AccessLook';
import {
  ClusterSweep,
  ClusterSweepOptions,
  SweepSummary,
} from './ClusterSweep';
import { type SetTask, TaskSet } from '../clusters/TaskSet';
import { retryOptionsOfTask, retryingStore } from '../store/retryingStore';
import { LeastRecentSemaphore } from './LeastRecentSemaphore';

/** Sweeps at once in one process; the others wait until one ends. */
const SLOTS = 2;
/** Longest wait for sweeps to stop between two identities. */
const SHUTDOWN_MS = 5_000;
const MAX_SPREAD_MS = 60_000;
const CATALOG_DELAY_MS = 10_000;
/** The portal is still starting, and a sweep would slow that down. */
const START_DELAY_MS = 3_000;

/** Name of the scheduled sweep of a cluster. */
export const sweepTaskOf = (clusterId: string) => `sweep:${clusterId}`;

export type SweeperOptions = Omit<
  ClusterSweepOptions,
  'narrowLists' | 'upSince'
> & {
  auth: AuthService;
  catalog: CatalogService;
  scheduler: SchedulerService;
  telemetry: Telemetry;
  /** A sweep of it has ended, well or not; not where this process shuts down. */
  onSwept(cluster: ClusterConfig): Promise<void>;
};

/** One scheduled task for each cluster, and one for the catalog’s annotations; replicas share the work. */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #slots = new LeastRecentSemaphore(SLOTS);
  readonly #narrowLists: NarrowLists;
  readonly #upSince: number;
  readonly #tasks: TaskSet;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#narrowLists = new NarrowLists(options.clock);
    this.#upSince = options.clock.now();
    this.#tasks = new TaskSet(options);
  }

  async schedule() {
    const { scheduler, config } = this.#options;
    const { frequencyMs, timeoutMs } = config.sweep;
    await scheduler.scheduleTask({
      id: 'catalog-annotations',
      frequency: { milliseconds: frequencyMs },
      timeout: { milliseconds: timeoutMs },
      scope: 'global',
      // A catalog that has just been installed is still reading its files
      initialDelay: { milliseconds: Math.min(frequencyMs, CATALOG_DELAY_MS) },
      fn: signal => this.readAnnotations(signal),
    });
    await this.keepTasks();
  }

  /** One task for each cluster that there is now. */
  async keepTasks() {
    const all = this.#options.clusters.list();
    await this.#tasks.keep(
      new Map(
        all.map(({ id }, index) => [
          sweepTaskOf(id),
          () => this.#task(id, index / all.length),
        ]),
      ),
    );
  }

  /** @param spread - of the longest first wait, as a part of 1 */
  #task(clusterId: string, spread: number): SetTask {
    const { clusters, config, logger, telemetry } = this.#options;
    const { frequencyMs, timeoutMs } = config.sweep;
    telemetry.willSweep(clusterId);
    return {
      frequency: { milliseconds: frequencyMs },
      timeout: { milliseconds: timeoutMs },
      scope: 'global',
      initialDelay: {
        milliseconds:
          Math.min(frequencyMs, START_DELAY_MS) +
          Math.round(Math.min(frequencyMs, MAX_SPREAD_MS) * spread),
      },
      fn: async signal => {
        if (!clusters.list().some(({ id }) => id === clusterId)) {
          logger.info(`Did not sweep cluster ${clusterId}: it is gone`);
        } else if (await this.#isDue(clusterId, signal)) {
          await this.sweep(clusterId, signal);
        }
      },
    };
  }

  /**
   * Stops what runs, while there still is a database that takes what was seen so far, and a scheduler that notes who
   * may go on with it.
   */
  async stop() {
    this.#stopping.abort(SHUTTING_DOWN);
    const done = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#running),
      this.#options.clock
        .sleep(SHUTDOWN_MS, done.signal)
        .catch(() => undefined),
    ]);
    done.abort();
  }

  /**
   * Every signed-in user can trigger a task by Backstage's own route, past our permission and its pace, which a cluster that
   * is throttled or does not answer needs most. An ordered sweep has a cursor, and was not tried yet.
   */
  async #isDue(clusterId: string, signal: AbortSignal): Promise<boolean> {
    const { clock, config, logger } = this.#options;
    const store = this.#storeFor(`the sweep of cluster ${clusterId}`, signal);
    const { cursor, sweptAt = 0 } = await store.clusterStates.find(clusterId);
    const pace = Math.min(
      config.timings.sweepInterval,
      config.sweep.frequencyMs / 2,
    );
    const lastAt = cursor ? cursor.triedAt ?? 0 : sweptAt;
    const age = clock.now() - lastAt;
    // The clock of another replica may be ahead
    const isDue = age < 0 || age >= pace;
    if (!isDue) {
      logger.info(
        `Skipped a sweep of cluster ${clusterId}: the last one ${
          cursor ? 'began or failed' : 'ended'
        } less than ${Math.ceil(pace / 1000)} s ago`,
      );
    }
    return isDue;
  }

  #storeFor(what: string, signal: AbortSignal) {
    const { clock, logger, store } = this.#options;
    return retryingStore(
      store,
      clock,
      retryOptionsOfTask(what, logger, signal),
    );
  }

  /** Sweeps one cluster, as soon as this process has a slot for it. */
  async sweep(clusterId: string, signal: AbortSignal) {
    const { logger } = this.#options;
    const stopping = this.#stopping.signal;
    let end: () => void;
    try {
      end = await this.#slots.take(
        clusterId,
        AbortSignal.any([signal, stopping]),
      );
    } catch (error) {
      if (!stopping.aborted) {
        logger.warn(
          `Could not sweep cluster ${clusterId}: ${SLOTS} other sweeps of this process took all the time; it comes first next time. More replicas of the backend, or a longer eksPodIdentity.sweep.schedule.timeout, give it time`,
        );
      }
      return undefined;
    }
    const sweep = callingFor({ lane: 'schedule', key: clusterId }, () =>
      givingUpOnce(() => this.#sweep(clusterId, signal, end)),
    );
    this.#running.add(sweep);
    return sweep.finally(() => {
      this.#running.delete(sweep);
      end();
    });
  }

  /** @param swept - the sweep has ended, and others may begin while what it began goes on */
  async #sweep(clusterId: string, signal: AbortSignal, swept: () => void) {
    const { clusters, logger, telemetry } = this.#options;
    const stopping = this.#stopping.signal;
    let summary: SweepSummary | undefined;
    const sweep = new ClusterSweep(
      clusters.get(clusterId),
      {
        ...this.#options,
        narrowLists: this.#narrowLists,
        upSince: this.#upSince,
      },
      AbortSignal.any([signal, stopping]),
    );
    try {
      summary = await sweep.run().finally(swept);
    } catch (error) {
      await sweep.lookingEnded();
      if (!stopping.aborted) {
        await this.#ended(clusterId);
        throw error;
      }
      logger.info(
        `Left the sweep of cluster ${clusterId} to the next one: this process is shutting down`,
      );
      return undefined;
    }
    telemetry.swept(clusterId, summary ? 'done' : 'failed', summary);
    if (summary) {
      logger.info(
        `Swept cluster ${clusterId}: ${summary.associations} associations, ${
          summary.described
        } described, ${summary.looked} looked at${
          summary.resumed ? ' (resumed)' : ''
        }`,
      );
    }
    await Promise.all([
      sweep.lookingEnded(),
      sweep.searchForChanges(),
      this.#ended(clusterId),
    ]);
    return summary;
  }

  async #ended(clusterId: string) {
    const { clusters, logger, onSwept } = this.#options;
    try {
      await onSwept(clusters.get(clusterId));
    } catch (error) {
      logger.warn(
        `Could not tell administrators of cluster ${clusterId}`,
        error as Error,
      );
    }
  }

  /** Claims of the catalog; what no entity claims any more goes. */
  async readAnnotations(signal: AbortSignal) {
    const { catalog, auth, clock, config } = this.#options;
    const store = this.#storeFor(
      'reading the annotations of the catalog',
      signal,
    );
    const startedAt = clock.now();
    const credentials = await auth.getOwnServiceCredentials();
    const field = `metadata.annotations.${POD_IDENTITY_ANNOTATION}`;
    const pages = catalog.streamEntities(
      {
        filter: { [field]: CATALOG_FILTER_EXISTS },
        fields: ['kind', 'metadata', 'spec.type'],
      },
      { credentials },
    );
    for await (const entities of pagesInTime(pages, catalogPatience(config))) {
      signal.throwIfAborted();
      for (const entity of entities) {
        const entityRef = stringifyEntityRef(entity);
        const { namespace, refs, shownOnly } = claimsOf(entity);
        if (shownOnly) continue;
        await store.entityRefs.replaceOfEntity(entityRef, 'annotation', refs, {
          namespace,
        });
        await store.entityRefs.touch(entityRef, 'annotation');
      }
    }
    await store.entityRefs.sweepAnnotations(startedAt);
  }
}
