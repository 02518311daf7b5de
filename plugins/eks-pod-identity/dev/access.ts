import {
  ACCESS_VERDICTS,
  accessItemSchema,
  accessNotesOf,
  accessProgress,
  accessProgressSchema,
  type AccessGap,
  type AccessItem,
  type AccessNodeGroup,
  type AccessProgress,
  type AccessRow,
} from 'backstage-plugin-eks-pod-identity-common';
import { DAY, minutesAgo } from './reports';

const ACCOUNT = '111122223333';
const arn = (name: string, account = ACCOUNT) =>
  `arn:aws:iam::${account}:role/${name}`;
const ISSUER =
  'oidc.eks.us-east-1.amazonaws.com/id/9D1B2A3C4D5E6F708192A3B4C5D6E7F8';

const boto3 = { name: 'boto3', version: '1.35.10', age: 'works' as const };
const role = (
  name: string,
  more: Partial<NonNullable<AccessRow['role']>> = {},
): AccessRow['role'] => ({
  arn: arn(name),
  exists: true,
  lastUsedAt: minutesAgo(90),
  shapes: ['exact'],
  sharedWith: [],
  sharedWithCount: 0,
  ...more,
});

/** What the engine says of one service account. */
type Said = Omit<AccessRow, 'ref' | 'workloads' | 'pods' | 'compute'> &
  Partial<AccessRow>;

