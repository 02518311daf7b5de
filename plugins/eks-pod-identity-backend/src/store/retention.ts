import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import type { Store } from './index';
import { toIso } from './values';

const DAY_MS = 24 * 3600_000;
/** Of the figures of all AWS access: a year, and what it is compared with. */
const FIGURES_DAYS = 400;
/** A supplier may have left a cluster out by mistake, and other replicas may have it still. */
const GONE_DAYS = 3;

/** Schedules the deletion of old reports and operations, and of the state of clusters that were removed. */
export async function scheduleRetention(options: {
  clock: Clock;
  clusters: Clusters;
  config: Pick<EngineConfig, 'retention' | 'sweep'>;
  scheduler: SchedulerService;
  /** Where clusters come from. Until all of it has answered, a missing cluster may still come. */
  supply: { isWhole: boolean };
  store: Pick<
    Store,
    | 'access'
    | 'clusterStates'
    | 'evidence'
    | 'moveQueues'
    | 'operations'
    | 'reports'
  >;
}) {
  const { clock, clusters, config, scheduler, store, supply } = options;
  const { retention, sweep } = config;
  await scheduler.scheduleTask({
    id: 'retention',
    frequency: { hours: 6 },
    timeout: { minutes: 10 },
    initialDelay: { minutes: 1 },
    fn: async () => {
      const olderThan = clock.now() - retention.days * DAY_MS;
      const perRef = retention.reportsPerRef;
      while ((await store.reports.sweep({ perRef, olderThan })) > 0);
      while ((await store.operations.sweep(olderThan)) > 0);
      await store.moveQueues.sweep(olderThan);
      await store.evidence.sweep(olderThan);
      const firstDay = clock.now() - FIGURES_DAYS * DAY_MS;
      await store.access.sweep({
        rows: olderThan,
        day: toIso(firstDay).slice(0, 10),
      });
      const ids = clusters.list().map(({ id }) => id);
      // No clusters at all is more likely a mistake in app-config than a removal of every cluster.
      if (ids.length > 0 && supply.isWhole) {
        // A replica that has it sweeps it, successfully or not
        const goneMs = Math.max(GONE_DAYS * DAY_MS, 3 * sweep.frequencyMs);
        await store.clusterStates.keepOnly(ids, clock.now() - goneMs);
      }
    },
  });
}
