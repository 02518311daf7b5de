import { BOUNDARY, contextWith, entity, USER } from './__testUtils__/context';
import { checkAssociate } from './requests';

const REF = {
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const NOT_ALLOWED = 'NotAllowedError';
const INPUT = 'InputError';

const ANY_TAG: Parameters<typeof contextWith> = [
  { guardrails: { tags: { allow: ['*'] } } },
];

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
    ['an allowed policy', { managedPolicyArns: [SQS] }, []],
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
    ['a narrow trust with session tags', { trustScope: 'namespace' }, []],
    ['a role name', { roleName: 'payments-api' }, []],
    [
      'a request that makes nothing in a cluster without Kubernetes',
      { createServiceAccount: 'never' },
      [{ kubernetes: { access: 'none' } }],
    ],
    [
      'tags of the greatest length',
      { tags: { ['k'.repeat(128)]: 'v'.repeat(256) } },
      ANY_TAG,
    ],
    [
      'the greatest number of tags',
      {
        tags: Object.fromEntries(
          Array.from({ length: 40 }, (_, i) => [`t${i}`, 'x']),
        ),
      },
      ANY_TAG,
    ],
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
    [
      'tags whose keys guardrails.tags.allow names',
      { tags: { team: 'payments', 'cost-center': '42' } },
      [{ guardrails: { tags: { allow: ['team', 'cost-*'] } } }],
    ],
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
          claimant: USER,
          entity: entity('api', 'group:default/a'),
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
      {
        managedPolicyArns: [SQS, 'arn:aws:iam::aws:policy/AmazonS3FullAccess'],
      },
      [],
      NOT_ALLOWED,
      /The policy .*AmazonS3FullAccess is not allowed .* allows only /,
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
      { managedPolicyArns: [SQS], detachManagedPolicyArns: [SQS] },
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
      'an inline policy unless they are switched on',
      { inlinePolicies: { a: { Statement: [] } } },
      [{ guardrails: { permissionsBoundaryArn: BOUNDARY } }],
      NOT_ALLOWED,
      /inlinePolicies are not allowed on cluster payments: guardrails\.inlinePolicies is off/,
    ],
    [
      'an inline policy without a boundary',
      { inlinePolicies: { a: { Statement: [] } } },
      [{ guardrails: { inlinePolicies: true } }],
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
      [
        {
          guardrails: {
            inlinePolicies: true,
            permissionsBoundaryArn: BOUNDARY,
          },
        },
      ],
      NOT_ALLOWED,
      /inlinePolicies\["a"\]\.Statement\[0\]\.Action/,
    ],
    [
      'inline policies that no role can hold, before they are analysed',
      {
        inlinePolicies: {
          a: { Statement: [{ Effect: 'x'.repeat(10_240) }] },
        },
      },
      [
        {
          guardrails: {
            inlinePolicies: true,
            permissionsBoundaryArn: BOUNDARY,
          },
        },
      ],
      INPUT,
      /inlinePolicies have \d+ bytes in all/,
    ],
    [
      'a role name that looks like that of another service account',
      { roleName: 'eks-payments-shop-cart-0123abcd' },
      [],
      NOT_ALLOWED,
      /looks like the generated name of another service account.s role/,
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
      /^roleName is not possible with an existing role/,
    ],
    [
      'a path outside the configured one',
      { rolePath: '/' },
      [],
      NOT_ALLOWED,
      /rolePath \/ is not allowed: it must begin with \/backstage\//,
    ],
    [
      'a name that AWS reserves',
      { roleName: 'AWSServiceRoleForX' },
      [],
      INPUT,
      /AWS reserves such names/,
    ],
    [
      'a target role',
      { targetRoleArn: 'arn:aws:iam::444455556666:role/x' },
      [],
      NOT_ALLOWED,
      /guardrails\.targetRoles\.allow lists none/,
    ],
    [
      'a target role that is not among the allowed ones',
      { targetRoleArn: 'arn:aws:iam::444455556666:role/x' },
      [
        {
          guardrails: {
            targetRoles: {
              allow: [
                'arn:aws:iam::444455556666:role/a',
                'arn:aws:iam::444455556666:role/b',
              ],
            },
          },
        },
      ],
      NOT_ALLOWED,
      /guardrails\.targetRoles\.allow lists \S+:role\/a, \S+:role\/b$/,
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
      'a session policy that EKS does not take',
      { disableSessionTags: true, sessionPolicy: { Id: 'x'.repeat(2_048) } },
      [],
      INPUT,
      /sessionPolicy has \d+ characters, and EKS accepts at most 2048/,
    ],
    [
      'a malformed session policy',
      { disableSessionTags: true, sessionPolicy: { Statement: [] } },
      [],
      INPUT,
      /sessionPolicy\.Statement is missing/,
    ],
    [
      'an aws: tag',
      { tags: { 'AWS:x': 'y' } },
      ANY_TAG,
      NOT_ALLOWED,
      /tags\["AWS:x"\]/,
    ],
    // With disableSessionTags, a policy would take such a tag of the role for the pod's own identity
    ...[
      'kubernetes-namespace',
      'Kubernetes-Service-Account',
      'kubernetes-pod-name',
      'eks-cluster-arn',
      'EKS-CLUSTER-NAME',
    ].map(
      (key): Case => [
        `the session tag ${key}`,
        { disableSessionTags: true, tags: { [key]: 'payments' } },
        ANY_TAG,
        NOT_ALLOWED,
        /the key must not begin with "(kubernetes|eks-cluster)-": policies tell pods apart by the session tags/,
      ],
    ),
    [
      'a tag that no guardrail names',
      { tags: { team: 'payments' } },
      [],
      NOT_ALLOWED,
      /tags\["team"\] is not allowed: .* guardrails\.tags\.allow names the keys that a request may set: none\. /,
    ],
    [
      'a tag whose key differs in case from the one that is allowed',
      { tags: { Team: 'payments' } },
      [{ guardrails: { tags: { allow: ['team'] } } }],
      NOT_ALLOWED,
      /may set: team\. /,
    ],
    [
      'an ownership tag',
      { tags: { 'backstage.io/portal': 'other' } },
      [],
      NOT_ALLOWED,
      /ownership tags have such keys/,
    ],
    [
      'a tag key with a line break',
      { tags: { 'a\nb': 'y' } },
      [],
      INPUT,
      /is not a tag key/,
    ],
    [
      'a tag with an empty key',
      { tags: { '': 'y' } },
      [],
      INPUT,
      /is not a tag key/,
    ],
    [
      'a tag key that is too long',
      { tags: { ['k'.repeat(129)]: 'y' } },
      [],
      INPUT,
      /is not a tag key/,
    ],
    [
      'a tag value that is too long',
      { tags: { a: 'v'.repeat(257) } },
      [],
      INPUT,
      /tags\["a"\] has a value .* at most 256/,
    ],
    [
      'a tag value with brackets',
      { tags: { a: '<x>' } },
      [],
      INPUT,
      /has a value that AWS does not accept/,
    ],
    [
      'another value for a required tag',
      { tags: { team: 'b' } },
      [{}, { tags: { team: 'a' } }],
      NOT_ALLOWED,
      /requires the value "a"/,
    ],
    ...['Team', 'TEAM'].flatMap(key =>
      ['a', 'b'].map(
        (value): Case => [
          `a required tag as ${key} with the value ${value}`,
          { tags: { [key]: value } },
          [{}, { tags: { team: 'a' } }],
          NOT_ALLOWED,
          /differs only in letter case from "team", which eksPodIdentity\.tags requires/,
        ],
      ),
    ),
    [
      'an ownership tag in another letter case',
      { tags: { 'Backstage.IO/Portal': 'other' } },
      [],
      NOT_ALLOWED,
      /ownership tags have such keys/,
    ],
    [
      'two tags that differ in case',
      { tags: { Team: 'a', team: 'b' } },
      ANY_TAG,
      INPUT,
      /differ only in letter case/,
    ],
    [
      'too many tags',
      {
        tags: Object.fromEntries(
          Array.from({ length: 41 }, (_, i) => [`t${i}`, 'x']),
        ),
      },
      ANY_TAG,
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
      'a service account without Kubernetes access',
      { createServiceAccount: 'always' },
      [{ kubernetes: { access: 'none' } }],
      INPUT,
      /createServiceAccount is not possible: .* kubernetes\.access: none/,
    ],
    [
      'a namespace without Kubernetes',
      { createNamespace: true },
      [{ kubernetes: { access: 'none' }, allow: { createNamespace: true } }],
      INPUT,
      /createNamespace is not possible: .* kubernetes\.access: none/,
    ],
    [
      'a user without a component',
      {},
      [{}, {}, { claimant: USER }],
      INPUT,
      /entityRef is missing/,
    ],
    [
      'a component owned by others',
      { entityRef: 'component:default/Other' },
      [{}, {}, { claimant: USER, entity: entity('api', 'group:default/a') }],
      NOT_ALLOWED,
      /neither you nor one of your groups owns it/,
    ],
    [
      'a component whose owners are known',
      { entityRef: 'component:default/other' },
      [
        {},
        {},
        {
          claimant: USER,
          entity: entity('other', 'group:default/b', 'user:default/c'),
        },
      ],
      NOT_ALLOWED,
      /belongs to group:default\/b, user:default\/c, and you are none of them \(you are signed in as user:/,
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
