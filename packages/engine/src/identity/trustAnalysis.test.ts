import { trustPolicy, trustStatement } from './trust';
import { analyseTrustPolicy, TrustQuestion } from './trustAnalysis';
import { neededTrust } from './trustEdit';

const QUESTION: TrustQuestion = {
  clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments',
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
  sessionTags: true,
};

const SERVICE = { Service: 'pods.eks.amazonaws.com' };
const BOTH = ['sts:AssumeRole', 'sts:TagSession'];

function allow(extra: object = {}): Record<string, unknown> {
  return { Effect: 'Allow', Principal: SERVICE, Action: BOTH, ...extra };
}

function policy(...statements: unknown[]) {
  return { Version: '2012-10-17', Statement: statements };
}

function when(operator: string, key: string, value: unknown) {
  return allow({ Condition: { [operator]: { [key]: value } } });
}

const NS = 'aws:RequestTag/kubernetes-namespace';
const ARN = 'aws:RequestTag/eks-cluster-arn';

const CALLER = 'arn:aws:iam::111122223333:role/source';

interface Row {
  name: string;
  document: unknown;
  question?: Partial<TrustQuestion>;
  verdict: 'allows' | 'denies' | 'cannot-tell';
  missing?: string[];
  reason?: RegExp;
}

