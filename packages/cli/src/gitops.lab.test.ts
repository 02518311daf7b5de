/** @needs aws kubectl */
import { sample } from 'eks-sandbox/patience/sample';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KubeObject, type Manifest, writeSettings } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { parse } from 'yaml';
import { awsVariables, bundle } from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { argoHealth, fluxHealth } from './__testUtils__/health';
import { Pipeline } from './__testUtils__/pipelines';

const DEPLOY = resolve(__dirname, '../../../deploy');
const pathOf = (name: string) => join(DEPLOY, name);
const yaml = (name: string) => parse(readFileSync(pathOf(name), 'utf8'));

const HEALTH = 'resource.customizations.health.batch_Job';
const script: string = yaml('argocd/health.yaml').data[HEALTH];
const { healthCheckExprs } = yaml('flux/verify-identity.yaml').spec;
const JOBS: [string, Manifest][] = [
  ['Argo CD', yaml('verify/job.yaml')],
  ['Flux', yaml('flux/job.yaml')],
];

describe('what Argo CD and Flux see of the Job', () => {
  const settings = mkdtempSync(join(tmpdir(), 'cli-gitops-'));
  let world: CliWorld;
  let machine: Pipeline;

  beforeAll(async () => {
    world = await CliWorld.start();
    machine = new Pipeline(awsVariables);
    const single = join(settings, 'single');
    await bundle('--single', single);
    machine.program(
      'eks-pod-identity',
      readFileSync(join(single, 'eks-pod-identity'), 'utf8'),
    );
    await writeSettings(settings, world.sandbox);
    await kubectl('apply', '-f', pathOf('verify/rbac.yaml'));
  });
  afterAll(async () => {
    machine.end();
    await world.stop();
    rmSync(settings, { recursive: true });
  });

  async function kubectl(...args: string[]): Promise<string> {
    const KUBECONFIG = join(settings, 'kubeconfig');
    const ended = await machine.run(['kubectl', ...args], { KUBECONFIG });
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout;
  }

  /** A kubeconfig with the token that the pod of the Job would have. */
  async function kubeconfig(): Promise<string> {
    const kube = world.sandbox.cluster('payments-prod');
    const token = await kube.serviceAccountToken({
      namespace: 'payments',
      serviceAccount: 'verify-identity',
      audience: 'https://kubernetes.default.svc',
    });
    const file = join(settings, 'of-the-job');
    const name = 'here';
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': name,
        clusters: [
          {
            name,
            cluster: {
              server: kube.endpoint,
              'certificate-authority-data': Buffer.from(
                kube.caCertificate,
              ).toString('base64'),
            },
          },
        ],
        users: [{ name, user: { token } }],
        contexts: [{ name, context: { cluster: name, user: name } }],
      }),
    );
    return file;
  }

  /** Runs the program with the arguments of the Job. Its way to Kubernetes is a file, as this is no pod. */
  async function verify(job: Manifest) {
    const { args } = job.spec.template.spec.containers[0];
    const file = await kubeconfig();
    const log = join(settings, 'termination-log');
    const replaced = args.map((one: string) =>
      one
        .replace('--kubernetes=in-cluster', `--kubeconfig=${file}`)
        .replace('/dev/termination-log', log),
    );
    expect(replaced).toEqual(expect.not.arrayContaining(args.slice(-1)));
    const { code } = await machine.run(['eks-pod-identity', ...replaced]);
    return { code, said: readFileSync(log, 'utf8') };
  }

  /**
   * Makes the Job, whose container ends as the program did: the shell of the sandbox's containers runs no Node. Returns
   * it as it was, and as it ended, with its pod.
   */
  async function run(
    job: Manifest,
    { code, said }: { code: number; said: string },
  ) {
    const replay = structuredClone(job);
    const [container] = replay.spec.template.spec.containers;
    container.command = [
      'sh',
      '-c',
      'printf %s "$1" > /dev/termination-log; exit "$2"',
    ];
    container.args = ['sh', said, String(code)];
    const file = join(settings, 'job.json');
    writeFileSync(file, JSON.stringify(replay));
    const made = JSON.parse(await kubectl('create', '-f', file, '-o', 'json'));
    const kube = world.sandbox.cluster('payments-prod');
    const { name } = made.metadata;
    await kube.waitFor(
      'jobs',
      'payments',
      name,
      one => Boolean(one?.status?.conditions?.length),
      AbortSignal.timeout(PATIENCE_MS),
    );
    const asked = ['job', name, '-n', 'payments', '-o', 'json'];
    const ended = JSON.parse(await kubectl('get', ...asked));
    const pods = kube
      .list('pods', 'payments')
      .filter(({ metadata }) => metadata.labels?.['job-name'] === name);
    await kube.delete('jobs', 'payments', name);
    return { made, ended, pod: pods[0] };
  }

  const messageOf = (pod: KubeObject) =>
    pod.status.containerStatuses[0].state.terminated.message;

  it.each(sample(JOBS, 1))(
    '%s is green where the identity works',
    async (_, job) => {
      const verdict = await verify(job);
      expect(verdict).toEqual({
        code: 0,
        said: expect.stringMatching(/^Verified: .*\n$/),
      });
      const { made, ended, pod } = await run(job, verdict);
      expect(argoHealth(script, made)).toEqual({
        status: 'Progressing',
        message: '',
      });
      expect(argoHealth(script, ended)).toEqual({
        status: 'Healthy',
        message: 'The pods of the application obtain their identity.',
      });
      expect(fluxHealth(healthCheckExprs, made)).toBe('inProgress');
      expect(fluxHealth(healthCheckExprs, ended)).toBe('current');
      expect(messageOf(pod)).toBe(verdict.said);
    },
  );

  describe('after a deployment that breaks it', () => {
    beforeAll(async () => {
      const deployment = ['-n', 'payments', 'deployment/payments-ledger'];
      await kubectl(
        'set',
        'env',
        ...deployment,
        'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE',
        'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      );
      await kubectl('rollout', 'status', ...deployment);
    });

    it.each(JOBS)('%s is red, with the sentence on the pod', async (_, job) => {
      const verdict = await verify(job);
      expect(verdict).toEqual({
        code: 1,
        said: expect.stringMatching(
          /^Uses other credentials: 2 of 2 running pods set AWS_ACCESS_KEY_ID and .*\n$/,
        ),
      });
      const { ended, pod } = await run(job, verdict);
      expect(argoHealth(script, ended)).toEqual({
        status: 'Degraded',
        message: expect.stringMatching(
          /^The pods of the application do not obtain their identity/,
        ),
      });
      expect(fluxHealth(healthCheckExprs, ended)).toBe('failed');
      // Argo CD shows it as the health of a pod that has failed.
      expect(pod.status.phase).toBe('Failed');
      expect(messageOf(pod)).toBe(verdict.said);
    });
  });

  it('@night the health of other Jobs is as that of Argo CD itself', async () => {
    const other = (suspend: boolean, command: string): Manifest => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'other', namespace: 'payments' },
      spec: {
        suspend,
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              { name: 'a', image: 'busybox', command: ['sh', '-c', command] },
            ],
          },
        },
      },
    });
    expect(argoHealth(script, other(true, 'true'))).toMatchObject({
      status: 'Suspended',
    });
    const { ended: bad } = await run(other(false, ''), { code: 1, said: '' });
    expect(argoHealth(script, bad)).toEqual({
      status: 'Degraded',
      message: 'Job has reached the specified backoff limit',
    });
    const { ended: good } = await run(other(false, ''), {
      code: 0,
      said: '',
    });
    expect(argoHealth(script, good)).toMatchObject({ status: 'Healthy' });
  });

  it('Argo CD takes the script as its setting', async () => {
    const map = ['configmap', 'argocd-cm', '-n', 'payments'];
    const empty = join(settings, 'argocd-cm.yaml');
    writeFileSync(
      empty,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cm, namespace: payments }\n',
    );
    await kubectl('apply', '-f', empty);
    await kubectl(
      'patch',
      ...map,
      '--patch-file',
      pathOf('argocd/health.yaml'),
    );
    const { data } = JSON.parse(await kubectl('get', ...map, '-o', 'json'));
    expect(data).toEqual({ [HEALTH]: script });
  });
});

