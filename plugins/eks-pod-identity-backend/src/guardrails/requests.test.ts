import { BOUNDARY, contextWith } from './__testUtils__/context';
import { judgeAdoption } from './roles';
import { checkAssociate, checkTeardown, checkVerify } from './requests';

const REF = {
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const NOT_ALLOWED = 'NotAllowedError';
const INPUT = 'InputError';

type Case = [
  what: string,
  input: Record<string, unknown>,
  context: Parameters<typeof contextWith>,
  name: string,
  sentence: RegExp,
];

describe('checkAssociate', () => {
  it.each<[string, Record<string, unknown>, Parameters<typeof contextWith>]>([
    ['the least', {}, []],
    ['an allowed policy', { managedPolicyArns: [S3] }, []],
    [
      'a policy by wildcard',
      { managedPolicyArns: [S3] },
      [
        {
          guardrails: {
            managedPolicies: { allow: ['arn:aws:iam::aws:policy/AmazonS3*'] },
          },
        },
      ],
    ],
    [
      'a powerful policy that is named literally',
      { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      [
        {
          guardrails: {
            managedPolicies: {
              allow: ['arn:aws:iam::aws:policy/AdministratorAccess'],
            },
          },
        },
      ],
    ],
    [
      'a customer-managed policy with a boundary',
      { managedPolicyArns: ['arn:aws:iam::111122223333:policy/team'] },
      [
        {
          guardrails: {
            managedPolicies: { allow: ['arn:aws:iam::111122223333:policy/*'] },
            permissionsBoundaryArn: BOUNDARY,
          },
        },
      ],
    ],
    [
      'a role of the account',
      { roleArn: 'arn:aws:iam::111122223333:role/x' },
      [],
    ],
    ['a path below the configured one', { rolePath: '/backstage/team/' }, []],
    [
      'an allowed target role',
      { targetRoleArn: 'arn:aws:iam::444455556666:role/shared-a' },
      [
        {
          guardrails: {
            targetRoles: { allow: ['arn:aws:iam::444455556666:role/shared-*'] },
          },
        },
      ],
    ],
    ['clearing a target role', { targetRoleArn: '' }, []],
    ['no session tags', { disableSessionTags: true }, []],
    [
      'no session tags, account',
      { disableSessionTags: true, trustScope: 'account' },
      [],
    ],
    [
      'a session policy without session tags',
      {
        disableSessionTags: true,
        sessionPolicy: {
          Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
        },
      },
      [],
    ],
    ['clearing a session policy', { sessionPolicy: '' }, []],
    ['tags', { tags: { team: 'payments', 'cost center': '42' } }, []],
    [
      'a required tag with its own value',
      { tags: { team: 'a' } },
      [{}, { tags: { team: 'a' } }],
    ],
    [
      'a namespace where allowed',
      { createNamespace: true },
      [{ allow: { createNamespace: true } }],
    ],
    [
      'the agent where allowed',
      { installAgent: true },
      [{ allow: { installAgent: true } }],
    ],
    ['no agent', { installAgent: false }, []],
    [
      'a user with a component of theirs',
      { entityRef: 'component:default/api' },
      [
        {},
        {},
        {
          initiator: 'user',
          ownedEntities: { owns: ref => ref === 'component:default/api' },
        },
      ],
    ],
  ])('takes %s', (_, input, context) => {
    expect(() =>
      checkAssociate({ ...REF, ...input } as any, contextWith(...context)),
    ).not.toThrow();
  });

  it.each<Case>([
    [
      'a denied namespace',
      { namespace: 'kube-system' },
      [],
      NOT_ALLOWED,
      /namespace kube-system is not allowed on cluster payments: namespaces\.deny names kube-system/,
    ],
    [
      'a namespace that is not on the list',
      {},
      [{ namespaces: { allow: ['team-*'] } }],
      NOT_ALLOWED,
      /namespaces\.allow lists team-\*/,
    ],
    [
      'a namespace both allowed and denied',
      {},
      [{ namespaces: { allow: ['shop'], deny: ['s*'] } }],
      NOT_ALLOWED,
      /namespaces\.deny names s\*/,
    ],
    [
      'a policy that is not on the list',
      { managedPolicyArns: [S3, 'arn:aws:iam::aws:policy/AmazonS3FullAccess'] },
      [],
      NOT_ALLOWED,
      /managedPolicyArns\[1\] .*AmazonS3FullAccess is not allowed .* guardrails\.managedPolicies\.allow lists/,
    ],
    ...[
      'AdministratorAccess',
      'PowerUserAccess',
      'IAMFullAccess',
      'job-function/SystemAdministrator',
      'AWSOrganizationsFullAccess',
      'AWSSSOMasterAccountAdministrator',
      'AWSLambda_FullAccess',
      'AWSCloudFormationFullAccess',
    ].map(
      (policy): Case => [
        `${policy} by wildcard`,
        { managedPolicyArns: [`arn:aws:iam::aws:policy/${policy}`] },
        [
          {
            guardrails: {
              managedPolicies: { allow: ['arn:aws:iam::aws:policy/*'] },
            },
          },
        ],
        NOT_ALLOWED,
        /would hand out control of the account/,
      ],
    ),
    [
      'a customer-managed policy without a boundary',
      { managedPolicyArns: ['arn:aws:iam::111122223333:policy/team'] },
      [
        {
          guardrails: {
            managedPolicies: { allow: ['arn:aws:iam::111122223333:policy/*'] },
          },
        },
      ],
      NOT_ALLOWED,
      /need guardrails\.permissionsBoundaryArn/,
    ],
    [
      'a policy of another account',
      { managedPolicyArns: ['arn:aws:iam::444455556666:policy/team'] },
      [],
      INPUT,
      /only hold policies of its own account/,
    ],
    [
      'a policy of another partition',
      {
        managedPolicyArns: [
          'arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess',
        ],
      },
      [],
      INPUT,
      /partition aws-cn/,
    ],
    [
      'attaching and detaching one policy',
      { managedPolicyArns: [S3], detachManagedPolicyArns: [S3] },
      [],
      INPUT,
      /cannot be attached and detached at once/,
    ],
    [
      'detaching a policy of the account that may deny',
      {
        detachManagedPolicyArns: ['arn:aws:iam::111122223333:policy/deny-all'],
      },
      [],
      NOT_ALLOWED,
      /may be there to deny/,
    ],
    [
      'detaching AWSDenyAll',
      { detachManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSDenyAll'] },
      [],
      NOT_ALLOWED,
      /may be there to deny/,
    ],
    [
      'an inline policy without a boundary',
      { inlinePolicies: { a: { Statement: [] } } },
      [],
      NOT_ALLOWED,
      /inlinePolicies are not allowed .*permissionsBoundaryArn/,
    ],
    [
      'an inline policy with too much',
      {
        inlinePolicies: {
          a: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
        },
      },
      [{ guardrails: { permissionsBoundaryArn: BOUNDARY } }],
      NOT_ALLOWED,
      /inlinePolicies\["a"\]\.Statement\[0\]\.Action/,
    ],
    [
      'a role of another account',
      { roleArn: 'arn:aws:iam::444455556666:role/x' },
      [],
      INPUT,
      /roleArn .* is not a role of account 111122223333/,
    ],
    [
      'an existing role with a name',
      { roleArn: 'arn:aws:iam::111122223333:role/x', roleName: 'y' },
      [],
      INPUT,
      /roleName and roleArn exclude each other/,
    ],
    [
      'a path beside the configured one',
      { rolePath: '/' },
      [],
      NOT_ALLOWED,
      /rolePath \/ is not allowed: it must begin with \/backstage\//,
    ],
    [
      'a name that AWS keeps',
      { roleName: 'AWSServiceRoleForX' },
      [],
      INPUT,
      /AWS keeps such names/,
    ],
    [
      'a target role',
      { targetRoleArn: 'arn:aws:iam::444455556666:role/x' },
      [],
      NOT_ALLOWED,
      /guardrails\.targetRoles\.allow lists none/,
    ],
    [
      'a target role by pattern',
      { targetRoleArn: 'arn:aws:iam::444455556666:role/shared-*/x' },
      [
        {
          guardrails: {
            targetRoles: { allow: ['arn:aws:iam::444455556666:role/shared-*'] },
          },
        },
      ],
      INPUT,
      /must name one role/,
    ],
    [
      'a policy by pattern',
      { managedPolicyArns: ['arn:aws:iam::aws:policy/*/x'] },
      [],
      INPUT,
      /must name one policy/,
    ],
    [
      'a target role of another partition',
      { targetRoleArn: 'arn:aws-cn:iam::444455556666:role/x' },
      [],
      INPUT,
      /partition aws-cn/,
    ],
    ...['serviceAccount', 'namespace', 'cluster'].map(
      (trustScope): Case => [
        `trustScope ${trustScope} without session tags`,
        { trustScope, disableSessionTags: true },
        [],
        INPUT,
        /cannot work with disableSessionTags/,
      ],
    ),
    [
      'a session policy with session tags',
      {
        sessionPolicy: {
          Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
        },
      },
      [],
      INPUT,
      /sessionPolicy needs disableSessionTags/,
    ],
    [
      'a session policy that is none',
      { disableSessionTags: true, sessionPolicy: { Statement: [] } },
      [],
      INPUT,
      /sessionPolicy\.Statement is missing/,
    ],
    ['an aws: tag', { tags: { 'AWS:x': 'y' } }, [], INPUT, /tags\["AWS:x"\]/],
    [
      'a mark as tag',
      { tags: { 'backstage.io/portal': 'other' } },
      [],
      NOT_ALLOWED,
      /marks what it owns/,
    ],
    [
      'a tag key with a line break',
      { tags: { 'a\nb': 'y' } },
      [],
      INPUT,
      /is not a tag key/,
    ],
    [
      'a tag value with brackets',
      { tags: { a: '<x>' } },
      [],
      INPUT,
      /has a value that AWS does not take/,
    ],
    [
      'another value for a required tag',
      { tags: { team: 'b' } },
      [{}, { tags: { team: 'a' } }],
      NOT_ALLOWED,
      /requires the value "a"/,
    ],
    [
      'two tags that differ in case',
      { tags: { Team: 'a', team: 'b' } },
      [],
      INPUT,
      /differ only in letter case/,
    ],
    [
      'too many tags',
      {
        tags: Object.fromEntries(
          Array.from({ length: 43 }, (_, i) => [`t${i}`, 'x']),
        ),
      },
      [],
      INPUT,
      /AWS takes at most 50: leave out 1/,
    ],
    [
      'a namespace to create',
      { createNamespace: true },
      [],
      NOT_ALLOWED,
      /createNamespace is not allowed: cluster payments is configured without allow\.createNamespace/,
    ],
    [
      'the agent',
      { installAgent: true },
      [],
      NOT_ALLOWED,
      /installAgent is not allowed: .* without allow\.installAgent/,
    ],
    [
      'the agent without the permission',
      { installAgent: true },
      [
        { allow: { installAgent: true } },
        {},
        { granted: new Set(['eks-pod-identity.association.create']) },
      ],
      NOT_ALLOWED,
      /you lack the permission eks-pod-identity\.agent\.install/,
    ],
    [
      'a ServiceAccount without Kubernetes',
      { createServiceAccount: 'always' },
      [{ kubernetes: { access: 'none' } }],
      INPUT,
      /createServiceAccount is not possible: .* kubernetes\.access: none/,
    ],
    [
      'a user without a component',
      {},
      [{}, {}, { initiator: 'user' }],
      INPUT,
      /entityRef is missing/,
    ],
    [
      'a component of others',
      { entityRef: 'component:default/Other' },
      [{}, {}, { initiator: 'user', ownedEntities: { owns: () => false } }],
      NOT_ALLOWED,
      /neither you nor a group of yours owns it/,
    ],
  ])('refuses %s', (_, input, context, name, sentence) => {
    expect(() =>
      checkAssociate({ ...REF, ...input } as any, contextWith(...context)),
    ).toThrow(
      expect.objectContaining({
        name,
        message: expect.stringMatching(sentence),
      }),
    );
  });
});

describe('checkVerify', () => {
  const check = (command: string[], name = 'list') => ({
    permissionChecks: [{ name, command }],
  });

  it.each<[string, Record<string, unknown>]>([
    ['the least', {}],
    ['aws s3 ls', check(['s3', 'ls'])],
    ['aws s3 ls of a bucket', check(['s3', 'ls', 's3://my-bucket/a b/'])],
    [
      'aws s3 ls of a bucket by name',
      check(['s3', 'ls', 'my-bucket', '--recursive']),
    ],
    [
      'a value after its option',
      check(['s3api', 'head-bucket', '--bucket', 'b']),
    ],
    ['a value in its option', check(['s3api', 'head-bucket', '--bucket=b'])],
    [
      'a topic',
      check([
        'sns',
        'get-topic-attributes',
        '--topic-arn',
        'arn:aws:sns:eu-west-1:1:t',
      ]),
    ],
    [
      'looking at a denied namespace',
      { namespace: 'kube-system', probe: 'none' },
    ],
  ])('takes %s', (_, input) => {
    expect(() =>
      checkVerify({ ...REF, ...input } as any, contextWith()),
    ).not.toThrow();
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'a pod in a denied namespace',
      { namespace: 'kube-system' },
      NOT_ALLOWED,
      /namespaces\.deny/,
    ],
    [
      'a dry run in a denied namespace',
      { namespace: 'kube-system', probe: 'admission' },
      NOT_ALLOWED,
      /namespaces\.deny/,
    ],
    [
      'another command',
      check(['s3', 'rm', 's3://b/k']),
      NOT_ALLOWED,
      /permissionChecks\[0\]\.command "s3 rm" is not allowed/,
    ],
    ['a service alone', check(['s3']), NOT_ALLOWED, /"s3" is not allowed/],
    [
      'a property of every object',
      check(['__proto__', 'x']),
      NOT_ALLOWED,
      /is not allowed/,
    ],
    [
      'the word aws',
      check(['aws', 's3', 'ls']),
      INPUT,
      /leave the first word out/,
    ],
    [
      'an option before the command',
      check(['--debug', 's3', 'ls']),
      NOT_ALLOWED,
      /is not allowed/,
    ],
    ...[
      '--debug',
      '--endpoint-url',
      '--profile',
      '--no-sign-request',
      '--no-verify-ssl',
      '--output',
      '--region',
      '--cli-input-json',
      '--query',
      '--ca-bundle',
    ].map((option): [string, Record<string, unknown>, string, RegExp] => [
      option,
      check(['s3', 'ls', option, 'x']),
      NOT_ALLOWED,
      new RegExp(`command\\[2\\] "${option}" is not allowed for "s3 ls"`),
    ]),
    [
      'an abbreviation',
      check(['s3api', 'head-bucket', '--buck', 'b']),
      NOT_ALLOWED,
      /"--buck" is not allowed/,
    ],
    [
      'an abbreviation with a value',
      check(['s3api', 'head-bucket', '--b=b']),
      NOT_ALLOWED,
      /"--b" is not allowed/,
    ],
    [
      'a short option',
      check(['s3', 'ls', '-r']),
      NOT_ALLOWED,
      /"-r" is not allowed/,
    ],
    [
      'two dashes',
      check(['s3', 'ls', '--']),
      NOT_ALLOWED,
      /"--" is not allowed/,
    ],
    ...[
      'file:///etc/passwd',
      'fileb://x',
      'http://169.254.169.254/',
      'https://x',
      'FILE://x',
      'a@=file://x',
    ].map((value): [string, Record<string, unknown>, string, RegExp] => [
      `the value ${value}`,
      check(['kms', 'describe-key', '--key-id', value]),
      NOT_ALLOWED,
      /command\[3\] .* would load it from a file or an address/,
    ]),
    [
      'a loading value inside its option',
      check(['kms', 'describe-key', '--key-id=file://x']),
      NOT_ALLOWED,
      /would load it/,
    ],
    [
      'a line break',
      check(['kms', 'describe-key', '--key-id', 'a\nb']),
      INPUT,
      /control characters/,
    ],
    [
      'a stray value',
      check(['kms', 'describe-key', 'key']),
      INPUT,
      /every value follows its option/,
    ],
    [
      'two values for one option',
      check(['kms', 'describe-key', '--key-id', 'a', 'b']),
      INPUT,
      /every value follows its option/,
    ],
    [
      'two places',
      check(['s3', 'ls', 's3://a', 's3://b']),
      INPUT,
      /takes one place/,
    ],
    [
      'a local path',
      check(['s3', 'ls', '/etc/passwd']),
      INPUT,
      /takes one place/,
    ],
    [
      'a local path upwards',
      check(['s3', 'ls', '../x']),
      INPUT,
      /takes one place/,
    ],
    [
      'the name of the probe itself',
      check(['s3', 'ls'], 'identity'),
      INPUT,
      /"identity" is reserved/,
    ],
    [
      'a name twice',
      {
        permissionChecks: [
          { name: 'a', command: ['s3', 'ls'] },
          { name: 'a', command: ['s3', 'ls'] },
        ],
      },
      INPUT,
      /"a" is there twice/,
    ],
    [
      'five checks',
      {
        permissionChecks: Array.from({ length: 5 }, (_, i) => ({
          name: `c${i}`,
          command: ['s3', 'ls'],
        })),
      },
      INPUT,
      /has 5 entries/,
    ],
    [
      'checks without a pod',
      { probe: 'none', ...check(['s3', 'ls']) },
      INPUT,
      /need probe: pod/,
    ],
  ])('refuses %s', (_, input, name, sentence) => {
    expect(() =>
      checkVerify({ ...REF, ...input } as any, contextWith()),
    ).toThrow(
      expect.objectContaining({
        name,
        message: expect.stringMatching(sentence),
      }),
    );
  });
});

describe('checkTeardown', () => {
  it('takes what is ours out of a namespace that is closed by now', () => {
    expect(() =>
      checkTeardown({ ...REF, namespace: 'kube-system' }, contextWith()),
    ).not.toThrow();
  });

  it.each<
    [string, Record<string, unknown>, Parameters<typeof contextWith>, RegExp]
  >([
    ['the agent', { removeAgent: true }, [], /removeAgent is not allowed/],
    [
      'the agent without the permission',
      { removeAgent: true },
      [{ allow: { installAgent: true } }, {}, { granted: new Set() }],
      /you lack the permission/,
    ],
    ['an empty task', { createdByTask: ' ' }, [], /createdByTask is empty/],
    [
      'a user without a component',
      {},
      [{}, {}, { initiator: 'user' }],
      /entityRef is missing/,
    ],
  ])('refuses %s', (_, input, context, sentence) => {
    expect(() =>
      checkTeardown({ ...REF, ...input } as any, contextWith(...context)),
    ).toThrow(sentence);
  });
});

describe('judgeAdoption', () => {
  const role = (entity?: string) =>
    ({
      arn: 'arn:aws:iam::111122223333:role/team/app',
      tags: entity ? { 'backstage.io/entity-ref': entity } : {},
    } as { arn: string; tags: Record<string, string> });
  const owned = { owns: (ref: string) => ref === 'component:default/mine' };

  it.each<
    [
      string,
      string | undefined,
      Record<string, unknown>,
      Record<string, unknown>,
      boolean,
    ]
  >([
    [
      'an entity the user owns',
      'component:default/mine',
      {},
      { ownedEntities: owned },
      true,
    ],
    [
      'letter case',
      'Component:default/Mine',
      {},
      { ownedEntities: owned },
      true,
    ],
    [
      'an entity of others',
      'component:default/other',
      {},
      { ownedEntities: owned, entityRef: 'component:default/other' },
      false,
    ],
    ['no tag', undefined, {}, { ownedEntities: owned }, false],
    [
      'a pattern',
      undefined,
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/team/*'] },
        },
      },
      { ownedEntities: owned },
      true,
    ],
    [
      'a pattern for others',
      undefined,
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/x/*'] },
        },
      },
      { ownedEntities: owned },
      false,
    ],
    [
      'a service, the same entity',
      'component:default/a',
      {},
      { entityRef: 'component:default/a' },
      true,
    ],
    [
      'a service, another entity',
      'component:default/a',
      {},
      { entityRef: 'component:default/b' },
      false,
    ],
    ['a service without an entity', 'component:default/a', {}, {}, false],
  ])('%s', (_, entity, overrides, context, allowed) => {
    const { cluster } = contextWith(overrides);
    expect(judgeAdoption(role(entity), { cluster, ...context }).allowed).toBe(
      allowed,
    );
  });
});
