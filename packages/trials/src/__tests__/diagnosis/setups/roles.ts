import { SECOND_ACCOUNT, type Stage } from 'eks-sandbox';
import { setSessionTags } from '../expected/sessionTags';
import { APP, running, workload } from '../workload';
import type { Setup } from './setup';

const BOTH = ['sts:AssumeRole', 'sts:TagSession'];
const LIST = { name: 'buckets', command: ['s3api', 'list-buckets'] };
const NODE_POLICIES = ['arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy'];
const READ = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

type Statement = Record<string, unknown>;

export const policy = (...Statement: Statement[]) =>
  ({ Version: '2012-10-17', Statement } as never);

const ours = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: BOTH,
  ...more,
});

/** The trust policy of the role: one statement for Pod Identity, changed so, and others. */
export const trust =
  (more: Statement, ...others: Statement[]) =>
  (stage: Stage) =>
    stage.aws.iam.updateRole(stage.role().arn, {
      trust: policy(ours(more), ...others),
    });

/** Revokes the sessions of the role as the console does: those of before that time. */
export const revokeSessions = (stage: Stage, before: string) =>
  stage.aws.iam.updateRole(stage.role().arn, {
    inline: {
      AWSRevokeOlderSessions: policy({
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': before } },
      }),
    },
  });

/** A target role of the same account behind that of the association. */
export function behindTarget(stage: Stage, Condition?: Statement) {
  const { iam } = stage.aws;
  const source = stage.role();
  const target = iam.putRole({
    name: `${stage.name}-data`,
    trust: policy({
      Effect: 'Allow',
      Principal: { AWS: source.arn },
      Action: BOTH,
      ...(Condition ? { Action: 'sts:AssumeRole', Condition } : {}),
    }),
  });
  iam.updateRole(source.arn, {
    inline: {
      onward: policy({ Effect: 'Allow', Action: BOTH, Resource: target.arn }),
    },
  });
  stage.updateAssociation({ targetRoleArn: target.arn });
  return target;
}

const lists = (name: string) => ({
  name: 'bucket',
  command: ['s3api', 'list-objects-v2', '--bucket', name],
});

