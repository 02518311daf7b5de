import { SECOND_ACCOUNT, type Stage } from 'eks-sandbox';
import { useWorld } from '../world';
import { alarmsOf, type Healthy } from './healthy';

const SERVICE = { Service: 'pods.eks.amazonaws.com' };
const BOTH = ['sts:AssumeRole', 'sts:TagSession'];

type Statement = Record<string, unknown>;

const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: SERVICE,
  Action: BOTH,
  ...more,
});

const trust =
  (...Statement: Statement[]) =>
  (stage: Stage) =>
    stage.aws.iam.updateRole(stage.role().arn, {
      trust: { Version: '2012-10-17', Statement } as never,
    });

const onlyIf = (Condition: Record<string, Record<string, unknown>>) =>
  trust(allow({ Condition }));

const tag = (name: string) => `aws:RequestTag/${name}`;

function targetIn(stage: Stage, accountId: string | undefined) {
  const { iam } = stage.aws;
  const source = stage.role();
  const target = iam.putRole({
    accountId,
    name: `${stage.name}-data`,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: source.arn },
          Action: BOTH,
        },
      ],
    },
  });
  iam.updateRole(source.arn, {
    inline: {
      onward: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: BOTH, Resource: target.arn }],
      },
    },
  });
  stage.updateAssociation({ targetRoleArn: target.arn });
  return stage.restart();
}

describe('healthy', () => {
  const world = useWorld();

  it.each<Healthy>([
    { what: 'as the demo has it', make: () => undefined },
    {
      what: 'trust: every action of STS',
      make: trust(allow({ Action: 'sts:*' })),
    },
    {
      what: 'trust: actions in two statements',
      make: trust(
        allow({ Action: 'sts:AssumeRole' }),
        allow({ Action: 'sts:TagSession' }),
      ),
    },
    {
      what: 'trust: namespace and service account asked for',
      make: stage =>
        onlyIf({
          StringEquals: {
            [tag('kubernetes-namespace')]: stage.namespace,
            [tag('kubernetes-service-account')]: stage.name,
          },
        })(stage),
    },
    {
      what: 'trust: a pattern of service accounts',
      make: onlyIf({
        StringLike: { [tag('kubernetes-service-account')]: 'payments-*' },
      }),
    },
    {
      what: 'trust: operator and key in other letters',
      make: onlyIf({
        stringequals: { 'AWS:requesttag/Kubernetes-Namespace': 'payments' },
      }),
    },
    {
      what: 'trust: one of several namespaces',
      make: onlyIf({
        StringEquals: { [tag('kubernetes-namespace')]: ['orders', 'payments'] },
      }),
    },
    {
      what: 'trust: only the keys of tags that EKS sends',
      make: onlyIf({
        'ForAllValues:StringLike': {
          'aws:TagKeys': ['eks-*', 'kubernetes-*'],
        },
      }),
    },
    {
      what: 'trust: if the key is there at all',
      make: onlyIf({
        StringEqualsIfExists: { [tag('team')]: 'payments' },
      }),
    },
    {
      what: 'trust: aws:SourceAccount',
      onlyAPodProves: true,
      make: onlyIf({ StringEquals: { 'aws:SourceAccount': '111122223333' } }),
    },
    {
      what: 'trust: aws:SourceArn of the cluster',
      onlyAPodProves: true,
      make: onlyIf({
        ArnLike: {
          'aws:SourceArn':
            'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
        },
      }),
    },
    {
      what: 'trust: one pod name pattern, that of the workload',
      probeRefused: true,
      make: onlyIf({
        StringLike: { [tag('kubernetes-pod-name')]: 'payments-ledger-*' },
      }),
    },
    {
      what: 'trust: a statement for IRSA beside',
      make: trust(allow(), {
        Effect: 'Allow',
        Principal: {
          Federated:
            'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
      }),
    },
    {
      what: 'trust: a Deny for another namespace',
      make: trust(
        allow(),
        allow({
          Effect: 'Deny',
          Condition: {
            StringEquals: { [tag('kubernetes-namespace')]: 'orders' },
          },
        }),
      ),
    },
    {
      what: 'session tags off',
      make: async stage => {
        stage.updateAssociation({ disableSessionTags: true });
        await stage.restart();
      },
    },
    {
      what: 'session tags off, and no sts:TagSession',
      onlyAPodProves: true,
      make: async stage => {
        trust(allow({ Action: 'sts:AssumeRole' }))(stage);
        stage.updateAssociation({ disableSessionTags: true });
        await stage.restart();
      },
    },
    {
      what: 'a role below a path',
      make: async stage => {
        const { arn } = stage.aws.iam.putRole({
          name: 'ledger',
          path: '/teams/payments/',
        });
        stage.updateAssociation({ roleArn: arn });
        await stage.restart();
      },
    },
    {
      what: 'a role with a boundary',
      make: stage =>
        stage.aws.iam.updateRole(stage.role().arn, {
          boundaryArn:
            'arn:aws:iam::111122223333:policy/backstage-workload-boundary',
        }),
    },
    {
      what: 'a target role of the same account',
      make: stage => targetIn(stage, undefined),
    },
    {
      what: 'a target role of another account, which cannot be read',
      onlyAPodProves: true,
      make: stage => targetIn(stage, SECOND_ACCOUNT),
    },
  ])('$what', async healthy => {
    expect(await alarmsOf(world(), healthy)).toEqual([]);
  });
});
