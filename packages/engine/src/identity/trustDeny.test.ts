import {
  allow,
  checkRow,
  NS,
  policy,
  QUESTION,
  Row,
  SERVICE,
} from './__testUtils__/trustRows';

const ROWS: Row[] = [
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
];

describe('a Deny in a trust policy', () => {
  it.each(ROWS)('$name', row => {
    expect(checkRow(row)).toBe('allows');
  });
});
