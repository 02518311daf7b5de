import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { ClusterConfig, Engine } from 'eks-pod-identity-engine';
import { callingFor, toBackstageError } from 'eks-pod-identity-engine/portal';
import type { Store } from '../store';

interface LeftoverProbesOptions {
  engine: Pick<Engine, 'clusters' | 'deleteLeftoverProbes'>;
  logger: LoggerService;
  store: Pick<Store, 'associations'>;
}

/** Schedules the deletion of probe pods that a verification left behind when its process was killed. */
export async function scheduleLeftoverProbes(
  options: LeftoverProbesOptions & { scheduler: SchedulerService },
) {
  await options.scheduler.scheduleTask({
    id: 'probe-leftovers',
    frequency: { minutes: 5 },
    timeout: { minutes: 4 },
    initialDelay: { minutes: 1 },
    fn: async signal => {
      for (const cluster of options.engine.clusters.list()) {
        if (cluster.kubernetes.access !== 'none') {
          await callingFor({ lane: 'schedule', key: cluster.id }, () =>
            deleteLeftovers(cluster, signal, options),
          );
        }
      }
    },
  });
}

async function deleteLeftovers(
  cluster: ClusterConfig,
  signal: AbortSignal,
  { engine, logger, store }: LeftoverProbesOptions,
) {
  try {
    const associations = await store.associations.ofCluster(cluster.id);
    const { deleted, problems } = await engine.deleteLeftoverProbes(cluster, {
      signal,
      namespaces: [...new Set(associations.map(({ ref }) => ref.namespace))],
    });
    for (const problem of problems) logger.warn(problem);
    if (deleted.length > 0) {
      logger.info(
        `Deleted ${deleted.length} probe ${
          deleted.length === 1 ? 'pod' : 'pods'
        } that an interrupted verification left on ${cluster.id}`,
      );
    }
  } catch (error) {
    if (signal.aborted) return;
    const { message } = toBackstageError(error, {
      doing: 'look for left-over probe pods',
      cluster,
    });
    logger.warn(`${message} The next round tries again.`);
  }
}
