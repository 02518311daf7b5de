import {
  headingAnchor,
  verificationReportSchema,
  type CheckResult,
  type CheckStatus,
  type IdentityStatus,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

export const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * 60_000).toISOString();
export const DAY = 24 * 60;

const CONSOLE = 'https://eu-west-1.console.aws.amazon.com';
export const ROLE = 'eks-payments-prod-payments-payments-api-3f9c21ab';
const ROLE_ARN = `arn:aws:iam::111122223333:role/backstage/${ROLE}`;

/** Every check in the order of the path: category, id, title and the message if all is well. */
const CHECKS: [CheckResult['category'], string, string, string][] = [
  ['access', 'access.aws', 'AWS can be read', 'AWS answered every question.'],
  [
    'access',
    'access.kubernetes',
    'The cluster can be read',
    'The cluster’s Kubernetes API answered every question about payments/payments-api.',
  ],
  [
    'cluster',
    'cluster.active',
    'The cluster is active',
    'Cluster payments-prod is active.',
  ],
  [
    'cluster',
    'cluster.supported',
    'The cluster supports Pod Identity',
    'Kubernetes 1.32 (eks.14) supports Pod Identity.',
  ],
  [
    'cluster',
    'cluster.eks-auth-path',
    'Nodes can reach EKS Auth',
    'The subnets of the nodes have a route to the internet.',
  ],
  [
    'agent',
    'agent.installed',
    'The Pod Identity agent is installed',
    'The add-on eks-pod-identity-agent v1.3.8-eksbuild.2 is installed.',
  ],
  [
    'agent',
    'agent.healthy',
    'The agent is healthy',
    'The agent is ready on all 6 nodes.',
  ],
  [
    'agent',
    'agent.on-node',
    'The agent runs on the pod’s node',
    'A ready agent is on all 3 nodes of this service account’s pods.',
  ],
  ['role', 'role.exists', 'The role exists', `The role ${ROLE} exists.`],
  [
    'role',
    'role.trust-policy',
    'The role trusts this service account',
    `The trust policy of ${ROLE} lets payments/payments-api in.`,
  ],
  [
    'role',
    'role.policies',
    'The role has permissions',
    `One policy is attached to ${ROLE}: AmazonS3ReadOnlyAccess.`,
  ],
  [
    'association',
    'association.exists',
    'The association exists',
    'Association a-0f3e9b2c7d5a4e1f8 gives payments/payments-api its role.',
  ],
  [
    'association',
    'association.matches',
    'The association is as expected',
    'The association names the role that the portal gave it.',
  ],
  [
    'service-account',
    'service-account.exists',
    'The service account exists',
    'The service account payments/payments-api exists.',
  ],
  [
    'service-account',
    'service-account.irsa',
    'No IRSA annotation is in the way',
    'The service account carries no annotation of IAM roles for service accounts.',
  ],
  [
    'admission',
    'admission.injects',
    'New pods receive the identity',
    'Five of five dry runs received the identity.',
  ],
  [
    'credentials',
    'credentials.agent-answers',
    'The agent gives the pod credentials',
    'The agent on node ip-10-0-3-17.eu-west-1.compute.internal gave the pod credentials.',
  ],
  [
    'credentials',
    'credentials.identity',
    'The pod holds the expected role',
    `The pod holds ${ROLE}.`,
  ],
  [
    'credentials',
    'credentials.imds',
    'The node’s own role is out of the pod’s reach',
    'The pod cannot reach the instance metadata service.',
  ],
  [
    'permissions',
    'permissions.s3',
    'The pod may run aws s3 ls',
    '"aws s3 ls" succeeded in the pod.',
  ],
  [
    'workloads',
    'workloads.injected',
    'Running pods have the identity',
    'All 5 running pods have the identity.',
  ],
  [
    'workloads',
    'workloads.shadowed',
    'Nothing in the pods comes before the identity',
    'No container sets its own AWS credentials.',
  ],
  [
    'workloads',
    'workloads.unsupported',
    'The pods run where Pod Identity works',
    'All pods run on Linux nodes of EC2.',
  ],
];