const ROWS: Row[] = [
  {
    name: 'the service beside another principal',
    document: policy(
      allow({ Principal: { ...SERVICE, AWS: 'arn:aws:iam::1:root' } }),
    ),
    verdict: 'allows',
  },
  {
    name: 'the service in a list',
    document: policy(
      allow({
        Principal: { Service: ['ec2.amazonaws.com', SERVICE.Service] },
      }),
    ),
    verdict: 'allows',
  },
  {
    name: 'a principal that is text',
    document: policy(allow({ Principal: SERVICE.Service })),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'the principal * beside others, which AWS does not document',
    document: policy(
      allow({ Principal: { AWS: ['arn:aws:iam::1:root', '*'], Service: 'x' } }),
    ),
    verdict: 'cannot-tell',
    reason: /its principal is \{"AWS": "\*"\}/,
  },
  {
    name: 'a source role among others',
    document: policy(
      allow({ Principal: { AWS: ['arn:aws:iam::1:root', CALLER] } }),
    ),
    question: { sourceRoleArn: CALLER },
    verdict: 'allows',
  },
  {
    name: 'another role than the source role',
    document: policy(allow({ Principal: { AWS: `${CALLER}-2` } })),
    question: { sourceRoleArn: CALLER },
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'a principal that is text, of a source role',
    document: policy(allow({ Principal: CALLER })),
    question: { sourceRoleArn: CALLER },
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'everybody, for a source role',
    document: policy(allow({ Principal: '*' })),
    question: { sourceRoleArn: CALLER },
    verdict: 'allows',
  },
  {
    name: "AWS's own minimal policy",
    document: policy(allow()),
    verdict: 'allows',
  },
  {
    name: 'a statement that is not in a list',
    document: { Version: '2012-10-17', Statement: allow() },
    verdict: 'allows',
  },
  {
    name: 'percent-encoded JSON as GetRole answers it',
    document: encodeURIComponent(JSON.stringify(policy(allow()))),
    verdict: 'allows',
  },
  {
    name: 'the services in a list',
    document: policy(
      allow({
        Principal: { Service: ['ec2.amazonaws.com', 'pods.eks.amazonaws.com'] },
      }),
    ),
    verdict: 'allows',
  },
  {
    name: 'the two actions in two statements',
    document: policy(
      allow({ Action: 'sts:AssumeRole' }),
      allow({ Action: 'sts:TagSession' }),
    ),
    verdict: 'allows',
  },
  {
    name: 'actions by wildcard and in another case',
    document: policy(allow({ Action: 'STS:*' })),
    verdict: 'allows',
  },
  {
    name: 'NotAction that leaves both',
    document: policy({
      Effect: 'Allow',
      Principal: SERVICE,
      NotAction: 'sts:AssumeRoleWithSAML',
    }),
    verdict: 'allows',
  },
  {
    name: 'an IRSA trust',
    document: policy({
      Effect: 'Allow',
      Principal: {
        Federated: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.x',
      },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
    verdict: 'denies',
    missing: ['principal'],
    reason: /pods\.eks\.amazonaws\.com/,
  },
  {
    name: 'no TagSession',
    document: policy(allow({ Action: 'sts:AssumeRole' })),
    verdict: 'denies',
    missing: ['sts:TagSession'],
    reason: /sts:TagSession/,
  },
  {
    name: 'no TagSession while session tags are off',
    document: policy(allow({ Action: 'sts:AssumeRole' })),
    question: { sessionTags: false },
    verdict: 'cannot-tell',
  },
  {
    name: 'no AssumeRole',
    document: policy(allow({ Action: ['sts:TagSession'] })),
    verdict: 'denies',
    missing: ['sts:AssumeRole'],
  },
  {
    name: 'this namespace',
    document: policy(when('StringEquals', NS, 'shop')),
    verdict: 'allows',
  },
  {
    name: 'this namespace among others',
    document: policy(when('StringEquals', NS, ['other', 'shop'])),
    verdict: 'allows',
  },
  {
    name: 'another namespace',
    document: policy(when('StringEquals', NS, 'shops')),
    verdict: 'denies',
    missing: ['condition'],
    reason: /kubernetes-namespace = "shops" fails: it is "shop"/,
  },
  {
    name: 'a pattern under StringEquals is a plain text',
    document: policy(when('StringEquals', NS, 'sho*')),
    verdict: 'denies',
  },
  {
    name: 'a pattern under StringLike',
    document: policy(when('StringLike', NS, 'sh?p*')),
    verdict: 'allows',
  },
  {
    name: 'a regular expression sign in a pattern is only a sign',
    document: policy(when('StringLike', NS, 'sh.p')),
    verdict: 'denies',
  },
  {
    name: 'condition keys in another case',
    document: policy(
      when('stringequals', 'AWS:requesttag/Kubernetes-Namespace', 'shop'),
    ),
    verdict: 'allows',
  },
  {
    name: 'two conditions of which one fails',
    document: policy(
      allow({
        Condition: { StringEquals: { [NS]: 'shop', [ARN]: 'arn:other' } },
      }),
    ),
    verdict: 'denies',
    missing: ['condition'],
  },
  {
    name: 'a negated condition that holds',
    document: policy(when('StringNotEquals', NS, 'kube-system')),
    verdict: 'allows',
  },
  {
    name: 'a negated condition that fails',
    document: policy(when('StringNotLike', NS, 'sh*')),
    verdict: 'denies',
  },
  {
    name: 'an ARN pattern does not cross parts',
    document: policy(when('ArnLike', ARN, 'arn:aws:eks:*:cluster/payments')),
    verdict: 'denies',
  },
  {
    name: 'an ARN pattern part by part',
    document: policy(
      when('ArnLike', ARN, 'arn:aws:eks:*:111122223333:cluster/pay*'),
    ),
    verdict: 'allows',
  },
  {
    name: 'a tag that Pod Identity never sends',
    document: policy(when('StringEquals', 'aws:RequestTag/team', 'a')),
    verdict: 'denies',
    reason: /has no aws:RequestTag\/team/,
  },
  {
    name: 'a tag condition while session tags are off',
    document: policy(when('StringEquals', NS, 'shop')),
    question: { sessionTags: false },
    verdict: 'denies',
    missing: ['condition'],
    reason:
      /^Session tags are off for this association, so the request carries none; Statement 1/,
  },
  {
    name: 'a tag condition with IfExists while session tags are off',
    document: policy(when('StringEqualsIfExists', NS, 'shop')),
    question: { sessionTags: false },
    verdict: 'allows',
  },
  {
    name: 'Null says the tag must be there',
    document: policy(when('Null', NS, 'false')),
    verdict: 'allows',
  },
  {
    name: 'Null says the tag must be there while session tags are off',
    document: policy(when('Null', NS, false)),
    question: { sessionTags: false },
    verdict: 'denies',
  },
  {
    name: 'a condition on the pod',
    document: policy(
      when('StringLike', 'aws:RequestTag/kubernetes-pod-name', 'api-*'),
    ),
    verdict: 'cannot-tell',
    reason: /kubernetes-pod-name.*is not evaluated/,
  },
  {
    name: 'aws:SourceArn of the cluster, which is likely',
    document: policy(
      when('ArnLike', 'aws:SourceArn', 'arn:aws:eks:*:*:cluster/*'),
    ),
    verdict: 'allows',
  },
  {
    name: 'aws:SourceArn of the association, which was reported to fail',
    document: policy(
      when(
        'ArnLike',
        'aws:SourceArn',
        'arn:aws:eks:*:*:podidentityassociation/*',
      ),
    ),
    verdict: 'cannot-tell',
    reason: /mountpoint-s3-csi-driver#781/,
  },
  {
    name: 'a Deny but for the likely aws:SourceArn',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: SERVICE,
      Action: 'sts:*',
      Condition: { ArnNotLike: { 'aws:SourceArn': QUESTION.clusterArn } },
    }),
    verdict: 'allows',
  },
  {
    name: 'a Deny for the likely aws:SourceArn',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: SERVICE,
      Action: 'sts:*',
      Condition: { ArnLike: { 'aws:SourceArn': QUESTION.clusterArn } },
    }),
    verdict: 'cannot-tell',
    reason: /aws:SourceArn .* is not evaluated/,
  },
  {
    name: "the organization of the role, AWS's best practice",
    document: policy(
      when('StringEquals', 'aws:SourceOrgId', '${aws:ResourceOrgId}'),
    ),
    verdict: 'allows',
  },
  {
    name: 'an organization by its id',
    document: policy(when('StringEquals', 'aws:SourceOrgId', 'o-abc')),
    verdict: 'cannot-tell',
  },
  {
    name: 'what is no id of an organization',
    document: policy(when('StringEquals', 'aws:SourceOrgId', '111122223333')),
    verdict: 'denies',
    reason: /fails: it begins with "o-"/,
  },
  {
    name: 'aws:SourceAccount of another account',
    document: policy(when('StringEquals', 'aws:SourceAccount', '444455556666')),
    verdict: 'denies',
    reason: /fails: it is "111122223333"/,
  },
  {
    name: 'the keys of the session tags',
    document: policy(
      when('ForAllValues:StringLike', 'aws:TagKeys', ['kubernetes-*', 'eks-*']),
    ),
    verdict: 'allows',
  },
  {
    name: 'a tag key that is not sent',
    document: policy(when('ForAnyValue:StringEquals', 'aws:TagKeys', 'team')),
    verdict: 'denies',
  },
  {
    name: 'a session name of Pod Identity',
    document: policy(when('StringLike', 'sts:RoleSessionName', 'eks-*')),
    verdict: 'allows',
  },
  {
    name: 'another session name',
    document: policy(when('StringEquals', 'sts:RoleSessionName', 'ci')),
    verdict: 'denies',
  },
  {
    name: 'a time that is over',
    document: policy(
      when('DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'),
    ),
    question: { now: Date.parse('2026-06-01T00:00:00Z') },
    verdict: 'denies',
    reason: /fails: it is "2026-06-01/,
  },
  {
    name: 'a policy variable in a document of the old version, which is text',
    document: {
      Version: '2008-10-17',
      Statement: when('StringEquals', NS, "${aws:RequestTag/none, 'shop'}"),
    },
    verdict: 'denies',
  },
  {
    name: 'a policy variable with a default',
    document: policy(
      when('StringEquals', NS, "${aws:RequestTag/none, 'shop'}"),
    ),
    verdict: 'allows',
  },
  {
    name: 'aws:SourceAccount, seen on a real cluster',
    document: policy(when('StringEquals', 'aws:SourceAccount', '111122223333')),
    verdict: 'allows',
  },
  {
    name: 'a set operator on a single value',
    document: policy(when('ForAllValues:StringEquals', NS, 'shop')),
    verdict: 'allows',
  },
  {
    name: 'an operator that is none',
    document: policy(when('StringSounds', NS, 'shop')),
    verdict: 'cannot-tell',
  },
  {
    name: 'a policy variable',
    document: policy(when('StringEquals', NS, '${aws:PrincipalTag/ns}')),
    verdict: 'cannot-tell',
    reason: /policy variable/,
  },
  {
    name: 'a condition of unknown outcome beside one that surely fails',
    document: policy(
      allow({
        Condition: {
          StringEquals: { [NS]: 'other' },
          IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
        },
      }),
    ),
    verdict: 'denies',
  },
  {
    name: 'an unknown statement beside one that surely allows',
    document: policy(allow(), when('StringEquals', 'aws:SourceVpc', 'vpc-1')),
    verdict: 'allows',
  },
  {
    name: 'a Deny that surely applies',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { [NS]: 'shop' } },
    }),
    verdict: 'denies',
    missing: ['no-deny'],
    reason: /^Statement 2 \(Deny\) forbids sts:AssumeRole$/,
  },
  {
    name: 'a Deny for another namespace',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
      Condition: { StringNotEquals: { [NS]: 'shop' } },
    }),
    verdict: 'allows',
  },
  {
    name: 'a Deny for {"AWS": "*"}, of which AWS does not say whether it reaches a service',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
    }),
    verdict: 'cannot-tell',
    reason: /Statement 2: its principal is \{"AWS": "\*"\}/,
  },
  {
    name: 'a Deny for {"AWS": "*"} whose condition surely fails',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
      Condition: { StringNotEquals: { [NS]: 'shop' } },
    }),
    verdict: 'allows',
  },
  {
    name: 'a Deny of unknown outcome',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
      Condition: { StringNotEquals: { 'aws:SourceOrgID': 'o-1' } },
    }),
    verdict: 'cannot-tell',
    reason: /aws:SourceOrgID/,
  },
  {
    name: 'a Deny of TagSession only',
    document: policy(allow(), {
      Effect: 'Deny',
      Principal: SERVICE,
      Action: 'sts:TagSession',
    }),
    verdict: 'denies',
  },
  {
    name: 'a Deny that spares the service',
    document: policy(allow(), {
      Effect: 'Deny',
      NotPrincipal: SERVICE,
      Action: 'sts:*',
    }),
    verdict: 'allows',
  },
  {
    name: 'an Allow for all but others',
    document: policy({
      Effect: 'Allow',
      NotPrincipal: { AWS: '444455556666' },
      Action: 'sts:*',
    }),
    verdict: 'cannot-tell',
    reason: /NotPrincipal/,
  },
  {
    name: 'a Deny for all but others',
    document: policy(allow(), {
      Effect: 'Deny',
      NotPrincipal: { AWS: '111122223333' },
      Action: 'sts:*',
    }),
    verdict: 'cannot-tell',
    reason: /NotPrincipal/,
  },
  {
    name: '"*" as principal',
    document: policy(allow({ Principal: '*' })),
    verdict: 'cannot-tell',
  },
  {
    name: 'no statements',
    document: policy(),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'only a Deny that cannot be evaluated',
    document: policy({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
      Condition: { StringNotEquals: { 'aws:SourceOrgID': 'o-1' } },
    }),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'the service for another action, and another service for both',
    document: policy(
      allow({ Action: 'sts:SetSourceIdentity' }),
      allow({ Principal: { Service: 'ec2.amazonaws.com' } }),
    ),
    verdict: 'denies',
    missing: BOTH,
  },
  {
    name: 'neither action while session tags are off',
    document: policy(allow({ Action: 'sts:SetSourceIdentity' })),
    question: { sessionTags: false },
    verdict: 'denies',
    missing: ['sts:AssumeRole'],
  },
  {
    name: 'a condition on the pod while session tags are off',
    document: policy(
      when('StringLike', 'aws:RequestTag/kubernetes-pod-name', 'api-*'),
    ),
    question: { sessionTags: false },
    verdict: 'denies',
    missing: ['condition'],
  },
  {
    name: 'a statement without a principal',
    document: policy({ Effect: 'Allow', Action: BOTH }),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'something that is not JSON',
    document: '{"Version":',
    verdict: 'cannot-tell',
    reason: /not JSON/,
  },
  { name: 'nothing at all', document: undefined, verdict: 'cannot-tell' },
];

