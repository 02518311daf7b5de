import { LifecycleWorld } from './LifecycleWorld';

export const REF = 'payments-prod/shop/api';

const SECONDS = 300;
/** Far less than the whole time, in which nothing would happen any more. */
const SOON_MS = 30_000;

export const container = {
  name: 'app',
  image: 'busybox',
  command: ['sleep', '9999'],
};

/** The spec of a pod that ends at once when it is deleted. */
export const POD = {
  serviceAccountName: 'api',
  terminationGracePeriodSeconds: 0,
  containers: [container],
};

/** A workload with two pods. */
export function workload(
  kind: string,
  more: object = {},
  pod: object = {},
  name = 'api',
) {
  const labels = { app: `${kind}-${name}` };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas: 2 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...POD, ...pod } },
      ...more,
    },
  };
}

/** A new world for each test, with the namespace and service account of the ref. */
export function inRestartWorld() {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start();
    await world.kube().namespace('shop');
    await world.sandbox.cluster('payments-prod').apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'api', namespace: 'shop' },
    });
  });
  afterEach(() => world.stop());

  const cluster = () => world.sandbox.cluster('payments-prod');

  /** A workload whose pods are older than the association. */
  async function outdated(...objects: ReturnType<typeof workload>[]) {
    await cluster().apply(objects);
    for (const { kind } of objects) {
      await cluster().waitFor(
        `${kind.toLowerCase()}s`,
        'shop',
        'api',
        ({ status }: any = {}) =>
          (status?.readyReplicas ?? status?.numberReady ?? 0) >= 2,
      );
    }
    await world.sandbox.clock.advance(2_000);
    await world.associate(REF);
    await world.sandbox.clock.advance(5_000);
    world.forget();
  }

  /** Restarts, and takes the time on the clock of the run. */
  async function restart() {
    const began = world.clock.now();
    const ended = await world.restart(REF, { timeoutSeconds: SECONDS }).then(
      result => ({ ...result, error: '' }),
      (error: Error) => ({
        error: error.message,
        changed: undefined,
        warnings: [] as string[],
      }),
    );
    const ms = world.clock.now() - began;
    expect(ms).toBeLessThan(SOON_MS);
    return { ...ended, ms, said: ended.warnings.join('\n') };
  }

  return {
    world: () => world,
    cluster,
    /** Those that are not being deleted. */
    pods: () =>
      cluster()
        .list('pods', 'shop')
        .filter(pod => !pod.metadata.deletionTimestamp),
    patches: () =>
      world.writes().filter(one => one.startsWith('kubernetes:patch')),
    outdated,
    restart,
  };
}