/** Each verdict and each road at least once, in the words of the engine. */
export const SAID: Record<string, Said> = {
  moved: {
    roads: ['pod-identity'],
    verdict: 'no-move',
    sentence: 'It has Pod Identity.',
    reasons: [],
    role: role('eks-payments-api', {
      maker: 'this portal',
      makerBy: 'tag',
      shapes: [],
    }),
    programs: [],
  },
  ready: {
    roads: ['irsa'],
    verdict: 'ready',
    sentence:
      'Ready to move: its programs, its pods and its role work with Pod Identity.',
    reasons: [],
    role: role('ledger-writer-20240611093027514200000003', {
      maker: 'Terraform',
      makerBy: 'name',
      shapes: ['exact', 'dual'],
    }),
    programs: [{ ...boto3, lastAt: minutesAgo(14) }],
    irsaAt: minutesAgo(14),
  },
  owner: {
    roads: ['irsa'],
    verdict: 'needs-owner',
    sentence:
      'Ready to move once the trust policy of role invoice-archiver lets Pod Identity in.',
    statement: {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: {
        StringEquals: {
          'aws:SourceAccount': ACCOUNT,
          'aws:RequestTag/kubernetes-namespace': 'payments',
          'aws:RequestTag/kubernetes-service-account': 'invoice-archiver',
        },
      },
    },
    reasons: [
      'Some of its pods are on the network of their node, where the agent answers, too.',
    ],
    role: role('invoice-archiver', {
      maker: 'CloudFormation',
      makerBy: 'tag',
      shapes: ['several', 'no-audience'],
      sharedWith: [
        { kind: 'service-account', name: 'payments/worker' },
        { kind: 'pattern', name: 'tenant-*/app', issuer: ISSUER },
        { kind: 'provider', name: 'token.actions.githubusercontent.com' },
        { kind: 'service', name: 'ec2.amazonaws.com' },
        { kind: 'principal', name: `arn:aws:iam::${ACCOUNT}:user/ci` },
      ],
      sharedWithCount: 27,
    }),
    programs: [
      { ...boto3, lastAt: minutesAgo(40) },
      {
        name: 'AWS SDK for Java 2',
        version: '2.21.30',
        age: 'works',
        lastAt: minutesAgo(55),
      },
    ],
    irsaAt: minutesAgo(40),
  },
  tagsOff: {
    roads: ['irsa'],
    verdict: 'ready-tags-off',
    sentence:
      'Ready to move without session tags, because role data-lake-reader may assume other roles, and those would have to allow sts:TagSession.',
    reasons: [],
    role: role('data-lake-reader', { shapes: ['exact', 'dual'] }),
    programs: [{ ...boto3, lastAt: minutesAgo(8) }],
    irsaAt: minutesAgo(8),
  },
  blocked: {
    roads: ['irsa'],
    verdict: 'blocked',
    sentence:
      'boto3 1.28.0 asked 12 minutes ago; Pod Identity takes 1.34.41 or newer.',
    reasons: ['2 of its 3 pods run on Fargate, where there is no agent.'],
    role: role('fraud-scorer'),
    programs: [
      {
        name: 'boto3',
        version: '1.28.0',
        age: 'too-old',
        minimum: '1.34.41',
        lastAt: minutesAgo(12),
      },
      { age: 'unknown', lastAt: minutesAgo(30) },
    ],
    irsaAt: minutesAgo(12),
    compute: ['EC2', 'Fargate'],
  },
  broken: {
    roads: ['irsa'],
    verdict: 'broken',
    sentence:
      'Role mailer-prod does not exist, so that its pods get no credentials today.',
    reasons: [],
    findings: [
      {
        kind: 'role-gone',
        fix: {
          cause: 'The pods ask STS for a role that does not exist.',
          actions: [
            'Make the role again, or write the ARN of the right one into the annotation eks.amazonaws.com/role-arn.',
            'If the service account needs no AWS any more, take the annotation off. Pods that start then get nothing from EKS, and go on to the role of their node where they reach it.',
            'This needs kubectl rights in namespace payments.',
          ],
          snippet: {
            language: 'bash',
            text: 'kubectl -n payments annotate serviceaccount mailer eks.amazonaws.com/role-arn-\nkubectl -n payments rollout restart deployment/mailer',
          },
        },
      },
    ],
    role: { arn: arn('mailer-prod'), exists: false },
    programs: [],
    refusedAt: minutesAgo(3),
  },
  target: {
    roads: ['irsa'],
    verdict: 'needs-target',
    sentence: `Its role is of account 777788889999. Pod Identity takes a role of account ${ACCOUNT} that goes on to it as its target role.`,
    reasons: [],
    role: { arn: arn('shared-data-lake', '777788889999') },
    programs: [{ ...boto3, lastAt: minutesAgo(22) }],
    irsaAt: minutesAgo(22),
  },
  rule: {
    roads: ['irsa'],
    verdict: 'by-rule',
    sentence:
      'Role tenant-app lets the pattern tenant-*:app in; each service account that needs it takes an association of its own.',
    reasons: [],
    role: role('tenant-app', {
      shapes: ['pattern'],
      sharedWith: [{ kind: 'pattern', name: 'tenant-*/app' }],
      sharedWithCount: 1,
    }),
    programs: [],
  },
  full: {
    roads: ['irsa'],
    verdict: 'not-allowed',
    sentence:
      'The trust policy of its role has no room for another statement: it would have 2204 characters, and AWS allows 2048 unless the quota of the account was raised.',
    reasons: [],
    role: role('everyone-s-role', { shapes: ['several', 'several-clusters'] }),
    programs: [{ ...boto3, lastAt: minutesAgo(61) }],
    irsaAt: minutesAgo(61),
  },
  addon: {
    roads: ['irsa'],
    verdict: 'add-on',
    sentence:
      'The add-on aws-ebs-csi-driver has it, and moves it by an update of its own.',
    reasons: [],
    role: role('AmazonEKS_EBS_CSI_DriverRole', {
      maker: 'eksctl',
      makerBy: 'tag',
    }),
    programs: [
      {
        name: 'AWS SDK for Go 2',
        version: '1.30.3',
        age: 'works',
        lastAt: minutesAgo(5),
      },
    ],
    irsaAt: minutesAgo(5),
  },
  leftOver: {
    roads: ['pod-identity', 'irsa'],
    verdict: 'left-over',
    sentence: 'It has Pod Identity; still there: the annotation of IRSA.',
    reasons: [],
    role: role('settlement-batch', { shapes: ['exact', 'dual'] }),
    programs: [],
  },
  unknown: {
    roads: ['irsa'],
    verdict: 'unknown',
    sentence:
      'Cannot tell: it was not seen to ask by IRSA in the last 3 hours.',
    reasons: ['2 of 3 containers were not seen.'],
    role: role('notifications-ingest'),
    programs: [],
  },
  keys: {
    roads: ['static-keys', 'irsa'],
    verdict: 'no-move',
    sentence:
      'Its pods have an access key in the variable AWS_ACCESS_KEY_ID of container app, which SDKs take before the identity that it has. Take the keys out.',
    reasons: [],
    role: role('settlement-ingest'),
    programs: [],
  },
  byHand: {
    roads: ['irsa-by-hand'],
    verdict: 'no-move',
    sentence:
      'Its pods set AWS_ROLE_ARN in container worker. Take the variables out of the pod template, and the service account decides.',
    reasons: [],
    programs: [{ ...boto3, lastAt: minutesAgo(33) }],
    irsaAt: minutesAgo(33),
  },
  kube2iam: {
    roads: ['kube2iam'],
    verdict: 'no-move',
    sentence:
      'Its pods ask kube2iam for legacy-reporting. Give it an identity instead.',
    reasons: [],
    programs: [],
  },
};

