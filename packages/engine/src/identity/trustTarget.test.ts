import { allow, BOTH, checkRow, policy, Row } from './__testUtils__/trustRows';

const SOURCE = 'arn:aws:iam::111122223333:role/backstage/a';
const ROOT = { AWS: 'arn:aws:iam::111122223333:root' };

const ROWS: Row[] = [
  {
    name: 'the ref by the tags of its session',
    document: policy(
      allow({
        Principal: ROOT,
        Condition: {
          StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'shop' },
        },
      }),
    ),
    verdict: 'allows',
  },
  {
    name: 'tags of its session while session tags are off, which a tag of the source role may be',
    question: { sessionTags: false },
    document: policy(
      allow({
        Principal: ROOT,
        Condition: {
          StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'shop' },
        },
      }),
    ),
    verdict: 'cannot-tell',
    reason: /aws:PrincipalTag\/kubernetes-namespace.* is not evaluated/,
  },
  {
    name: 'a key that only a request of a service has',
    document: policy(
      allow({
        Principal: ROOT,
        Condition: { Null: { 'aws:SourceAccount': 'false' } },
      }),
    ),
    verdict: 'denies',
  },
  {
    name: 'one session of the source role',
    document: policy(
      allow({
        Principal: {
          AWS: 'arn:aws:sts::111122223333:assumed-role/a/eks-session',
        },
      }),
    ),
    verdict: 'cannot-tell',
    reason: /its principal is one session of the role/,
  },
  {
    name: 'a session of another role',
    document: policy(
      allow({
        Principal: {
          AWS: 'arn:aws:sts::111122223333:assumed-role/ab/eks-session',
        },
      }),
    ),
    verdict: 'denies',
  },
  {
    name: 'a Deny, whatever deleted roles it trusts',
    document: policy(allow({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' } }), {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
    }),
    verdict: 'denies',
    missing: ['no-deny'],
    reason: /^Statement 2 \(Deny\) forbids sts:AssumeRole and sts:TagSession$/,
  },
  {
    name: 'a Deny that spares the role, which AWS rules out',
    document: policy(allow({ Principal: ROOT }), {
      Effect: 'Deny',
      NotPrincipal: { AWS: SOURCE },
      Action: 'sts:*',
    }),
    verdict: 'cannot-tell',
    reason: /NotPrincipal/,
  },
  {
    name: 'a deleted role in a Deny, which says nothing',
    document: policy(allow({ Principal: { AWS: '444455556666' } }), {
      Effect: 'Deny',
      Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' },
      Action: '*',
    }),
    verdict: 'denies',
    reason: /^No statement lets [^;]* in$/,
  },
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

describe('the trust policy of a target role', () => {
  it.each(ROWS)('$name', row => {
    expect(checkRow(row, { sourceRoleArn: SOURCE })).toBe('allows');
  });
});
