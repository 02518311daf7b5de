import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import {
  assumedByIrsa,
  assumedByPod,
  called,
  calledByUser,
  CLUSTER_ARN,
  ISSUER,
  ROLE_ARN,
  USER_AGENTS,
} from '../../evidence/__testUtils__/events';
import { decodeCloudTrailEvent } from '../../evidence/decode';
import { gatherEvidence } from '../../evidence/gather';
import type { PodFact } from '../framework/facts/workloads';
import { context, HAVING, LACKING } from './judge';

/** What happened to an application: what its pods are, and what CloudTrail has of them. */
export interface Situation {
  name: string;
  /** What the agent answers the probe, which runs the AWS CLI. */
  agent: 'credentials' | 'no answer' | '400';
  pod?: Partial<PodFact>;
  records: string[];
  targetRoleArn?: string;
  /** The status and the whole sentence of `workloads.obtained`. */
  obtained: [string, string];
  /** Those of other checks, by id. */
  further?: Record<string, [string, RegExp]>;
}

const HOUR = 3_600_000;
export const INSTANCE = 'i-0123456789abcdef0';
export const STARTED = context.now - 4 * HOUR;
const NEVER =
  '1 of 1 running pods never asked for the role (1 of Deployment api): the application has not needed AWS, or its SDK is too old or looks elsewhere.';
const OBTAINED =
  '1 of 1 running pods obtained the role themselves, last at 10:42 UTC.';
const carried = (
  what: PodFact['containers'][number]['carried'][number]['what'],
  said: string,
) => ({
  containers: [{ ...HAVING, carried: [{ what, said, likely: true }] }],
});
const asNode = (userAgent: string) =>
  called({
    at: '2026-01-01T11:20:00Z',
    service: 'dynamodb.amazonaws.com',
    name: 'DescribeTable',
    session: INSTANCE,
    roleArn: 'arn:aws:iam::111122223333:role/node',
    userAgent,
  });
const BY_NODE =
  'On the node node-1 a program with Java v2 2.57.8 called DynamoDB as the node, last at 11:20 UTC; it may be of any pod there; ';