/** A mix in which a third goes by Pod Identity. */
const MIX =
  'moved ready owner moved blocked leftOver broken moved unknown tagsOff moved target keys moved rule full moved addon byHand kube2iam owner'.split(
    ' ',
  );

const CLUSTERS = [
  ['analytics-staging', 'Analytics (staging)'],
  ['orders-legacy', 'orders-legacy'],
  ['payments-prod', 'Payments (production)'],
] as const;
const TEAMS = ['payments', 'ledger', 'fraud', 'settlement', 'notifications'];
const WORKLOADS = ['api', 'worker', 'batch', 'ingest', 'scorer', 'mailer'];

/** This many service accounts on three clusters. */
export function accessOf(size: number): AccessItem[] {
  return Array.from({ length: size }, (_, index) => {
    const [cluster, clusterTitle] = CLUSTERS[index % CLUSTERS.length];
    const team = TEAMS[index % TEAMS.length];
    const name = `${team}-${WORKLOADS[index % WORKLOADS.length]}-${index}`;
    const said = SAID[MIX[index % MIX.length]];
    // Every sixth belongs to no component
    const known = index % 6 !== 5;
    return accessItemSchema.parse({
      workloads: [`Deployment ${name}`],
      pods: 1 + (index % 4),
      compute: ['EC2'],
      ...said,
      ref: { cluster, namespace: team, serviceAccount: name },
      clusterTitle,
      lookedAt: minutesAgo(4 + (index % CLUSTERS.length)),
      entityRef: known ? `component:default/${name}` : undefined,
      entityTitle: known ? name : undefined,
      hasTab: known ? index % 10 !== 8 : undefined,
      claimed: index % 8 === 1 && known ? true : undefined,
      ownedBy: known
        ? [{ entityRef: `group:default/${team}`, title: `Team ${team}` }]
        : undefined,
    });
  });
}

/** The same for a person to whom the roles are not told. */
export const withoutNames = (items: AccessItem[]): AccessItem[] =>
  items.map(
    ({ role: _, programs: __, statement: ___, findings: ____, ...item }) => ({
      ...item,
      sentence: ACCESS_VERDICTS[item.verdict].meaning,
      reasons: [],
      withheld: true,
    }),
  );

const GAPS = {
  use: {
    what: 'use',
    sentence:
      'CloudTrail was not read: the portal is not authorized to perform cloudtrail:LookupEvents, see docs/permissions.md#aws-reading.',
    costs:
      'SDKs and the last use by IRSA are missing, so that no verdict is "ready".',
  },
  roles: {
    what: 'roles',
    sentence:
      'The roles of account 111122223333 were not read: the portal is not authorized to perform iam:GetAccountAuthorizationDetails.',
    costs:
      'Makers, trust policies and last use of roles are missing, so that no verdict is "ready".',
  },
} satisfies Record<string, AccessGap>;

/** Of a row that only a fact which is missing now could decide. */
const cannotTell = (lack: string) => ({
  verdict: 'unknown' as const,
  sentence: `Cannot tell: ${lack}`,
  reasons: [],
});

/** Rows as they are where CloudTrail is not read. */
export const withoutCloudTrail = (items: AccessItem[]): AccessItem[] =>
  items.map(({ programs: _, irsaAt: __, refusedAt: ___, ...item }) => ({
    ...item,
    ...(/^(ready|blocked|needs-owner)/.test(item.verdict) &&
      cannotTell('its SDK was not seen, because CloudTrail was not read.')),
  }));

/** Rows as they are where IAM is not read. */
export const withoutIam = (items: AccessItem[]): AccessItem[] =>
  items.map(({ role: known, ...item }) => ({
    ...item,
    ...(item.roads[0] === 'irsa' &&
      !/^(add-on|needs-target)$/.test(item.verdict) &&
      cannotTell('the roles of the account were not read.')),
    role: known && { arn: known.arn },
  }));