/** Associations, roles and what they may do. */
export const OF_ROLES: Record<string, Setup> = {
  'N06 the association is of the namespace of another stage': {
    make: stage => {
      const { roleArn } = stage.association();
      stage.dissociate();
      stage.aws.eks.putAssociation(stage.cluster, {
        namespace: `${stage.namespace}-production`,
        serviceAccount: stage.name,
        roleArn,
      });
    },
    status: 'broken',
    says: /has no Pod Identity association for payments.payments-ledger/,
    nearby: ['payments-prod/payments-production/payments-ledger'],
  },
  'N07 the association is on the cluster of another region': {
    make: stage => {
      stage.dissociate();
    },
    elsewhere: [
      {
        cluster: 'payments-frankfurt',
        namespace: 'payments',
        serviceAccount: 'payments-ledger',
      },
    ],
    status: 'broken',
    says: /has no Pod Identity association for payments.payments-ledger/,
    nearby: ['payments-frankfurt/payments/payments-ledger'],
  },
  'N08 the target role wants another external id': {
    make: stage => {
      behindTarget(stage, {
        StringEquals: { 'sts:ExternalId': 'of-another-team' },
      });
      stage.updateAssociation({
        disableSessionTags: true,
        externalId:
          'eu-west-1/111122223333/payments-prod/payments/payments-ledger',
      });
    },
    status: 'broken',
    says: /does not trust .*sts:ExternalId/,
    ends: 'verified',
  },
  'N09 the boundary of the first role does not let it go on': {
    make: stage => {
      behindTarget(stage);
      const { arn } = stage.aws.iam.putPolicy({
        name: 'only-s3',
        document: policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      });
      stage.aws.iam.updateRole(stage.role().arn, { boundaryArn: arn });
    },
    status: 'broken',
    says: /is not allowed to assume .*its permissions boundary only-s3 does not allow sts:AssumeRole/,
  },
  'N10 a boundary and the organization at once': {
    make: stage => {
      const { arn } = stage.aws.iam.putPolicy({
        name: 'no-s3',
        document: policy({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }),
      });
      stage.aws.iam.updateRole(stage.role().arn, {
        attached: [READ],
        boundaryArn: arn,
      });
      stage.aws.iam.setServiceControlPolicies({
        documents: [
          policy({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }),
        ],
      });
    },
    permissions: [LIST],
    status: 'broken',
    says: /was denied: no service control policy allows it/,
  },
  'N11 a bucket that denies what does not come from one VPC': {
    make: stage => {
      stage.aws.iam.updateRole(stage.role().arn, { attached: [READ] });
      stage.aws.putBucket({
        name: 'vpc-only',
        policy: policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: ['arn:aws:s3:::vpc-only', 'arn:aws:s3:::vpc-only/*'],
          Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } },
        }),
      });
    },
    permissions: [lists('vpc-only')],
    status: 'broken',
    says: /was denied: an explicit deny in the resource policy/,
  },
  'N12 a bucket abroad grants by a session tag, and tags are off': {
    make: stage => {
      stage.aws.iam.updateRole(stage.role().arn, { attached: [READ] });
      stage.updateAssociation({ disableSessionTags: true });
      stage.aws.putBucket({
        accountId: SECOND_ACCOUNT,
        name: 'by-tag',
        policy: policy({
          Effect: 'Allow',
          Principal: { AWS: stage.role().arn },
          Action: 's3:*',
          Resource: ['arn:aws:s3:::by-tag', 'arn:aws:s3:::by-tag/*'],
          Condition: {
            StringEquals: {
              'aws:PrincipalTag/kubernetes-namespace': stage.namespace,
            },
          },
        }),
      });
    },
    permissions: [lists('by-tag')],
    status: 'broken',
    says: /no resource policy allows it[\s\S]*Session tags are off for this association/,
    cause: 'permissions.bucket',
    repair: setSessionTags(true),
    ends: 'verified',
  },
  'N13 a policy grants by a tag that the association does not send': {
    make: stage =>
      stage.aws.iam.updateRole(stage.role().arn, {
        attached: [],
        inline: {
          'by-team': policy({
            Effect: 'Allow',
            Action: 's3:*',
            Resource: '*',
            Condition: { StringEquals: { 'aws:PrincipalTag/team': 'ledger' } },
          }),
        },
      }),
    permissions: [LIST],
    status: 'broken',
    says: /was denied: no identity policy allows it/,
  },
  'N14 the trust policy denies what comes from no VPC': {
    make: trust(
      {},
      ours({
        Effect: 'Deny',
        Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } },
      }),
    ),
    status: 'broken',
    says: /aws:SourceVpc/,
  },
  'N15 the trust policy names the service of the cluster': {
    make: trust({ Principal: { Service: 'eks.amazonaws.com' } }),
    status: 'broken',
    says: /does not trust EKS Pod Identity/,
    ends: 'verified',
  },
  'N16 a wildcard without sts:TagSession, the namespace in capitals': {
    make: trust({
      Action: 'sts:Assume*',
      Condition: {
        StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'PAYMENTS' },
      },
    }),
    status: 'broken',
    says: /does not trust payments.payments-ledger/,
    ends: 'verified',
  },
  'N17 the clocks of AWS are ten minutes ahead': {
    make: ({ context }) => {
      context.core.faults.skewMs = 600_000;
    },
    status: 'verified',
    says: /a fresh pod of payments.payments-ledger/,
  },
  'N18 the role does not trust the account, on a node that lets pods in': {
    make: async stage => {
      const { kube } = stage;
      const node = await kube.addNode({
        kind: 'managed',
        roleArn: `arn:aws:iam::111122223333:role/${stage.cluster}-nodes`,
        imdsHopLimit: 2,
      });
      await stage.changePods(({ metadata, spec }) => {
        metadata.annotations = { 'backstage.io/aws-sdk': 'Java v2' };
        spec.nodeSelector = { 'kubernetes.io/hostname': node };
      });
      trust({ Action: 'sts:AssumeRole' })(stage);
    },
    status: 'broken',
    says: /No statement allows sts:TagSession/,
    ends: 'verified',
  },
  'N19 pods on Fargate and on EC2': {
    cluster: 'orders-legacy',
    make: async stage => {
      const { iam, mainAccount } = stage.aws;
      const { arn } = iam.putRole({ name: 'fargate' });
      // Else a node group of this cluster is broken, too.
      iam.updateRole(
        `arn:aws:iam::${mainAccount}:role/${stage.cluster}-old-nodes`,
        { attached: NODE_POLICIES },
      );
      stage.aws.eks.putFargateProfile(stage.cluster, {
        fargateProfileName: 'web',
        podExecutionRoleArn: arn,
        namespaces: [stage.namespace],
      });
      stage.kube.selectForFargate({
        profile: 'web',
        namespace: stage.namespace,
        labels: { app: 'web' },
      });
      await stage.kube.apply(
        workload(
          stage,
          'Deployment',
          'web',
          { replicas: 1 },
          {
            spec: { containers: [APP] },
          },
        ),
      );
      await running(stage, 3);
    },
    status: 'partly-works',
    says: /1 of 3 running pods run on Fargate, where there is no agent/,
  },
  'N28 the role has another name now': {
    make: stage => {
      const { name, attached, trust: same, arn } = stage.role();
      stage.aws.iam.putRole({ name: `${name}-v2`, attached, trust: same });
      stage.aws.iam.deleteRole(arn);
    },
    status: 'broken',
    says: /The role .*payments-ledger does not exist/,
    ends: 'verified',
  },
};
