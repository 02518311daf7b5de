import {
  allow,
  BOTH,
  CALLER,
  checkRow,
  policy,
  Row,
  SERVICE,
} from './__testUtils__/trustRows';

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
    name: 'every service, which AWS does not document',
    document: policy(allow({ Principal: { Service: '*' } })),
    verdict: 'cannot-tell',
    reason: /its principal is \{"Service": "\*"\}/,
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

describe('principals and actions of a trust policy', () => {
  it.each(ROWS)('$name', row => {
    expect(checkRow(row)).toBe('allows');
  });
});
