/** @needs aws kubectl */
import { realBash } from '../__testUtils__/bash';
import { inCluster, role } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

const NAME = 'held';
const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: NAME,
};
const KUBECONFIG = `
aws eks update-kubeconfig --name payments-prod --region eu-west-1
kubectl config set-credentials admin --token="$(aws eks get-token --cluster-name payments-prod --region eu-west-1 --query status.token --output text)"
kubectl config set-context --current --user=admin
`;

/** Restarts as a report prints them, run by the machine's real kubectl; and the way back from one. */
describe('a restart as it is printed', () => {
  const { world, kube } = inCluster();
  const run = realBash();
  const bash = (script: string) =>
    run(world().sandbox, world().sandbox.credentials.admin, script);

  beforeAll(async () => {
    const { code, stderr } = await bash(KUBECONFIG);
    if (code) throw new Error(stderr);
  });

  const pods = () =>
    kube()
      .list('pods', 'payments')
      .filter(
        pod =>
          pod.spec.serviceAccountName === NAME &&
          !pod.metadata.deletionTimestamp,
      );
  const until = async (done: () => boolean) => {
    while (!done()) await world().sandbox.clock.advance(1_000);
  };
  const allRun = (count: number) => () =>
    pods().length === count &&
    pods().every(({ status }) =>
      status?.conditions?.some(
        (one: any) => one.type === 'Ready' && one.status === 'True',
      ),
    );

  /** A workload that is older than its association, and what changes afterwards. */
  async function older(kind: string, spec: object, then: object = {}) {
    await kube().apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: NAME, namespace: 'payments' },
      },
      {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name: NAME, namespace: 'payments' },
        spec: {
          selector: { matchLabels: { app: NAME } },
          template: {
            metadata: { labels: { app: NAME } },
            spec: {
              serviceAccountName: NAME,
              terminationGracePeriodSeconds: 0,
              containers: [
                { name: 'app', image: 'busybox', command: ['sleep', '9999'] },
              ],
            },
          },
          ...spec,
        },
      },
    ]);
    const resource = `${kind.toLowerCase()}s`;
    await kube().waitFor(resource, 'payments', NAME, one =>
      Boolean(one?.status?.observedGeneration),
    );
    const { status } = kube().get(resource, 'payments', NAME)!;
    const count = status.desiredNumberScheduled ?? 2;
    await until(allRun(count));
    await world().sandbox.clock.advance(5_000);
    world().sandbox.aws.eks.putAssociation('payments-prod', {
      namespace: 'payments',
      serviceAccount: NAME,
      roleArn: role,
    });
    await kube().change(resource, 'payments', NAME, one => {
      Object.assign(one.spec, then);
    });
    await world().sandbox.clock.advance(61_000);
    return count;
  }

  const verify = async () =>
    checkOf(await world().verify({ ref }), 'workloads.injected');

  it.each<[string, string, object, object]>([
    [
      'N02: a paused Deployment',
      'Deployment',
      { replicas: 2 },
      { paused: true },
    ],
    [
      'N29: a StatefulSet with OnDelete',
      'StatefulSet',
      { replicas: 2, updateStrategy: { type: 'OnDelete' } },
      {},
    ],
    [
      'N29: a DaemonSet with OnDelete',
      'DaemonSet',
      { updateStrategy: { type: 'OnDelete' } },
      {},
    ],
    [
      'Q05: a StatefulSet with a partition',
      'StatefulSet',
      {
        replicas: 2,
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { partition: 1 },
        },
      },
      {},
    ],
  ])('gives the pods of %s the identity', async (_, kind, spec, then) => {
    const count = await older(kind, spec, then);
    const check = await verify();
    expect(check.status).toBe('warn');
    expect(await bash(check.fix!.snippet!.text)).toMatchObject({
      code: 0,
      stderr: '',
    });
    const old = new Set(pods().map(({ metadata }) => metadata.uid));
    await until(
      () =>
        allRun(count)() &&
        pods().every(
          ({ metadata, spec: { containers } }) =>
            !old.has(metadata.uid) || containers[0].env?.length,
        ),
    );
    expect(await verify()).toMatchObject({ status: 'pass' });
  });

  it.each<[string, object]>([
    ['Deployment', { replicas: 2 }],
    ['StatefulSet', { replicas: 2 }],
    ['DaemonSet', {}],
  ])(
    'N05: prints no restart for a stuck %s, and its printed undo works',
    async (kind, wanted) => {
      const count = await older(kind, wanted);
      const resource = `${kind.toLowerCase()}s`;
      await kube().change(resource, 'payments', NAME, ({ spec }) => {
        spec.template.spec.containers[0].image = 'broken.invalid/app:2';
      });
      await until(() =>
        pods().some(({ status }) =>
          status?.containerStatuses?.some(
            (one: any) => one.state?.waiting?.reason === 'ImagePullBackOff',
          ),
        ),
      );
      const { fix, restart } = await verify();
      expect(restart).toBeUndefined();
      expect(fix?.snippet).toBeUndefined();
      const said = fix!.actions.join(' ');
      expect(said).toMatch(
        /is stuck: held-\S+: the image of container app cannot be pulled: .*A restart does not help/,
      );
      const [back] = /go back with .*?, and restart/.exec(said)!;
      const commands = [...back.matchAll(/"(kubectl [^"]+)"/g)].map(
        ([, command]) => command,
      );
      expect(commands[0]).toContain('rollout undo');
      expect(await bash(commands.join('\n'))).toMatchObject({
        code: 0,
        stderr: '',
      });
      await until(
        () =>
          allRun(count)() &&
          pods().every(
            ({ spec: { containers } }) => containers[0].image === 'busybox',
          ),
      );
    },
  );
});