const UNSEEN: AccessNodeGroup = {
  kind: 'auto-mode',
  name: 'batch',
  nodes: 3,
  lookedAt: 0,
  compute: ['Auto Mode'],
  roles: [],
  programs: [],
  candidates: [],
  candidateCount: 0,
  sentence:
    'Whether a program acts as the node is not known: none of its 3 nodes was looked at, because one look searches for 20 nodes at most.',
};

/** Who acts as the nodes of a cluster, as administrators see it. */
const NODE_GROUPS: AccessNodeGroup[] = [
  {
    ...UNSEEN,
    kind: 'node-group',
    name: 'general',
    nodes: 12,
    lookedAt: 2,
    since: minutesAgo(180),
    compute: ['EC2'],
    roles: [arn('payments-prod-nodes')],
    programs: [
      {
        name: 'boto3',
        version: '1.34.0',
        lastAt: minutesAgo(12),
        calls: ['sqs:ListQueues', 'sts:GetCallerIdentity'],
      },
    ],
    candidates: [
      {
        namespace: 'payments',
        serviceAccount: 'default',
        workload: 'Deployment invoices',
        pods: 3,
      },
      {
        namespace: 'ops',
        serviceAccount: 'shipper',
        workload: 'DaemonSet shipper',
        pods: 12,
        hostNetwork: true,
      },
    ],
    candidateCount: 5,
    leftOut: 2,
    sentence: `Programs on these nodes call AWS as the node, last boto3 1.34.0 at ${minutesAgo(
      12,
    )}. CloudTrail does not record which pod it was; 5 workloads have pods without an identity of their own there; 2 of 12 nodes were looked at.`,
  },
  UNSEEN,
];

/** How far these rows are, and how it came so. */
export function progressOf(
  items: AccessItem[],
  {
    days = 40,
    lacks = [],
    failure,
    nodes,
  }: {
    days?: number;
    lacks?: (keyof typeof GAPS)[];
    failure?: string;
    nodes?: boolean;
  } = {},
): AccessProgress {
  const clusters = CLUSTERS.map(([cluster, title], index) => ({
    cluster,
    title,
    ...accessProgress(items.filter(({ ref }) => ref.cluster === cluster)),
    lookedAt: minutesAgo(4 + index + (failure && index === 1 ? 2 * DAY : 0)),
    usedSince: lacks.includes('use')
      ? undefined
      : minutesAgo((index + 1) * DAY),
    // Of one cluster everything is read
    gaps: index === 1 ? [] : lacks.map(lack => GAPS[lack]),
    nodeGroups: nodes && index === 0 ? NODE_GROUPS : undefined,
    failure: index === 1 ? failure : undefined,
  }));
  const { byPodIdentity, total } = accessProgress(items);
  const notesOf = (rows: AccessItem[]) => {
    const notes: Record<string, number> = {};
    for (const note of rows.flatMap(accessNotesOf)) {
      notes[note] = (notes[note] ?? 0) + 1;
    }
    return notes;
  };
  const ofTeam = (team: string) =>
    items.filter(({ ownedBy }) =>
      ownedBy?.some(each => each.entityRef === `group:default/${team}`),
    );
  return accessProgressSchema.parse({
    clusters,
    owners: TEAMS.map(team => ({
      entityRef: `group:default/${team}`,
      title: `Team ${team}`,
      ...accessProgress(ofTeam(team)),
      notes: notesOf(ofTeam(team)),
    })),
    notes: notesOf(items),
    days: Array.from({ length: days }, (_, index) => {
      const back = days - 1 - index;
      return {
        day: minutesAgo(back * DAY).slice(0, 10),
        // A step every ten days
        byPodIdentity: Math.round(
          byPodIdentity * (1 - Math.ceil(back / 10) / 6),
        ),
        total: Math.round(total * (1 - back / 400)),
        verdicts: {},
        roads: {},
      };
    }),
  });
}

/** Clusters that are configured and were never looked at. */
export const neverLooked: AccessProgress = accessProgressSchema.parse({
  clusters: CLUSTERS.map(([cluster, title]) => ({
    cluster,
    title,
    byPodIdentity: 0,
    total: 0,
    gaps: [],
  })),
  owners: [],
  days: [],
});
