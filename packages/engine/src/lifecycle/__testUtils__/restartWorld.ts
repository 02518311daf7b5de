import { LifecycleWorld } from './LifecycleWorld';

export const REF = 'payments-prod/shop/api';

const SECONDS = 300;
/** Far less than the whole time, in which nothing would happen any more. */
const SOON_MS = 30_000;
/** A sleep that is as long is no pause but the limit of a request. */
const LIMIT_MS = 20_000;
const STEP_MS = 50;

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

/** Pods of the workload are refused to these users; the engine cannot try that. */
export const policy = (condition: string, message = 'No more of these.') => [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'no-pods' },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['pods'],
          },
        ],
      },
      matchConditions: [
        { name: 'of-it', expression: 'has(object.metadata.labels.app)' },
        { name: 'by', expression: condition },
      ],
      validations: [{ expression: 'false', message }],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'no-pods' },
    spec: { policyName: 'no-pods', validationActions: ['Deny'] },
  },
];
export const TO_ALL = 'true';
export const TO_CONTROLLERS = "request.userInfo.username.startsWith('system:')";

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

  /**
   * Restarts on a clock that stands while anything works, and goes on by steps while the run pauses.
   *
   * @returns how long after something appeared the run ended with an error
   */
  async function restartStepwise(hasAppeared: () => boolean) {
    const { clock } = world.sandbox;
    clock.setRate(0);
    let pauses = 0;
    const sleep = world.clock.sleep.bind(world.clock);
    jest.spyOn(world.clock, 'sleep').mockImplementation(async (ms, signal) => {
      const isPause = ms < LIMIT_MS;
      pauses += Number(isPause);
      await sleep(ms, signal).finally(() => {
        pauses -= Number(isPause);
      });
    });
    let error: Error | undefined;
    let ended = false;
    const running = world
      .restart(REF, { timeoutSeconds: SECONDS })
      .catch(one => {
        error = one;
      })
      .finally(() => {
        ended = true;
      });
    let appearedAt = NaN;
    while (!ended) {
      if (Number.isNaN(appearedAt) && hasAppeared()) appearedAt = clock.now();
      // Controllers and requests take turns of this process, and no time.
      await new Promise(resolve => setTimeout(resolve, 2));
      if (pauses > 0) await clock.advance(STEP_MS);
    }
    await running;
    return { error: error?.message ?? '', ms: clock.now() - appearedAt };
  }

  return {
    world: () => world,
    restartStepwise,
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