it('both run the same pod', () => {
  const [[, ofArgo], [, ofFlux]] = JOBS;
  expect(ofFlux.spec.template).toEqual(ofArgo.spec.template);
  const { jobTemplate } = yaml('verify/cronjob.yaml').spec;
  const [{ args }] = jobTemplate.spec.template.spec.containers;
  expect(args.at(-1)).toBe('--report=headline=/dev/termination-log');
});

// As Kubernetes documents the status of a CronJob: the sandbox starts none.
it.each([
  [
    'inProgress',
    { active: [{ name: 'a' }], lastScheduleTime: '2026-11-30T05:00:00Z' },
  ],
  ['current', {}],
  [
    'current',
    {
      lastScheduleTime: '2026-11-30T05:00:00Z',
      lastSuccessfulTime: '2026-11-30T05:01:10Z',
    },
  ],
  [
    'failed',
    {
      lastScheduleTime: '2026-11-30T05:00:00Z',
      lastSuccessfulTime: '2026-11-29T05:01:10Z',
    },
  ],
  ['failed', { lastScheduleTime: '2026-11-30T05:00:00Z' }],
])('Flux finds a CronJob %s with the status %j', (health, status) => {
  const object = { ...yaml('verify/cronjob.yaml'), status };
  expect(fluxHealth(healthCheckExprs, object)).toBe(health);
});
