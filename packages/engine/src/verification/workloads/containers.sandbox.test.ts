import type { Manifest } from 'eks-sandbox';
import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

const KEYS = [
  { name: 'AWS_ACCESS_KEY_ID', value: 'AKIAHIDDENHIDDENHIDD' },
  { name: 'AWS_SECRET_ACCESS_KEY', value: 'HIDDENHIDDEN' },
];
const TOKEN =
  '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token';
const ADDRESS = 'http://169.254.170.23/v1/credentials';
const container = (name: string, rest: object = {}) => ({
  name,
  image: 'busybox',
  command: ['sleep', 'infinity'],
  ...rest,
});
const app = (rest: object = {}) => ({ containers: [container('app', rest)] });
const sidecar = (rest: object = {}) =>
  container('proxy', { restartPolicy: 'Always', ...rest });
const prepare = (rest: object = {}) =>
  container('prepare', { command: ['true'], ...rest });
const pointing = (uri: string, file: string) =>
  app({
    env: [
      { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: uri },
      { name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', value: file },
    ],
  });

interface Case {
  spec: object;
  metadata?: object;
  /** Objects that the pod needs. */
  beside?: Manifest;
  /** What the pod is waited for. */
  until?: RegExp;
  check: string;
  status: string;
  message: RegExp;
  /** The status of the report, where it matters. */
  verdict?: string;
}

/** Setups that were called verified although they were not, beside the two pods of the seed that are well. */
const CASES: Record<string, Case> = {
  'an init container and a sidecar that are left out by name': {
    metadata: {
      annotations: { 'eks.amazonaws.com/skip-containers': 'prepare,proxy' },
    },
    spec: { initContainers: [prepare(), sidecar()], ...app() },
    check: 'workloads.injected',
    status: 'note',
    message:
      /^1 of 3 running pods have a container without .*: init container prepare, sidecar proxy of Pod odd\.$/,
  },
  'the same sidecar, which calls AWS': {
    metadata: { annotations: { 'eks.amazonaws.com/skip-containers': 'proxy' } },
    spec: {
      initContainers: [
        sidecar({ env: [{ name: 'AWS_REGION', value: 'eu-west-1' }] }),
      ],
      ...app(),
    },
    check: 'workloads.injected',
    status: 'warn',
    message: /: sidecar proxy of Pod odd\. Sidecar proxy has AWS_REGION\.$/,
  },
  'a sidecar with static keys': {
    spec: { initContainers: [sidecar({ env: KEYS })], ...app() },
    check: 'workloads.shadowed',
    status: 'warn',
    message:
      /^1 of 3 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \(in sidecar proxy\), which every SDK/,
  },
  'an init container with static keys, which has ended': {
    spec: { initContainers: [prepare({ env: KEYS })], ...app() },
    check: 'workloads.shadowed',
    status: 'note',
    message: /\(in init container prepare, which has ended\), which every SDK/,
  },
  'a sidecar with keys by envFrom': {
    spec: {
      initContainers: [
        sidecar({ envFrom: [{ secretRef: { name: 'aws-keys' } }] }),
      ],
      ...app(),
    },
    beside: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'aws-keys', namespace: 'payments' },
      stringData: {
        AWS_ACCESS_KEY_ID: 'HIDDEN',
        AWS_SECRET_ACCESS_KEY: 'HIDDEN',
      },
    },
    check: 'workloads.shadowed',
    status: 'warn',
    message:
      /take variables from Secret aws-keys, .* \(in sidecar proxy\), which/,
  },
  'another file in the folder of the token': {
    spec: pointing(ADDRESS, TOKEN.replace(/[^/]+$/, 'token')),
    check: 'workloads.injected',
    status: 'warn',
    message:
      /^1 of 3 running pods run without the identity: pod odd; container app sets AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE to another file in the folder of the token\.$/,
  },
  'another path of the agent': {
    spec: pointing('http://169.254.170.23/v2/credentials', TOKEN),
    check: 'workloads.injected',
    status: 'warn',
    message:
      /^1 of 3 .*; container app sets AWS_CONTAINER_CREDENTIALS_FULL_URI to another path of the agent\.$/,
  },
  'the webhook’s own values, written by hand': {
    spec: pointing(ADDRESS, TOKEN),
    check: 'workloads.injected',
    status: 'pass',
    message: /^All 3 running pods have the identity\.$/,
  },
  'a Secret below another HOME': {
    spec: {
      ...app({
        env: [{ name: 'HOME', value: '/data' }],
        volumeMounts: [{ name: 'keys', mountPath: '/data' }],
      }),
      volumes: [
        {
          name: 'keys',
          secret: {
            secretName: 'files',
            items: [{ key: 'credentials', path: '.aws/credentials' }],
          },
        },
      ],
    },
    beside: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'files', namespace: 'payments' },
      stringData: { credentials: '[default]\naws_access_key_id = HIDDEN' },
    },
    check: 'workloads.shadowed',
    status: 'warn',
    message:
      /^1 of 3 running pods mount a volume at ~\/\.aws, which every SDK but Java v1 uses before Pod Identity if it holds keys\.$/,
  },
  'keys on the command line': {
    spec: app({
      command: [
        'sh',
        '-c',
        'export AWS_ACCESS_KEY_ID=HIDDEN AWS_SECRET_ACCESS_KEY=HIDDEN; sleep infinity',
      ],
    }),
    check: 'workloads.shadowed',
    status: 'warn',
    message:
      /^1 of 3 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY on their command line, which every SDK/,
  },
  'keys among the options of Java': {
    spec: app({
      env: [
        {
          name: 'JAVA_TOOL_OPTIONS',
          value: '-Daws.accessKeyId=HIDDEN -Daws.secretKey=HIDDEN',
        },
      ],
    }),
    check: 'workloads.shadowed',
    status: 'warn',
    message:
      /^1 of 3 running pods hold keys of AWS in JAVA_TOOL_OPTIONS, which the SDKs for Java v2 and Java v1 use before Pod Identity\.$/,
  },
  'an endpoint and a region of its own': {
    spec: app({
      env: [
        { name: 'AWS_ENDPOINT_URL', value: 'http://HIDDEN:4566' },
        { name: 'AWS_REGION', value: 'us-east-1' },
      ],
    }),
    check: 'workloads.shadowed',
    status: 'note',
    message:
      /by AWS_ENDPOINT_URL, which is often right; .* by AWS_REGION us-east-1, which is often right\.$/,
  },
  'an image that cannot be pulled': {
    spec: app({ image: 'registry.invalid/app:2' }),
    until: /ErrImagePull|ImagePullBackOff/,
    check: 'workloads.start-up',
    status: 'warn',
    message:
      /^1 of 3 pods cannot start \(pod odd\): the image of container app cannot be pulled: (ErrImagePull|ImagePullBackOff)\.$/,
  },
  'a container that crashes': {
    spec: app({ command: ['false'] }),
    until: /CrashLoopBackOff/,
    check: 'workloads.start-up',
    status: 'note',
    message:
      /^pod odd: container app starts and ends again and again, and counts as running\.$/,
  },
  'a container that exceeds its memory limit': {
    spec: app({
      image: 'polinux/stress',
      command: ['stress', '--vm', '1', '--vm-bytes', '250M'],
      resources: { limits: { memory: '100Mi' } },
    }),
    until: /OOMKilled.*CrashLoopBackOff|CrashLoopBackOff.*OOMKilled/,
    check: 'workloads.start-up',
    status: 'note',
    message:
      /^pod odd: container app starts and ends again and again, and counts as running\. Container app was last killed because it exceeded its memory limit\.$/,
    verdict: 'looks-right',
  },
};

