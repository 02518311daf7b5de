import {
  allow,
  ARN,
  checkRow,
  NS,
  policy,
  Row,
  when,
} from './__testUtils__/trustRows';

const UID = 'aws:RequestTag/kubernetes-pod-uid';
const POD = 'aws:RequestTag/kubernetes-pod-name';

const ROWS: Row[] = [
  {
    name: 'the name of the pod in question',
    document: policy(when('StringLike', POD, 'api-*')),
    question: { pod: { name: 'api-1' } },
    verdict: 'allows',
  },
  {
    name: 'the name of another pod',
    document: policy(when('StringLike', POD, 'api-*')),
    question: { pod: { name: 'batch-1' } },
    verdict: 'denies',
  },
  {
    name: 'the uid of the pod in question',
    document: policy(when('StringEquals', UID, 'u-1')),
    question: { pod: { name: 'api-1', uid: 'u-1' } },
    verdict: 'allows',
  },
  {
    name: 'a uid that is not known',
    document: policy(when('StringEquals', UID, 'u-1')),
    question: { pod: { name: 'api-1' } },
    verdict: 'cannot-tell',
  },
  {
    name: 'a pod that is no probe',
    document: policy(when('StringLike', POD, 'api-*')),
    question: { pod: 'probe' },
    verdict: 'denies',
    reason: /fails: it begins with "eks-pod-identity-probe-"/,
  },
  {
    name: 'a uid that is written down, for a probe, which has a new one',
    document: policy(when('StringEquals', UID, 'u-1')),
    question: { pod: 'probe' },
    verdict: 'denies',
  },
  {
    name: 'pods that may be probes',
    document: policy(when('StringLike', POD, 'eks-*')),
    question: { pod: 'probe' },
    verdict: 'allows',
  },
  {
    name: 'probes of a name that is written down',
    document: policy(when('StringEquals', POD, 'eks-pod-identity-probe-1')),
    question: { pod: 'probe' },
    verdict: 'denies',
  },
  {
    name: 'no tag keys while session tags are off',
    document: policy(when('Null', 'aws:TagKeys', 'true')),
    question: { sessionTags: false },
    verdict: 'allows',
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
    reason: /allows namespace "shops", not "shop"/,
  },
  {
    name: 'a pattern under StringEquals is a plain text',
    document: policy(when('StringEquals', NS, 'sho*')),
    verdict: 'denies',
    reason: /: StringEquals \S+ = "sho\*" fails: it is "shop"/,
  },
  {
    name: 'no namespace at all',
    document: policy(when('StringEquals', NS, [])),
    verdict: 'denies',
    reason: /: StringEquals \S+ =\s+fails: it is "shop"/,
  },
  {
    name: 'a pattern under StringLike',
    document: policy(when('StringLike', NS, 'sh?p*')),
    verdict: 'allows',
  },
  {
    name: 'a regular expression sign in a pattern is only a sign',
    document: policy(when('StringLike', NS, 'sh.p*')),
    verdict: 'denies',
    reason: /allows namespace "sh\.p\*", not "shop"/,
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
    verdict: 'cannot-tell',
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
    name: 'one of the keys of the session tags',
    document: policy(
      when('ForAnyValue:StringEquals', 'aws:TagKeys', 'kubernetes-namespace'),
    ),
    verdict: 'allows',
  },
  {
    name: 'keys that leave one of the session tags out',
    document: policy(
      when('ForAllValues:StringLike', 'aws:TagKeys', 'kubernetes-*'),
    ),
    verdict: 'denies',
  },
  {
    name: 'tag keys that are passed on, as all of Pod Identity are',
    document: policy(when('Null', 'sts:TransitiveTagKeys', 'false')),
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
    name: 'a condition on the pod while session tags are off',
    document: policy(
      when('StringLike', 'aws:RequestTag/kubernetes-pod-name', 'api-*'),
    ),
    question: { sessionTags: false },
    verdict: 'denies',
    missing: ['condition'],
  },
];

describe('conditions of a trust policy', () => {
  it.each(ROWS)('$name', row => {
    expect(checkRow(row)).toBe('allows');
  });
});