const RESOURCES: Record<string, CheckResult['resource']> = {
  'cluster.active': {
    kind: 'cluster',
    name: 'payments-prod',
    consoleUrl: `${CONSOLE}/eks/clusters/payments-prod`,
  },
  'role.trust-policy': {
    kind: 'role',
    name: ROLE,
    consoleUrl: `${CONSOLE}/iam/home#/roles/details/${ROLE}`,
  },
  'association.exists': {
    kind: 'association',
    name: 'a-0f3e9b2c7d5a4e1f8',
    consoleUrl: `${CONSOLE}/eks/clusters/payments-prod`,
  },
};

const trustPolicyFails: Partial<CheckResult> = {
  status: 'fail',
  message: 'The trust policy allows sts:AssumeRole but not sts:TagSession.',
  expected:
    'Allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com for arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
  observed: `Allow sts:AssumeRole to pods.eks.amazonaws.com on ${ROLE_ARN}`,
  fix: {
    cause:
      'EKS Pod Identity tags every session, so AWS refuses to assume a role that does not allow it.',
    actions: [
      'Add sts:TagSession to the statement for pods.eks.amazonaws.com.',
      'Running pods recover by themselves.',
    ],
    snippet: {
      language: 'json',
      text: JSON.stringify(
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
        null,
        2,
      ),
    },
  },
};

const oldPods: Partial<CheckResult> = {
  status: 'warn',
  message:
    '2 of 5 running pods of Deployment payments-api were started without the credentials.',
  expected: '5 pods with AWS_CONTAINER_CREDENTIALS_FULL_URI',
  observed:
    'payments-api-7c9f6d5b8-x2k4q and payments-api-7c9f6d5b8-zz81p are older than the association',
  restart: [{ kind: 'Deployment', name: 'payments-api', pods: 2 }],
  fix: {
    cause:
      'Pods only receive the identity when they are created, and these are older than the association.',
    actions: ['Restart the workload once; nothing else has to change.'],
    snippet: {
      language: 'bash',
      text: 'kubectl --namespace payments rollout restart deployment/payments-api',
    },
  },
};

const ownProfile: Partial<CheckResult> = {
  status: 'warn',
  message:
    '1 of 5 running pods sets AWS_PROFILE, with which the SDK for Python gets no credentials if there is no such profile.',
  observed: 'container app of Deployment payments-report',
  fix: {
    cause:
      'SDKs look for credentials in this order: keys, profile, web identity, Pod Identity.',
    actions: ['Take AWS_PROFILE out of the pod template and roll it out.'],
    snippet: {
      language: 'bash',
      text: 'kubectl -n payments set env deployment/payments-report -c app AWS_PROFILE-',
    },
  },
};

const because = (id: string, title: string): Partial<CheckResult> => ({
  status: 'skip',
  message: `Skipped because “${title}” failed.`,
  becauseOf: id,
});

const noNode: Partial<CheckResult> = {
  status: 'unknown',
  message:
    'The probe pod could not be scheduled within 60 s: 0/6 nodes are available, 6 insufficient memory.',
  fix: {
    cause: 'The cluster has no room for one more small pod.',
    actions: ['Give the node group room.'],
    snippet: {
      language: 'bash',
      text: 'kubectl describe nodes | grep -A 8 "Allocated resources"',
    },
  },
};

const trust = 'The role trusts this service account';

/** The differences from a run in which all is well. */
const DIFFERENCES: Partial<
  Record<IdentityStatus, Record<string, Partial<CheckResult>>>
> = {
  verified: {},
  'looks-right': {
    'credentials.agent-answers': {
      status: 'skip',
      message: 'No pod was run.',
    },
    'credentials.identity': { status: 'skip', message: 'No pod was run.' },
    'credentials.imds': { status: 'skip', message: 'No pod was run.' },
    'permissions.s3': { status: 'skip', message: 'No pod was run.' },
  },
  'restart-needed': { 'workloads.injected': oldPods },
  'partly-works': { 'workloads.shadowed': ownProfile },
  broken: {
    'role.trust-policy': trustPolicyFails,
    'role.policies': {
      status: 'note',
      message: `No policy is attached to ${ROLE}: it can do only what the policies of buckets, keys or queues allow it.`,
    },
    'credentials.agent-answers': {
      status: 'fail',
      message:
        'The agent answered with 403: AccessDeniedException, the role cannot be assumed.',
      becauseOf: 'role.trust-policy',
      observed:
        'AccessDeniedException: User: arn:aws:sts::444455556666:assumed-role/PodIdentityService is not authorized to perform: sts:TagSession',
    },
    'credentials.identity': because('credentials.agent-answers', trust),
    'permissions.s3': because('credentials.agent-answers', trust),
    'workloads.injected': oldPods,
  },
  'could-not-check': {
    'credentials.agent-answers': noNode,
    'credentials.identity': because('credentials.agent-answers', 'The agent'),
    'permissions.s3': because('credentials.agent-answers', 'The agent'),
  },
};

