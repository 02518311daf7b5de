/** @needs aws kubectl */
import { realBash } from '../__testUtils__/bash';
import { inCluster, role } from '../__testUtils__/checkWorlds';
import { checkOf, type VerifyWorld } from '../__testUtils__/VerifyWorld';

type Manifests = Parameters<ReturnType<VerifyWorld['kube']>['apply']>[0];
type Manifest = Exclude<Manifests, string | any[]>;

const NAME = 'reports';
const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: NAME,
};
const CONTAINER = {
  name: 'app',
  image: 'busybox',
  command: ['sleep', 'infinity'],
};

/** The commands that these checks print, run by the machine's real bash and real kubectl against the sandbox. */
describe('the commands of the checks of workloads and their admission', () => {
  const { world, kube } = inCluster();
  const run = realBash();
  const bash = (script: string) => {
    const { sandbox } = world();
    return run(sandbox, sandbox.credentials.admin, script);
  };
  // One token for all: asking the AWS CLI for one takes a second.
  beforeAll(async () => {
    const cluster = '--region eu-west-1 --name payments-prod';
    const { code, stderr } = await bash(
      [
        `aws eks update-kubeconfig ${cluster}`,
        `token=$(aws eks get-token ${cluster.replace(
          '--name',
          '--cluster-name',
        )} --query status.token --output text)`,
        'kubectl config set-credentials admin --token "$token"',
        'kubectl config set-context --current --user admin',
      ].join('\n'),
    );
    if (code) throw new Error(stderr);
  });
  const verify = async (id: string) =>
    checkOf(await world().verify({ ref, probe: 'admission' }), id);
  /** Runs what a warning prints. */
  const doAsPrinted = async (id: string) => {
    const check = await verify(id);
    expect({ id, status: check.status }).toEqual({ id, status: 'warn' });
    expect(await bash(check.fix!.snippet!.text)).toMatchObject({
      code: 0,
      stderr: '',
    });
  };
  const putAssociation = () =>
    world().sandbox.aws.eks.putAssociation('payments-prod', {
      namespace: 'payments',
      serviceAccount: NAME,
      roleArn: role,
    });
  const apply = (...objects: Manifest[]) =>
    kube().apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: NAME, namespace: 'payments' },
      },
      ...objects,
    ]);
  /** Waits until these many pods run, and no other. */
  const running = async (count: number) => {
    const pods = () =>
      kube()
        .list('pods', 'payments')
        .filter(pod => pod.spec.serviceAccountName === NAME);
    while (
      pods().length !== count ||
      pods().some(pod => pod.status?.phase !== 'Running')
    ) {
      await world().sandbox.clock.advance(1_000);
    }
  };
  /** Waits until the newest template runs, and no other pod. */
  const rolledOut = async () => {
    const isDone = ({ metadata, status }: any) =>
      status?.observedGeneration === metadata.generation &&
      [status.replicas, status.updatedReplicas, status.readyReplicas].every(
        count => count === 1,
      );
    while (!isDone(kube().get('deployments', 'payments', NAME))) {
      await world().sandbox.clock.advance(1_000);
    }
    await running(1);
  };

  it('take opt-outs, keys, profiles and proxies out of a template', async () => {
    putAssociation();
    const labels = { app: NAME };
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'aws', namespace: 'payments' },
        stringData: { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: NAME, namespace: 'payments' },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: {
              labels: {
                ...labels,
                'eks.amazonaws.com/skip-pod-identity-webhook': 'true',
              },
              annotations: { 'eks.amazonaws.com/skip-containers': 'log, app' },
            },
            spec: {
              serviceAccountName: NAME,
              containers: [
                {
                  ...CONTAINER,
                  envFrom: [{ secretRef: { name: 'aws' } }],
                  env: [
                    { name: 'AWS_PROFILE', value: 'legacy' },
                    { name: 'HTTP_PROXY', value: 'http://proxy:3128' },
                    { name: 'no_proxy', value: '.svc,10.0.0.0/8' },
                  ],
                },
              ],
            },
          },
        },
      },
    );
    await running(1);
    for (const id of [
      'workloads.injected',
      'workloads.unsupported',
      'workloads.shadowed',
    ]) {
      await doAsPrinted(id);
      await running(1);
      expect(await verify(id)).toMatchObject(
        // The Secret may hold more than keys.
        { id, status: id === 'workloads.shadowed' ? 'note' : 'pass' },
      );
    }
    const [{ env }] = kube().get('deployments', 'payments', NAME)!.spec.template
      .spec.containers;
    expect(env).toContainEqual({
      name: 'no_proxy',
      value: '.svc,10.0.0.0/8,169.254.170.23,[fd00:ec2::23]',
    });
  });

  it('take keys, files, opt-outs and wrong variables out of sidecars', async () => {
    putAssociation();
    const labels = { app: NAME };
    const keys = { name: 'keys', mountPath: '/home/app/.aws' };
    await kube().apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'files', namespace: 'payments' },
      stringData: { credentials: 'x' },
    });
    await apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: NAME, namespace: 'payments' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: {
            labels,
            annotations: { 'eks.amazonaws.com/skip-containers': 'proxy' },
          },
          spec: {
            serviceAccountName: NAME,
            initContainers: [
              {
                ...CONTAINER,
                name: 'proxy',
                restartPolicy: 'Always',
                env: [
                  { name: 'AWS_ACCESS_KEY_ID', value: 'A' },
                  { name: 'AWS_SECRET_ACCESS_KEY', value: 'S' },
                  { name: 'HTTP_PROXY', value: 'http://proxy:3128' },
                ],
                volumeMounts: [keys],
              },
            ],
            containers: [
              {
                ...CONTAINER,
                env: [
                  {
                    name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
                    value: 'http://169.254.170.23/v2/credentials',
                  },
                ],
              },
            ],
            volumes: [{ name: 'keys', secret: { secretName: 'files' } }],
          },
        },
      },
    });
    await rolledOut();
    // The variables first: until then no container has the identity.
    for (const id of [
      'workloads.injected',
      'workloads.injected',
      'workloads.unsupported',
      'workloads.shadowed',
    ]) {
      await doAsPrinted(id);
      await rolledOut();
    }
    for (const id of ['workloads.injected', 'workloads.unsupported']) {
      expect(await verify(id)).toMatchObject({ id, status: 'pass' });
    }
    expect((await verify('workloads.shadowed')).status).toBe('pass');
  });

  it('put back what was edited of the webhook of EKS', async () => {
    putAssociation();
    await apply();
    await kube().change(
      'mutatingwebhookconfigurations',
      undefined,
      'pod-identity-webhook',
      ({ webhooks }) => {
        webhooks[0].objectSelector = { matchLabels: { identity: 'yes' } };
      },
    );
    // While the association is new, dry runs would wait for it.
    await world().sandbox.clock.advance(120_000);
    const check = await verify('admission.injects');
    expect(check).toMatchObject({
      status: 'fail',
      fix: { cause: expect.stringMatching(/^The objectSelector of webhook/) },
    });
    expect(await bash(check.fix!.snippet!.text)).toMatchObject({ code: 0 });
    expect((await verify('admission.injects')).status).toBe('pass');
  });

  it('recreate a pod that no controller has', async () => {
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: NAME, namespace: 'payments' },
      spec: { serviceAccountName: NAME, containers: [CONTAINER] },
    });
    await running(1);
    await world().sandbox.clock.advance(5_000);
    putAssociation();
    const check = await verify('workloads.injected');
    expect(check).toMatchObject({
      status: 'warn',
      fix: { cause: expect.stringContaining('older than the association') },
    });
    expect(await bash(check.fix!.snippet!.text)).toMatchObject({ code: 0 });
    await running(1);
    expect((await verify('workloads.injected')).status).toBe('pass');
  });
});
