import type {
  DatabaseService,
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { Clock, Engine, EngineConfig } from 'eks-pod-identity-engine';
import type { ClusterSupply } from '../clusters/ClusterSupply';
import type { Evidence } from '../evidence/createEvidence';
import { scheduleSetupCheck } from '../setup/announceSetup';
import type { PortalFindings } from '../setup/PortalFindings';
import type { Setups } from '../setup/Setups';
import type { Store } from '../store';
import type { StatusNotifier } from '../status/StatusNotifier';
import { scheduleRetention } from '../store/retention';
import { withAdvisoryLockBeside } from '../store/withAdvisoryLock';
import { scheduleLeftoverProbes } from './leftoverProbes';
import type { Sweeper } from './Sweeper';

/** Schedules all that the plugin does when no user asks for it. */
export async function scheduleBackground(options: {
  clock: Clock;
  config: EngineConfig;
  database: DatabaseService;
  engine: Engine;
  evidence: Evidence | undefined;
  findings: PortalFindings;
  logger: LoggerService;
  notifier: Pick<StatusNotifier, 'digest'>;
  scheduler: SchedulerService;
  setups: Setups;
  store: Store;
  supply: ClusterSupply;
  sweeper: Sweeper;
}): Promise<void> {
  const { config, database, engine, scheduler, store, supply, sweeper } =
    options;
  const { clusters } = engine;
  if (!config.inventory.enabled) await store.access.clear();
  await withAdvisoryLockBeside(await database.getClient(), () =>
    sweeper.schedule(),
  );
  const evidenceTasks = options.evidence?.tasks(scheduler);
  await evidenceTasks?.keep();
  await scheduleRetention({ ...options, clusters });
  await scheduleSetupCheck({ ...options, clusters });
  await scheduleLeftoverProbes(options);
  await supply.schedule(scheduler, clusters, async () => {
    await sweeper.keepTasks();
    await evidenceTasks?.keep();
  });
  if (config.notifications.digest) {
    await scheduler.scheduleTask({
      id: 'digest',
      frequency: { cron: '0 7 * * *' },
      timeout: { minutes: 10 },
      fn: () => options.notifier.digest(),
    });
  }
}
