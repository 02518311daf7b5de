import type { PolicyDocument } from '../iam/policyDocument';
import {
  analyzePolicy,
  checkInlinePolicies,
  judgeInlinePolicy,
  judgeListedPolicy,
} from './inlinePolicies';
import { BOUNDARY, contextWith } from './__testUtils__/context';

const TARGETS = ['arn:aws:iam::444455556666:role/shared-*'];

function allow(Action: unknown, Resource: unknown = '*', more = {}) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource, ...more }],
  };
}

describe('analyzePolicy', () => {
  it.each<[string, unknown]>([
    ['one action', allow('s3:GetObject', 'arn:aws:s3:::bucket/*')],
    ['several', allow(['s3:GetObject', 's3:List*', 'sqs:SendMessage*'])],
    [
      'a single statement outside a list',
      {
        Version: '2012-10-17',
        Statement: {
          Sid: 'a',
          Effect: 'Allow',
          Action: 's3:Get*',
          Resource: '*',
        },
      },
    ],
    [
      'a condition',
      allow('s3:GetObject', '*', {
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      }),
    ],
    [
      'reading IAM',
      allow(['iam:Get*', 'iam:ListRoles', 'iam:SimulatePrincipalPolicy']),
    ],
    ['calling a function', allow('lambda:InvokeFunction')],
    ['reading Organizations', allow('organizations:DescribeOrganization')],
    ['reading Access Analyzer', allow('access-analyzer:ListAnalyzers')],
    ['describing a cluster', allow('eks:DescribeCluster')],
    ['reading its own identity', allow('sts:GetCallerIdentity')],
    [
      'assuming an allowed role',
      allow(
        ['sts:AssumeRole', 'sts:TagSession'],
        'arn:aws:iam::444455556666:role/shared-data',
      ),
    ],
    [
      'a deny of anything',
      {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
          { Effect: 'Deny', NotAction: 's3:GetObject', Resource: '*' },
          {
            Effect: 'Deny',
            Action: 'iam:*',
            NotResource: 'arn:aws:iam::1:role/x',
          },
          { Effect: 'Deny', Action: '*', Resource: '*' },
        ],
      },
    ],
  ])('takes %s', (_, document) => {
    expect(analyzePolicy(document, TARGETS)).toEqual([]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['everything', allow('*'), 'Statement[0].Action', /allows everything/],
    [
      'everything, doubled',
      allow(['**']),
      'Statement[0].Action[0]',
      /allows everything/,
    ],
    [
      'NotAction',
      {
        Statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
      },
      'Statement.NotAction',
      /allows everything but/,
    ],
    [
      'NotResource',
      {
        Statement: [
          {
            Effect: 'Allow',
            Action: 's3:Get*',
            NotResource: 'arn:aws:s3:::x',
          },
        ],
      },
      'Statement[0].NotResource',
      /allows everything but/,
    ],
    [
      'passing roles',
      allow('iam:PassRole'),
      'Statement[0].Action',
      /hand any role/,
    ],
    [
      'passing roles, other case',
      allow('IAM:PASSROLE'),
      'Statement[0].Action',
      /hand any role/,
    ],
    [
      'every IAM action',
      allow(['s3:Get*', 'iam:*']),
      'Statement[0].Action[1]',
      /writing to IAM/,
    ],
    [
      'an IAM write',
      allow('iam:AttachRolePolicy'),
      'Statement[0].Action',
      /writing to IAM/,
    ],
    [
      'a wildcard that covers IAM writes',
      allow('iam:*Role*'),
      'Statement[0].Action',
      /writing to IAM/,
    ],
    [
      'a question mark that covers PassRole',
      allow('iam:Pass?ole'),
      'Statement[0].Action',
      /writing to IAM/,
    ],
    [
      'a wildcard that begins like reading',
      allow('iam:G*'),
      'Statement[0].Action',
      /writing to IAM/,
    ],
    [
      'an Organizations write',
      allow('organizations:LeaveOrganization'),
      'Statement[0].Action',
      /AWS Organizations/,
    ],
    [
      'an Access Analyzer write',
      allow('access-analyzer:DeleteAnalyzer'),
      'Statement[0].Action',
      /Access Analyzer/,
    ],
    [
      'Identity Center',
      allow('sso:CreateAccountAssignment'),
      'Statement[0].Action',
      /Identity Center/,
    ],
    [
      'every STS action',
      allow('sts:*'),
      'Statement[0].Action',
      /covers more of STS/,
    ],
    [
      'a wildcard over assuming',
      allow('sts:Assume*', 'arn:aws:iam::444455556666:role/shared-data'),
      'Statement[0].Action',
      /covers more of STS/,
    ],
    [
      'assuming anything',
      allow('sts:AssumeRole'),
      'Statement[0].Action',
      /"\*" goes beyond guardrails\.targetRoles\.allow/,
    ],
    [
      'assuming another role',
      allow('sts:AssumeRole', 'arn:aws:iam::444455556666:role/admin'),
      'Statement[0].Action',
      /goes beyond/,
    ],
    [
      'assuming a pattern',
      allow('sts:AssumeRole', ['arn:aws:iam::444455556666:role/shared-*']),
      'Statement[0].Action',
      /goes beyond/,
    ],
    [
      'assuming by variable',
      allow(
        'sts:AssumeRole',
        'arn:aws:iam::444455556666:role/shared-${aws:username}',
      ),
      'Statement[0].Action',
      /goes beyond/,
    ],
    [
      'one allowed and one other role',
      allow('sts:AssumeRole', [
        'arn:aws:iam::444455556666:role/shared-a',
        'arn:aws:iam::1:role/b',
      ]),
      'Statement[0].Action',
      /role\/b/,
    ],
    [
      'a federation token',
      allow('sts:GetFederationToken'),
      'Statement[0].Action',
      /covers more of STS/,
    ],
    [
      'associations',
      allow('eks:CreatePodIdentityAssociation'),
      'Statement[0].Action',
      /eks:\*Association\*/,
    ],
    [
      'access entries',
      allow('eks:CreateAccessEntry'),
      'Statement[0].Action',
      /eks:\*AccessEntry\*/,
    ],
    [
      'access policies',
      allow('eks:AssociateAccessPolicy'),
      'Statement[0].Action',
      /AccessPolicy/,
    ],
    ['every EKS action', allow('eks:*'), 'Statement[0].Action', /eks:/],
    ...(
      [
        ['ssm:SendCommand', 'ssm:SendCommand'],
        ['ssm:StartSession', 'ssm:StartSession'],
        ['lambda:UpdateFunctionCode', 'lambda:UpdateFunction*'],
        ['ec2-instance-connect:SendSSHPublicKey', 'ec2-instance-connect:*'],
        ['cloudformation:UpdateStack', 'cloudformation:Update*'],
        ['codebuild:StartBuild', 'codebuild:StartBuild*'],
        ['glue:UpdateJob', 'glue:UpdateJob*'],
        ['eks-auth:AssumeRoleForPodIdentity', 'eks-auth:*'],
        ['ssm:S*', 'ssm:SendCommand'],
        ['SSM:sendcommand', 'ssm:SendCommand'],
      ] as const
    ).map(([action, covered]): [string, unknown, string, RegExp] => [
      `running code under another role by ${action}`,
      allow(action),
      'Statement[0].Action',
      new RegExp(
        `covers ${covered.replace('*', '\\*')}: a workload must not run code`,
      ),
    ]),
    [
      'sharing resources with other accounts',
      allow('ram:CreateResourceShare'),
      'Statement[0].Action',
      /AWS Resource Access Manager/,
    ],
    [
      'the directory of people',
      allow('sso-directory:AddMemberToGroup'),
      'Statement[0].Action',
      /the directory of IAM Identity Center/,
    ],
    [
      'add-ons, which bring associations',
      allow('eks:CreateAddon'),
      'Statement[0].Action',
      /eks:CreateAddon/,
    ],
    [
      'a wildcard that covers associations',
      allow('eks:Create*'),
      'Statement[0].Action',
      /a workload must not change who gets into a cluster/,
    ],
  ])('forbids %s', (_, document, path, message) => {
    expect(analyzePolicy(document, TARGETS)).toEqual([
      { path, kind: 'forbidden', message: expect.stringMatching(message) },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['a list instead of a document', [], ''],
    ['no statement', { Version: '2012-10-17' }, 'Statement'],
    ['an empty list of statements', { Statement: [] }, 'Statement'],
    [
      'another version',
      { ...allow('s3:Get*'), Version: '2020-01-01' },
      'Version',
    ],
    ['an unknown key', { ...allow('s3:Get*'), statement: [] }, 'statement'],
    ['a statement that is text', { Statement: ['x'] }, 'Statement[0]'],
    [
      'no effect',
      { Statement: [{ Action: 's3:Get*', Resource: '*' }] },
      'Statement[0].Effect',
    ],
    [
      'an effect in lower case',
      { Statement: [{ Effect: 'allow', Action: 's3:Get*', Resource: '*' }] },
      'Statement[0].Effect',
    ],
    [
      'a principal',
      allow('s3:Get*', '*', { Principal: '*' }),
      'Statement[0].Principal',
    ],
    [
      'a key in lower case',
      allow('s3:Get*', '*', { action: 'iam:*' }),
      'Statement[0].action',
    ],
    [
      'no action',
      { Statement: [{ Effect: 'Allow', Resource: '*' }] },
      'Statement[0].Action',
    ],
    [
      'no resource',
      { Statement: [{ Effect: 'Allow', Action: 's3:Get*' }] },
      'Statement[0].Resource',
    ],
    ['a wildcard for the service', allow('i*:PassRole'), 'Statement[0].Action'],
    ['a wildcard for all services', allow('*:*'), 'Statement[0].Action'],
    ['an action that is a number', allow(3), 'Statement[0].Action'],
    [
      'a resource that is not an ARN',
      allow('s3:Get*', 'bucket'),
      'Statement[0].Resource',
    ],
    [
      'a condition that is text',
      allow('s3:Get*', '*', { Condition: 'x' }),
      'Statement[0].Condition',
    ],
    [
      'a condition that is null',
      allow('s3:Get*', '*', { Condition: null }),
      'Statement[0].Condition',
    ],
    [
      'a condition that is a list',
      allow('s3:Get*', '*', { Condition: [] }),
      'Statement[0].Condition',
    ],
    ['nothing for a document', undefined, ''],
    ['text for a document', '{}', ''],
  ])('calls %s malformed', (_, document, path) => {
    expect(analyzePolicy(document, TARGETS)).toContainEqual({
      path,
      kind: 'malformed',
      message: expect.any(String),
    });
  });
});

describe('the findings of analyzePolicy', () => {
  it.each<[string, unknown, string]>([
    [
      'a principal',
      allow('s3:Get*', '*', { Principal: '*' }),
      'does not belong in the policy of a role: that is for trust and resource policies',
    ],
    [
      'an exception from principals',
      allow('s3:Get*', '*', { NotPrincipal: '*' }),
      'does not belong in the policy of a role: that is for trust and resource policies',
    ],
    [
      'a key that no statement has',
      allow('s3:Get*', '*', { Actions: 'iam:*' }),
      'is not an element of a statement',
    ],
    ['no statement', { Version: '2012-10-17' }, 'is missing'],
    [
      'an action with a wildcard for the service',
      allow('i*:PassRole'),
      '"i*:PassRole" is not an action such as "s3:GetObject"',
    ],
  ])('report %s once', (_, document, message) => {
    expect(analyzePolicy(document, TARGETS)).toEqual([
      { path: expect.any(String), kind: 'malformed', message },
    ]);
  });
});

describe('judgeInlinePolicy', () => {
  const bounded = contextWith({
    guardrails: { inlinePolicies: true, permissionsBoundaryArn: BOUNDARY },
  }).cluster;
  const fine = allow('s3:GetObject', 'arn:aws:s3:::b/*');

  it('lets a harmless policy stay on a role with a boundary', () => {
    for (const isInUse of [true, false]) {
      expect(
        judgeInlinePolicy(fine, bounded, { own: false, isInUse }),
      ).toBeUndefined();
    }
  });

  it('lets what is not on the list stay where it is in use, and go nowhere else', () => {
    const old = allow(['s3:GetObject', 's3:PutBucketPolicy']);
    const judge = (isInUse: boolean) =>
      judgeInlinePolicy(old, bounded, { own: false, isInUse });
    expect(judge(true)).toBeUndefined();
    expect(judge(false)).toMatch(
      /^is not allowed on cluster payments: Statement\[0\]\.Action\[1\] "s3:PutBucketPolicy" is not on the list/,
    );
  });

  it("refuses a role's policy without a boundary, but not the portal's own", () => {
    const { cluster } = contextWith({ guardrails: { inlinePolicies: true } });
    expect(
      judgeInlinePolicy(fine, cluster, { own: false, isInUse: true }),
    ).toMatch(
      /^is not allowed: inline policies are not allowed on cluster payments: they need guardrails\.permissionsBoundaryArn/,
    );
    expect(
      judgeInlinePolicy(fine, cluster, { own: true, isInUse: true }),
    ).toBeUndefined();
  });

  it.each([true, false])(
    'refuses what lets a workload widen its rights, also where own is %s',
    own => {
      expect(
        judgeInlinePolicy(allow('iam:*'), bounded, { own, isInUse: true }),
      ).toBe(
        'is not allowed on cluster payments: Statement[0].Action "iam:*" covers writing to IAM: a workload must not change who may do what',
      );
    },
  );

  it('names the document where it has no parts to name', () => {
    expect(
      judgeInlinePolicy('text', bounded, { own: false, isInUse: false }),
    ).toBe('is not allowed on cluster payments: must be a policy document');
  });
});

describe('judgeListedPolicy', () => {
  const { cluster } = contextWith();
  const policy = (...statements: object[]): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: statements as PolicyDocument['Statement'],
  });
  const old = {
    Sid: 'Old',
    Effect: 'Allow',
    Action: ['batch:SubmitJob'],
    Resource: '*',
  };
  const fine = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };

  it('refuses what is not on the list, by its place', () => {
    const { refused, kept } = judgeListedPolicy(
      policy(fine, old, { ...old, Effect: 'Deny' }),
      cluster,
      [],
    );
    expect(refused).toMatch(
      /^Statement\[1\]\.Action\[0\] "batch:SubmitJob" is not on the list[^;]+; guardrails\.inlineActions\.add extends the list$/,
    );
    expect(kept).toBeUndefined();
  });

  it('lets a statement that the role has stay, whatever its name and wherever it stands', () => {
    const there = [undefined, policy(fine), policy({ ...old, Sid: 'Older' })];
    const same = { ...old, Action: 'BATCH:SubmitJob' };
    const { refused, kept } = judgeListedPolicy(
      policy(fine, same),
      cluster,
      there,
    );
    expect(refused).toBeUndefined();
    expect(kept).toMatch(/^Statement\[1\]\.Action "BATCH:SubmitJob" is not on/);
  });

  it.each([
    { Resource: 'arn:aws:batch:eu-west-1:111122223333:job-queue/x' },
    { Action: ['batch:SubmitJob', 'batch:CancelJob'] },
    { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
  ])('takes no other statement for one that the role has: %j', change => {
    const { refused } = judgeListedPolicy(
      policy({ ...old, ...change }),
      cluster,
      [policy(old)],
    );
    expect(refused).toMatch(/is not on the list/);
  });

  it('leaves STS to the allowed target roles', () => {
    const sts = { ...old, Action: ['sts:AssumeRole', 'STS:TagSession'] };
    expect(judgeListedPolicy(policy(sts), cluster, [])).toEqual({});
  });
});