const key = 'ASIAEXAMPLESITUATION';

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'The application uses its identity',
    agent: 'credentials',
    records: [assumedByPod({ key }), called({ key })],
    obtained: ['pass', OBTAINED],
    further: {
      'permissions.observed': ['pass', /denied none/],
      'role.shared': ['pass', /no one else/],
    },
  },
  {
    name: 'SDK too old (Python), gone on by IRSA',
    agent: 'credentials',
    records: [assumedByIrsa({ userAgent: USER_AGENTS.oldBoto3 })],
    obtained: [
      'warn',
      `This service account obtained the role by IRSA too, last at 10:42 UTC (boto3 1.28.57, too old for Pod Identity: 1.29.0 is the oldest known to work); ${NEVER}`,
    ],
  },
  {
    name: 'SDK too old, and no other way',
    agent: 'credentials',
    records: [],
    obtained: ['note', NEVER],
  },
  {
    name: 'Keys in the environment',
    agent: 'credentials',
    pod: { containers: [{ ...HAVING, accessKeyId: 'AKIAEXAMPLE123456789' }] },
    records: [calledByUser()],
    obtained: [
      'warn',
      `The access key that stands in the spec of 1 of them was used for SQS, last at 10:43 UTC (JavaScript v2 2.1693.0); ${NEVER}`,
    ],
  },
  {
    name: 'Keys in a profile of a mounted file',
    agent: 'credentials',
    pod: carried('home-files', 'mount a volume at ~/.aws'),
    records: [],
    obtained: ['note', NEVER],
    further: { 'workloads.shadowed': ['warn', /every SDK but Java v1 uses/] },
  },
  {
    name: 'Keys by an address of its own',
    agent: 'credentials',
    pod: {
      containers: [
        { ...LACKING, foreignCredentialsUri: 'http://localhost:9911/' },
      ],
    },
    records: [],
    obtained: [
      'skip',
      'No running pod has the variables of Pod Identity to ask with.',
    ],
    further: { 'workloads.shadowed': ['warn', /address of their own/] },
  },
  {
    name: 'Go behind a proxy',
    agent: 'credentials',
    pod: { containers: [{ ...HAVING, proxied: 'yes' }] },
    records: [],
    obtained: ['note', NEVER],
    further: {
      'workloads.unsupported': ['warn', /the SDKs for Go v2, Go v1 and Rust/],
    },
  },
  {
    name: 'Python behind the same proxy',
    agent: 'credentials',
    pod: { containers: [{ ...HAVING, proxied: 'yes' }] },
    records: [assumedByPod({ key }), called({ key })],
    obtained: ['pass', OBTAINED],
    further: {
      'workloads.unsupported': [
        'note',
        /which does not matter to boto3, seen in use here/,
      ],
    },
  },
  {
    name: 'Python with a profile that does not exist',
    agent: 'credentials',
    pod: carried('profile', 'set AWS_PROFILE'),
    records: [],
    obtained: ['note', NEVER],
    further: {
      'workloads.shadowed': ['warn', /the SDKs for Python and Go v2 get no/],
    },
  },
  {
    name: 'Agent down, Java: it became the node',
    agent: 'no answer',
    records: [asNode(USER_AGENTS.javaAsNode)],
    obtained: ['note', `${BY_NODE}${NEVER}`],
  },
  {
    name: 'Agent down, Go: it fails',
    agent: 'no answer',
    records: [asNode(USER_AGENTS.agent)],
    obtained: ['note', NEVER],
  },
  {
    name: 'Trust policy wrong, Java: it became the node',
    agent: '400',
    records: [asNode(USER_AGENTS.javaAsNode)],
    obtained: ['note', `${BY_NODE}${NEVER}`],
  },
  {
    name: 'A pod without the variables',
    agent: 'credentials',
    pod: { containers: [LACKING] },
    records: [asNode(USER_AGENTS.javaAsNode)],
    obtained: ['note', `${BY_NODE.slice(0, -2)}.`],
  },
  {
    name: 'IRSA left over, with an SDK that could',
    agent: 'credentials',
    records: [assumedByIrsa()],
    obtained: [
      'warn',
      `This service account obtained the role by IRSA too, last at 10:42 UTC (Go v2 1.32.0); ${NEVER}`,
    ],
  },
  {
    name: 'Role shared with another namespace',
    agent: 'credentials',
    records: [assumedByPod(), assumedByPod({ namespace: 'orders', uid: 'o' })],
    obtained: ['pass', OBTAINED],
    further: { 'role.shared': ['note', /: 1 other service account, last/] },
  },
  {
    name: 'Two clusters with one role',
    agent: 'credentials',
    records: [
      assumedByPod(),
      assumedByPod({ clusterArn: `${CLUSTER_ARN}-2`, uid: 'p' }),
    ],
    obtained: ['pass', OBTAINED],
    further: { 'role.shared': ['note', /: 1 other service account, last/] },
  },
  {
    name: 'Never used',
    agent: 'credentials',
    pod: { startedAt: context.now - 24 * HOUR },
    records: [],
    obtained: ['note', NEVER],
  },
  {
    name: 'Denied',
    agent: 'credentials',
    records: [
      assumedByPod({ key }),
      called({
        key,
        error: {
          errorCode: 'AccessDenied',
          errorMessage:
            'User: arn:aws:sts::111122223333:assumed-role/payments-api/eks-x is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action',
        },
      }),
    ],
    obtained: ['pass', OBTAINED],
    further: {
      'permissions.observed': [
        'note',
        /^AWS denied the application S3 ListBuckets once, last at 10:43 UTC\.$/,
      ],
    },
  },
  {
    name: 'Session tags off',
    agent: 'credentials',
    records: [assumedByPod({ tagless: true })],
    obtained: ['pass', OBTAINED],
  },
  {
    name: 'Target role',
    agent: 'credentials',
    targetRoleArn: 'arn:aws:iam::444455556666:role/target',
    records: [assumedByPod()],
    obtained: ['pass', OBTAINED],
  },
  {
    name: 'Events late',
    agent: 'credentials',
    pod: {
      createdAt: context.now - 5 * 60_000,
      startedAt: context.now - 5 * 60_000,
    },
    records: [],
    obtained: [
      'skip',
      '1 of 1 running pods are not seen yet: AWS shows events up to 15 minutes late.',
    ],
  },
];

/** The pod of a situation. */
export const podOf = ({ pod }: Situation): PodFact => ({
  name: 'payments-api-7d9f8b6c5-x2x4z',
  uid: 'uid-1',
  labels: {},
  owner: { kind: 'Deployment', name: 'api' },
  nodeName: 'node-1',
  phase: 'Running',
  createdAt: STARTED,
  startedAt: STARTED,
  hostNetwork: false,
  skipContainers: [],
  skipped: false,
  podEni: false,
  containers: [HAVING],
  placement: {},
  ...pod,
});

/** What a reading at the time of the context makes of the events. */
export function evidenceOf(situation: Situation): Evidence {
  const { records, targetRoleArn } = situation;
  const pod = podOf(situation);
  return gatherEvidence(
    records.map(one => decodeCloudTrailEvent(one)!),
    {
      ref: context.ref,
      cluster: context.cluster,
      roleArns: [ROLE_ARN, ...(targetRoleArn ? [targetRoleArn] : [])],
      issuer: ISSUER,
      pods: [pod],
      staticKeyIds: pod.containers.flatMap(one => one.accessKeyId ?? []),
      instanceIds: [INSTANCE],
    },
    {
      from: new Date(context.now - 7 * 24 * HOUR).toISOString(),
      until: new Date(context.now).toISOString(),
    },
  );
}
