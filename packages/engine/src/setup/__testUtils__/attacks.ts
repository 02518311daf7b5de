/** What a thief of the verify role changes of the probe, and what the policy says of it: one sentence, or each of several. */
export type Attack = [
  name: string,
  said: string | string[],
  change: (pod: any) => void,
];

const FIELD = 'a field of the pod that the probe does not have';
const OF_CONTAINER = 'a field of the container that the probe does not have';
const exec = { exec: { command: ['/bin/bash', '-c', 'env'] } };

const spec = (name: string, fields: object, said = FIELD): Attack => [
  name,
  said,
  pod => Object.assign(pod.spec, fields),
];
const container = (
  name: string,
  fields: object,
  said = OF_CONTAINER,
): Attack => [name, said, pod => Object.assign(pod.spec.containers[0], fields)];
const metadata = (name: string, fields: object): Attack => [
  name,
  'metadata that the probe does not have',
  pod => Object.assign(pod.metadata, fields),
];
const variable = (name: string, one: object): Attack => [
  name,
  'another environment than its own and that of EKS',
  pod => pod.spec.containers[0].env.push(one),
];
const volume = (name: string, source: object): Attack => [
  name,
  'another volume than its own and the tokens of EKS',
  pod => pod.spec.volumes.push({ name: 'stolen', ...source }),
];
const mount = (name: string, one: object): Attack => [
  name,
  'another place of a volume',
  pod => pod.spec.containers[0].volumeMounts.push({ name: 'tmp', ...one }),
];
const security = (
  name: string,
  of: 'pod' | 'container',
  fields: object,
): Attack => [
  name,
  `another security context of the ${of}`,
  pod =>
    Object.assign(
      (of === 'pod' ? pod.spec : pod.spec.containers[0]).securityContext,
      fields,
    ),
];
/** Each breaks one sentence of the policy alone. Those of facts about a real API server are among them. */
export const ATTACKS: Attack[] = [
  [
    'another namespace',
    'a namespace that namespaces.allow',
    pod => {
      pod.metadata.namespace = 'kube-system';
    },
  ],
  [
    'another name',
    'another name',
    pod => {
      pod.metadata.name = 'eks-pod-identity-probe-x';
    },
  ],
  metadata('a finalizer', { finalizers: ['example.com/stay'] }),
  metadata('a pod of a ReplicaSet', {
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'a',
        uid: 'a',
        controller: true,
      },
    ],
  }),
  spec('the network of its node', { hostNetwork: true }),
  spec('the processes of its node', { hostPID: true }),
  spec('the IPC of its node', { hostIPC: true }),
  spec('an init container', {
    initContainers: [{ name: 'first', image: 'busybox' }],
  }),
  spec('processes in sight of each other', { shareProcessNamespace: true }),
  spec('users of its node', { hostUsers: true }),
  spec('a node of its choice', {
    nodeName: 'ip-10-0-1-10.eu-west-1.compute.internal',
  }),
  spec('names of its own', {
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['sts.amazonaws.com'] }],
  }),
  spec('a resolver of its own', { dnsConfig: { nameservers: ['10.0.0.1'] } }),
  spec('a device', { resourceClaims: [{ name: 'a', resourceClaimName: 'a' }] }),
  spec('a gate', { schedulingGates: [{ name: 'example.com/wait' }] }),
  spec('a host name', { hostname: 'payments-ledger' }),
  spec(
    'no end',
    { activeDeadlineSeconds: 3601 },
    'another way to run, or no end',
  ),
  spec(
    'a restart',
    { restartPolicy: 'Always' },
    'another way to run, or no end',
  ),
  spec(
    'a slow end',
    { terminationGracePeriodSeconds: 600 },
    'another way to run, or no end',
  ),
  spec(
    'links to services',
    { enableServiceLinks: true },
    'another way to run, or no end',
  ),
  [
    'the token of the service account',
    [
      'another way to run, or no end',
      'another volume than its own and the tokens of EKS',
      'another place of a volume',
    ],
    pod => {
      delete pod.spec.automountServiceAccountToken;
    },
  ],
  security('root', 'pod', { runAsUser: 0 }),
  security('any user', 'pod', { runAsNonRoot: false }),
  security('the group of root', 'pod', { runAsGroup: 0 }),
  security('the files of root', 'pod', { fsGroup: 0 }),
  security('another group', 'pod', { supplementalGroups: [0] }),
  security('every system call', 'pod', {
    seccompProfile: { type: 'Unconfined' },
  }),
  security('a kernel parameter', 'pod', {
    sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '0' }],
  }),
  security('privileges', 'container', {
    privileged: true,
    allowPrivilegeEscalation: true,
  }),
  security('escalation', 'container', { allowPrivilegeEscalation: true }),
  security('a root file system to write', 'container', {
    readOnlyRootFilesystem: false,
  }),
  security('root in the container', 'container', { runAsUser: 0 }),
  security('any user in the container', 'container', { runAsNonRoot: false }),
  security('a capability', 'container', {
    capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
  }),
  security('all capabilities', 'container', { capabilities: {} }),
  security('every system call in the container', 'container', {
    seccompProfile: { type: 'Unconfined' },
  }),
  spec(
    'Windows',
    { nodeSelector: { 'kubernetes.io/os': 'windows' } },
    'another placement',
  ),
  spec(
    'beside a pod',
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: {} },
          ],
        },
      },
    },
    'another placement',
  ),
  spec(
    'before all others',
    { priorityClassName: 'system-node-critical' },
    'a priority of the system',
  ),
  [
    'a second container',
    'more than one container',
    pod => pod.spec.containers.push({ name: 'second', image: 'busybox' }),
  ],
  container('a hook', { lifecycle: { preStop: exec } }),
  container('a liveness probe', { livenessProbe: exec }),
  container('a readiness probe', { readinessProbe: exec }),
  container('a startup probe', { startupProbe: exec }),
  container('variables of a Secret', {
    envFrom: [{ secretRef: { name: 'a' } }],
  }),
  container('arguments', { args: ['p.x', '2', 's3', 'ls'] }),
  container('a terminal', { stdin: true, tty: true }),
  container('a port of its node', {
    ports: [{ containerPort: 80, hostPort: 80 }],
  }),
  container('another image', { image: 'busybox' }, 'another image'),
  container(
    'another directory',
    { workingDir: '/var' },
    'another way to run its container',
  ),
  container(
    'another name for it',
    { name: 'app' },
    'another way to run its container',
  ),
  container(
    'its log as the message',
    { terminationMessagePolicy: 'FallbackToLogsOnError' },
    'another way to run its container',
  ),
  container(
    'another file for its message',
    { terminationMessagePath: '/tmp/out' },
    'another way to run its container',
  ),
  [
    'a claimed device',
    'another way to run its container',
    pod => {
      pod.spec.containers[0].resources.claims = [{ name: 'a' }];
    },
  ],
  variable('a library', { name: 'LD_PRELOAD', value: '/tmp/a.so' }),
  variable('a file of the shell', { name: 'BASH_ENV', value: '/tmp/a' }),
  variable('programs', { name: 'PATH', value: '/tmp' }),
  variable('another home', { name: 'HOME', value: '/var' }),
  variable('a pager', { name: 'AWS_PAGER', value: 'env' }),
  variable('a proxy', { name: 'HTTPS_PROXY', value: 'http://10.0.0.1' }),
  variable('a function that the script calls', {
    name: 'aws sts get-caller-identity',
    value: 'x',
  }),
  variable('a value of a Secret', {
    name: 'HOME',
    valueFrom: { secretKeyRef: { name: 'a', key: 'b' } },
  }),
  variable('another agent', {
    name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    value: 'http://169.254.170.23.evil.example/v1/credentials',
  }),
  variable('another token', {
    name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
    value: '/tmp/token',
  }),
  variable('a region that is an address', {
    name: 'AWS_REGION',
    value: 'x.evil.example/',
  }),
  volume('a Secret', { secret: { secretName: 'a' } }),
  volume('a ConfigMap', { configMap: { name: 'a' } }),
  volume('a disk of its node', { hostPath: { path: '/' } }),
  volume('room without end', { emptyDir: {} }),
  volume('memory', { emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } }),
  volume('a Secret beside a token', {
    projected: { sources: [{ secret: { name: 'a' } }] },
  }),
  volume('a token for Kubernetes', {
    projected: { sources: [{ serviceAccountToken: { path: 'a' } }] },
  }),
  volume('a token for another', {
    projected: {
      sources: [{ serviceAccountToken: { path: 'a', audience: 'vault' } }],
    },
  }),
  mount('over its own files', { mountPath: '/etc' }),
  mount('a part of a volume', { mountPath: '/tmp/a', subPath: 'a' }),
];