describe('what every container of the running pods has', () => {
  const { world, kube } = inCluster();

  it.each(Object.entries(CASES))('%s', async (_what, one) => {
    if (one.beside) await kube().apply(one.beside);
    await kube().apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'odd', namespace: 'payments', ...one.metadata },
      spec: { serviceAccountName: ref.serviceAccount, ...one.spec },
    });
    const { until = /"phase":"Running"/ } = one;
    await kube().waitFor('pods', 'payments', 'odd', pod =>
      until.test(JSON.stringify(pod?.status)),
    );
    const report = await world().verify({ ref });
    expect(checkOf(report, one.check)).toMatchObject({
      status: one.status,
      message: expect.stringMatching(one.message),
    });
    expect(report.status).toBe(one.verdict ?? report.status);
    expect(JSON.stringify(report)).not.toContain('HIDDEN');
  });

  it('does not count a pod without its image as one that runs', async () => {
    await kube().apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'odd', namespace: 'payments' },
      spec: {
        serviceAccountName: ref.serviceAccount,
        ...app({ image: 'registry.invalid/app:2' }),
      },
    });
    await kube().waitFor('pods', 'payments', 'odd', pod =>
      /ErrImagePull|ImagePullBackOff/.test(JSON.stringify(pod?.status)),
    );
    const report = await world().verify({ ref });
    expect(checkOf(report, 'workloads.injected')).toMatchObject({
      status: 'pass',
      message: 'All 2 running pods have the identity.',
      counts: { good: 2, all: 2 },
    });
    expect(checkOf(report, 'workloads.start-up').status).toBe('warn');
  });

  it('sees a policy that opens the agent and nothing else', async () => {
    await world().limitEgress('agent-only', [
      { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }] },
      { ports: [{ protocol: 'UDP', port: 53 }] },
    ]);
    const report = await world().verify({ ref });
    expect(checkOf(report, 'workloads.network')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(
        /^2 of 2 running pods might reach the agent and nothing of AWS: NetworkPolicy agent-only/,
      ),
    });
  });
});