const found = (good: number, check?: string) =>
  ({ state: check ? 'some' : 'all', good, all: 5, check } as const);

/** What the verdict is made of. */
const FOUND: Partial<
  Record<IdentityStatus, Pick<VerificationReport, 'way' | 'workloads'>>
> = {
  verified: { way: 'proven', workloads: found(5) },
  'looks-right': { way: 'looks-right', workloads: found(5) },
  'restart-needed': {
    way: 'proven',
    workloads: { ...found(3, 'workloads.injected'), restart: true },
  },
  'partly-works': { way: 'proven', workloads: found(4, 'workloads.shadowed') },
  broken: { way: 'broken' },
  'could-not-check': { way: 'unknown' },
};

const EVIDENCE: Partial<
  Record<CheckStatus, (id: string) => Partial<CheckResult>>
> = {
  pass: id =>
    id === 'credentials.identity'
      ? { expected: ROLE_ARN, observed: ROLE_ARN }
      : {},
};

/** A full report with this verdict, as the backend stores it; parsed by the API's schema. */
export function reportOf(
  status: IdentityStatus,
  more: Partial<VerificationReport> & { minutesAgo?: number } = {},
): VerificationReport {
  const { minutesAgo: ago = 3, ...rest } = more;
  const verified = FOUND[status]?.way === 'proven';
  return verificationReportSchema.parse({
    id: `report-${status}-${ago}`,
    ref: {
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'payments-api',
    },
    entityRef: 'component:default/payments-api',
    trigger: 'user',
    status,
    ...FOUND[status],
    proof: verified ? 'credentials' : 'none',
    probe: status === 'looks-right' ? 'none' : 'pod',
    callerArn: verified
      ? `arn:aws:sts::111122223333:assumed-role/${ROLE}/eks-payments-pr-payments-a-5f4e1b0c`
      : undefined,
    expectedRoleArn: ROLE_ARN,
    expectedRoleSource: 'last-associate',
    startedAt: minutesAgo(ago + 0.15),
    finishedAt: minutesAgo(ago),
    engineVersion: '1',
    checks: CHECKS.map(([category, id, title, message], index) => {
      const difference = DIFFERENCES[status]?.[id] ?? {};
      const check = {
        id,
        category,
        title,
        status: 'pass' as CheckStatus,
        message,
        docsUrl: `https://portal.example.com/aws-identities/checks#${headingAnchor(
          id,
        )}`,
        resource: RESOURCES[id],
        durationMs: 12 + index * 37,
        attempts: 1,
        ...difference,
      };
      return { ...check, ...EVIDENCE[check.status]?.(id) };
    }),
    ...rest,
  });
}

const PAST: IdentityStatus[] = [
  'verified',
  'partly-works',
  'partly-works',
  'could-not-check',
  'verified',
  'looks-right',
  'looks-right',
  'broken',
];
/** Of the last, the reader is not allowed to know who started it. */
const STARTS = [
  { trigger: 'user', startedBy: 'user:default/ana' },
  { trigger: 'schedule' },
  { trigger: 'action', startedBy: 'user:default/ana' },
  { trigger: 'user' },
] as const;

/** Many runs; the newest has the given verdict. */
export function historyOf(newest: IdentityStatus, runs = 34) {
  return Array.from({ length: runs }, (_, index) =>
    reportOf(index === 0 ? newest : PAST[index % PAST.length], {
      minutesAgo: 3 + index * 0.4 * DAY,
      ...STARTS[index % STARTS.length],
      id: `run-${index}`,
    }),
  );
}