const SOURCE = 'arn:aws:iam::111122223333:role/backstage/a';
const ROOT = { AWS: 'arn:aws:iam::111122223333:root' };

const TARGET_ROWS: Row[] = [
  {
    name: 'the account root with the source role as condition',
    document: policy(
      allow({
        Principal: ROOT,
        Condition: { ArnEquals: { 'aws:PrincipalArn': SOURCE } },
      }),
    ),
    verdict: 'allows',
  },
  {
    name: 'the source role by its ARN',
    document: policy(allow({ Principal: { AWS: SOURCE } })),
    verdict: 'allows',
  },
  {
    name: 'the unique id of a deleted role',
    document: policy(allow({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' } })),
    verdict: 'denies',
    missing: ['principal'],
    reason:
      /It trusts AROAEXAMPLEEXAMPLE123, the unique id of a role or user that was deleted/,
  },
  {
    name: 'another source role',
    document: policy(
      allow({
        Principal: ROOT,
        Condition: { ArnEquals: { 'aws:PrincipalArn': `${SOURCE}b` } },
      }),
    ),
    verdict: 'denies',
    missing: ['condition'],
  },
  {
    name: 'a statement without a principal',
    document: policy({ Effect: 'Allow', Action: BOTH }),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'the account of the source role by its number',
    document: policy(allow({ Principal: { AWS: '111122223333' } })),
    verdict: 'allows',
  },
  {
    name: 'the root of another account',
    document: policy(
      allow({ Principal: { AWS: 'arn:aws:iam::444455556666:root' } }),
    ),
    verdict: 'denies',
    missing: ['principal'],
  },
  {
    name: 'an external id on TagSession too, which never carries one',
    question: { sessionTags: false, externalId: 'r/a/c/n/s' },
    document: policy(
      allow({
        Principal: ROOT,
        Condition: { StringEquals: { 'sts:ExternalId': 'r/a/c/n/s' } },
      }),
    ),
    verdict: 'cannot-tell',
    reason: /the request has no sts:ExternalId/,
  },
  {
    name: 'an external id together with session tags, which AWS does not document',
    question: { sessionTags: true, externalId: 'r/a/c/n/s' },
    document: policy(
      allow({
        Principal: ROOT,
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'r/a/c/n/s' } },
      }),
      allow({ Principal: ROOT, Action: 'sts:TagSession' }),
    ),
    verdict: 'cannot-tell',
    reason: /sts:ExternalId.* is not evaluated/,
  },
  {
    name: 'external id on AssumeRole, TagSession apart',
    question: { sessionTags: false, externalId: 'r/a/c/n/s' },
    document: policy(
      allow({
        Principal: ROOT,
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'r/a/c/n/s' } },
      }),
      allow({ Principal: ROOT, Action: 'sts:TagSession' }),
    ),
    verdict: 'allows',
  },
  {
    name: 'a wrong external id',
    question: { sessionTags: false, externalId: 'r/a/c/n/s' },
    document: policy(
      allow({
        Principal: ROOT,
        Condition: { StringEquals: { 'sts:ExternalId': 'other' } },
      }),
    ),
    verdict: 'denies',
  },
  {
    name: 'an unknown external id',
    question: { sessionTags: false },
    document: policy(
      allow({ Principal: ROOT, Action: 'sts:TagSession' }),
      allow({
        Principal: ROOT,
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'other' } },
      }),
    ),
    verdict: 'cannot-tell',
  },
];

