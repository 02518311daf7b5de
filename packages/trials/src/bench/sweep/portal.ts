/** The backend plugin in a separate process. It sweeps when asked and says what that took. */
import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
  type SchedulerService,
} from '@backstage/backend-plugin-api';
import {
  type CatalogService,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { ConfigReader } from '@backstage/config';
import eksPodIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { answerEach } from '../lib/child';

const tasks = new Map<string, (signal: AbortSignal) => unknown>();

const scheduler = {
  scheduleTask: async task => {
    tasks.set(task.id, signal => task.fn(signal));
  },
} as Partial<SchedulerService> as SchedulerService;

const catalog = {
  getEntitiesByRefs: async ({ entityRefs }) => ({
    items: entityRefs.map(ref => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name: ref.split('/')[1], namespace: 'default', uid: ref },
      relations: [{ type: 'ownedBy', targetRef: 'group:default/team' }],
    })),
  }),
} as Partial<CatalogService> as CatalogService;

async function start(config: object) {
  const backend = createBackend();
  for (const [service, instance] of [
    [coreServices.scheduler, scheduler],
    [catalogServiceRef, catalog],
    [coreServices.rootConfig, new ConfigReader(config as any)],
  ] as const) {
    backend.add(
      createServiceFactory({
        service: service as any,
        deps: {},
        factory: () => instance as any,
      }),
    );
  }
  backend.add(eksPodIdentityPlugin);
  await backend.start();
}

/** Sweeps all clusters, as a scheduler would let it: all tasks are due, and the plugin takes them in turn. */
async function sweep() {
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const due = [...tasks].filter(([id]) => id.startsWith('sweep:'));
  await Promise.all(due.map(([, run]) => run(new AbortController().signal)));
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(watch);
  return {
    ms,
    cpuMs: (user + system) / 1000,
    memoryMb: (most - before) / 1024 / 1024,
  };
}

answerEach(async (message: { config?: object }) => {
  if (!message.config) return sweep();
  await start(message.config);
  return 'ready';
});
