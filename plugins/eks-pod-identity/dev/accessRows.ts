import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { minutesAgo } from './reports';

const ACCOUNT = '111122223333';
/** Of a role. */
export const arn = (name: string, account = ACCOUNT) =>
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
      'Role mailer-prod does not exist, so that its pods get no credentials by it today.',
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
    movesByHand: true,
    role: { arn: arn('shared-data-lake', '777788889999') },
    programs: [{ ...boto3, lastAt: minutesAgo(22) }],
    irsaAt: minutesAgo(22),
  },
  rule: {
    roads: ['irsa'],
    verdict: 'by-rule',
    sentence:
      'Role tenant-app lets the pattern tenant-*:app in; each service account that needs it needs its own association. A service account made later needs one too.',
    alone: 'ready',
    reasons: [
      'Ready to move: its programs, its pods and its role work with Pod Identity.',
    ],
    role: role('tenant-app', {
      shapes: ['pattern'],
      sharedWith: [{ kind: 'pattern', name: 'tenant-*/app' }],
      sharedWithCount: 1,
      fitting: ['tenant-a/app', 'tenant-b/app'],
      fittingCount: 3,
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
      'The add-on aws-ebs-csi-driver has it. An update of the associations of aws-ebs-csi-driver moves it: version v1.48.0-eksbuild.1 supports Pod Identity.',
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
      'Its pods have an access key in the variable AWS_ACCESS_KEY_ID of container app, which SDKs use before the identity that it has. Take the keys out.',
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
  secret: {
    roads: ['secret'],
    verdict: 'unknown',
    sentence:
      'Cannot tell: its pods take variables from Secret aws-keys, whose name suggests access keys. Secrets are not read here. If it holds keys, give the service account an identity and take them out.',
    reasons: [],
    programs: [],
  },
};