function check(row: Row, base: TrustQuestion) {
  const finding = analyseTrustPolicy(row.document, {
    ...base,
    ...row.question,
  });
  expect(finding.verdict).toBe(row.verdict);
  if (row.missing) expect(finding.missing).toEqual(row.missing);
  if (row.reason) expect(finding.reasons.join('; ')).toMatch(row.reason);
  if (row.verdict === 'allows') {
    expect(finding).toMatchObject({ missing: [], reasons: [] });
  }
  return finding;
}

describe('analyseTrustPolicy', () => {
  it.each(ROWS)('judges $name', row => {
    check(row, QUESTION);
    // The fix must be one: put in, it lets the ref in, unless a Deny stands in the way.
    const question = { ...QUESTION, ...row.question };
    const fixed = policy(...neededTrust(question).statements);
    expect(analyseTrustPolicy(fixed, question).verdict).toBe('allows');
  });

  it.each(TARGET_ROWS)('judges a target role with $name', row => {
    const base = { ...QUESTION, sourceRoleArn: SOURCE };
    check(row, base);
    const question = { ...base, ...row.question };
    const fixed = policy(...neededTrust(question).statements);
    expect(analyseTrustPolicy(fixed, question).verdict).toBe('allows');
  });

  it.each(['serviceAccount', 'namespace', 'cluster', 'account'] as const)(
    'accepts our own statement of scope %s, and only within that scope',
    scope => {
      const document = trustPolicy(trustStatement(scope, QUESTION));
      const verdict = (change: Partial<TrustQuestion>) =>
        analyseTrustPolicy(document, { ...QUESTION, ...change }).verdict;
      expect(verdict({})).toBe('allows');
      expect(verdict({ serviceAccount: 'other' })).toBe(
        scope === 'serviceAccount' ? 'denies' : 'allows',
      );
      expect(verdict({ namespace: 'other' })).toBe(
        ['serviceAccount', 'namespace'].includes(scope) ? 'denies' : 'allows',
      );
      expect(verdict({ clusterArn: `${QUESTION.clusterArn}-2` })).toBe(
        scope === 'account' ? 'allows' : 'denies',
      );
      expect(verdict({ sessionTags: false })).toBe(
        scope === 'account' ? 'allows' : 'denies',
      );
    },
  );

  const PODS = 'the service pods.eks.amazonaws.com';
  const OPEN = { StringEquals: { 'aws:SourceVpc': '1' } };
  const NOT_EVALUATED = 'StringEquals aws:SourceVpc = "1" is not evaluated';

  it.each<[string, unknown, Partial<TrustQuestion>, string[]]>([
    [
      'the missing principal alone',
      policy(allow({ Principal: { AWS: CALLER } })),
      {},
      [`No statement lets ${PODS} in`],
    ],
    [
      'the missing source role',
      policy(allow()),
      { sourceRoleArn: CALLER },
      [`No statement lets ${CALLER} in`],
    ],
    [
      'both missing actions',
      policy(allow({ Action: 'sts:SetSourceIdentity' })),
      {},
      [
        `No statement allows sts:AssumeRole to ${PODS}`,
        `No statement allows sts:TagSession to ${PODS}`,
      ],
    ],
    [
      'the missing action, not the condition that cannot be evaluated',
      policy(allow({ Action: 'sts:AssumeRole', Condition: OPEN })),
      {},
      [`No statement allows sts:TagSession to ${PODS}`],
    ],
    [
      'the failing condition with the Sid of its statement',
      policy(
        allow({ Sid: 'Pods', Condition: { StringEquals: { [NS]: 'x' } } }),
      ),
      {},
      [`Statement "Pods": StringEquals ${NS} = "x" fails: it is "shop"`],
    ],
    [
      'the failing condition with the number of its statement',
      policy(
        { Effect: 'Deny', Principal: '*', Action: 's3:*' },
        when('StringEquals', NS, 'x'),
      ),
      {},
      [`Statement 2: StringEquals ${NS} = "x" fails: it is "shop"`],
    ],
    [
      'the statement that cannot be evaluated, not the one that fails',
      policy(when('StringEquals', NS, 'x'), allow({ Condition: OPEN })),
      {},
      [`Statement 2: ${NOT_EVALUATED}`],
    ],
    [
      'the Deny that cannot be evaluated, not an Allow that is not needed',
      policy(allow(), allow({ Condition: OPEN }), {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sts:*',
        Condition: OPEN,
      }),
      {},
      [`Statement 3: ${NOT_EVALUATED}`],
    ],
    [
      'an AssumeRole that cannot be evaluated',
      policy(
        allow({ Action: 'sts:AssumeRole', Condition: OPEN }),
        allow({ Action: 'sts:TagSession' }),
      ),
      {},
      [`Statement 1: ${NOT_EVALUATED}`],
    ],
    [
      'a missing TagSession that may not be needed',
      policy(allow({ Action: 'sts:AssumeRole' })),
      { sessionTags: false },
      [
        'sts:TagSession is not allowed; with session tags off AWS may not ask for it',
      ],
    ],
    [
      'a TagSession that cannot be evaluated',
      policy(
        allow({ Action: 'sts:AssumeRole' }),
        allow({ Action: 'sts:TagSession', Condition: OPEN }),
      ),
      { sessionTags: false },
      [`Statement 2: ${NOT_EVALUATED}`],
    ],
  ])('gives as reason %s', (_what, document, question, reasons) => {
    expect(
      analyseTrustPolicy(document, { ...QUESTION, ...question }).reasons,
    ).toEqual(reasons);
  });
});
