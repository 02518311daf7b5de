import { ANA, SAM, startTestPortal, TestPortal } from './__testUtils__/portal';
import { templateOf } from './__testUtils__/scaffolder';

const account = '111122223333';
const usual = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
  entityRef: 'component:default/invoice-archiver',
};

/** What is wrong, the action's input, and what its user reads. */
interface Case {
  wrong: string;
  action?: 'associate' | 'verify' | 'teardown' | 'migrate' | 'rollback';
  input: Record<string, unknown>;
  user?: string;
  error: string;
  says: RegExp;
}

const cases: Case[] = [
  {
    wrong: 'unknown cluster',
    input: { clusterName: 'payments-prd' },
    error: 'NotFoundError',
    says: /payments-prd.*payments-prod/s,
  },
  {
    wrong: 'namespace not allowed',
    input: { namespace: 'kube-system' },
    error: 'NotAllowedError',
    says: /kube-system/,
  },
  {
    wrong: 'malformed role ARN',
    input: { roleArn: 'arn:aws:iam::12:role/x' },
    error: 'InputError',
    says: /roleArn must be an IAM role ARN such as/,
  },
  {
    wrong: 'malformed policy ARN',
    input: { managedPolicyArns: ['AmazonS3ReadOnlyAccess'] },
    error: 'InputError',
    says: /managedPolicyArns\.0 must be an IAM policy ARN such as/,
  },
  {
    wrong: 'policy not allowed',
    input: {
      managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    },
    error: 'NotAllowedError',
    says: /AdministratorAccess/,
  },
  {
    wrong: 'namespace that Kubernetes would refuse',
    input: { namespace: 'Payments_1' },
    error: 'InputError',
    says: /namespace must be a Kubernetes namespace name: at most 63/,
  },
  {
    wrong: 'service account that Kubernetes would refuse',
    input: { serviceAccount: '-archiver' },
    error: 'InputError',
    says: /serviceAccount must be a Kubernetes service account name/,
  },
  {
    wrong: 'no component named',
    input: { entityRef: undefined },
    error: 'InputError',
    says: /entityRef is missing/,
  },
  {
    wrong: 'component of another team',
    input: {},
    user: SAM,
    error: 'NotAllowedError',
    says: /belongs to user:default\/ana/,
  },
  {
    wrong: 'component of another team, teardown',
    action: 'teardown',
    input: {},
    user: SAM,
    error: 'NotAllowedError',
    says: /belongs to user:default\/ana/,
  },
  {
    wrong: 'a task that renders to nothing',
    action: 'teardown',
    input: {
      createdByTask: '${{ parameters.nothing }}',
      onlyCreatedByTask: true,
    },
    error: 'InputError',
    says: /onlyCreatedByTask is set, but createdByTask is missing or empty/,
  },
  {
    wrong: 'component of another team, migrate',
    action: 'migrate',
    input: { until: 'moved' },
    user: SAM,
    error: 'NotAllowedError',
    says: /belongs to user:default\/ana/,
  },
  {
    wrong: 'component of another team, rollback',
    action: 'rollback',
    input: {},
    user: SAM,
    error: 'NotAllowedError',
    says: /belongs to user:default\/ana/,
  },
  {
    wrong: 'a move of what has no annotation of IRSA',
    action: 'migrate',
    input: { until: 'moved' },
    error: 'ConflictError',
    says: /neither the annotation of IRSA nor an association/,
  },
  {
    wrong: 'a stage that no move has',
    action: 'migrate',
    input: { until: 'retired' },
    error: 'InputError',
    says: /until/,
  },
  {
    wrong: 'missing role',
    input: { roleArn: `arn:aws:iam::${account}:role/backstage/nobody-made-it` },
    error: 'NotFoundError',
    says: /nobody-made-it/,
  },
  {
    wrong: 'trust policy that cannot work',
    input: { roleArn: `arn:aws:iam::${account}:role/workloads/trusts-others` },
    error: 'ConflictError',
    says: /trust/i,
  },
  {
    wrong: 'probe command not allowed',
    action: 'verify',
    input: {
      permissionChecks: [{ name: 'x', command: ['iam', 'list-users'] }],
    },
    error: 'NotAllowedError',
    says: /iam list-users/,
  },
  {
    wrong: 'image as an input',
    action: 'verify',
    input: { image: 'evil' },
    error: 'InputError',
    says: /image/,
  },
];

const slug = (text: string) => text.toLowerCase().replace(/[^a-z]+/g, '-');

describe('bad input: class, sentence, and nothing written', () => {
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      guardrails: {
        roles: { adopt: [`arn:aws:iam::${account}:role/*`] },
      },
      entities: cases.map(({ wrong, action = 'associate', input }) =>
        templateOf(slug(wrong), {
          steps: [
            {
              id: 'step',
              name: 'Step',
              action: `eks:pod-identity:${action}`,
              input: JSON.parse(JSON.stringify({ ...usual, ...input })),
            },
          ],
        }),
      ),
    });
    portal.sandbox.aws.iam.putRole({
      name: 'trusts-others',
      path: '/workloads/',
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      tags: { 'backstage.io/entity-ref': usual.entityRef },
    });
  });
  afterAll(() => portal?.stop());

  it.each(cases.map(one => [one.wrong, one] as const))(
    '%s',
    async (wrong, { user, error, says }) => {
      const { result, calls } = await portal.counting(() =>
        portal.scaffolder.run(
          `template:default/${slug(wrong)}`,
          {},
          user ?? ANA,
        ),
      );
      expect(result.error).toMatchObject({
        name: error,
        message: expect.stringMatching(says),
      });
      expect(calls.writes).toEqual([]);
    },
  );
});