describe('checkInlinePolicies', () => {
  const { cluster } = contextWith({
    guardrails: { inlinePolicies: true, permissionsBoundaryArn: BOUNDARY },
  });
  const fine = allow('s3:GetObject', 'arn:aws:s3:::b/*') as any;

  it('accepts a harmless policy', () => {
    expect(() => checkInlinePolicies({ read: fine }, cluster)).not.toThrow();
    expect(() => checkInlinePolicies(undefined, cluster)).not.toThrow();
  });

  it('needs a boundary', () => {
    expect(() =>
      checkInlinePolicies(
        { read: fine },
        contextWith({ guardrails: { inlinePolicies: true } }).cluster,
      ),
    ).toThrow(
      expect.objectContaining({
        name: 'NotAllowedError',
        message: expect.stringMatching(/guardrails\.permissionsBoundaryArn/),
      }),
    );
  });

  it('names policy, statement and rule', () => {
    expect(() =>
      checkInlinePolicies({ bad: allow(['s3:Get*', 'iam:*']) as any }, cluster),
    ).toThrow(
      expect.objectContaining({
        name: 'NotAllowedError',
        message: expect.stringMatching(
          /^inlinePolicies\["bad"\]\.Statement\[0\]\.Action\[1\] "iam:\*" covers writing to IAM/,
        ),
      }),
    );
    expect(() =>
      checkInlinePolicies({ bad: { Statement: [] } }, cluster),
    ).toThrow(expect.objectContaining({ name: 'InputError' }));
  });

  it('refuses a name that IAM rejects and too much text', () => {
    expect(() => checkInlinePolicies({ 'a b': fine }, cluster)).toThrow(
      /is not a policy name/,
    );
    expect(() =>
      checkInlinePolicies(
        {
          big: allow(
            's3:GetObject',
            Array.from({ length: 400 }, (_, i) => `arn:aws:s3:::bucket-${i}/*`),
          ) as any,
        },
        cluster,
      ),
    ).toThrow(/bytes in all, and a role can hold at most 10240/);
  });

  it('names malformed parts before forbidden ones', () => {
    const policy = allow(['s3', 'iam:*']) as any;
    expect(() => checkInlinePolicies({ a: policy }, cluster)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        message:
          'inlinePolicies["a"].Statement[0].Action[0] "s3" is not an action such as "s3:GetObject"',
      }),
    );
    expect(() =>
      checkInlinePolicies({ a: [] as any, b: policy }, cluster),
    ).toThrow('inlinePolicies["a"] must be a policy document');
  });

  it('accepts policies up to the size that a role can hold', () => {
    const sized = (bytes: number): any => {
      const policy = allow('s3:GetObject', 'arn:aws:s3:::');
      const lack = bytes - JSON.stringify(policy).length;
      policy.Statement[0].Resource += 'x'.repeat(lack);
      return policy;
    };
    const check = (last: number) =>
      checkInlinePolicies({ a: sized(5_000), b: sized(last) }, cluster);
    expect(() => check(5_240)).not.toThrow();
    expect(() => check(5_241)).toThrow('10241 bytes');
  });
});
