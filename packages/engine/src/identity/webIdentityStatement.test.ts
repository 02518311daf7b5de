import {
  API,
  aud,
  exact,
  ISSUER,
  oidc,
  PROVIDER,
  QUESTION,
  read,
  sub,
} from './__testUtils__/webIdentityPolicies';
import {
  admittedBy,
  nameOf,
  webIdentityStatement,
} from './webIdentityStatement';

it('the statement of IRSA for a service account admits it and no other', () => {
  const statement = webIdentityStatement(QUESTION);
  const { Sid: _, ...plain } = exact as Record<string, unknown>;
  expect(statement).toEqual(plain);
  const { Principal, Action, Condition } = statement;
  expect(read({ Effect: 'Allow', Principal, Action, Condition })).toMatchObject(
    {
      answer: 'yes',
      shapes: ['exact'],
      sharers: [],
    },
  );
});

describe('a subject', () => {
  it.each([
    [API, 'shop/api'],
    ['system:serviceaccount:tenant-*:app', 'tenant-*/app'],
    // These are shown whole: part of one would be taken for a name.
    ['system:serviceaccount:*', 'system:serviceaccount:*'],
    ['system:serviceaccount:shop', 'system:serviceaccount:shop'],
    ['system:serviceaccount:shop:', 'system:serviceaccount:shop:'],
    ['system:serviceaccount:a:b:c', 'system:serviceaccount:a:b:c'],
    ['system:serviceaccoun?:shop:api', 'system:serviceaccoun?:shop:api'],
    [
      'repo:acme/shop-of-the-world:ref:main',
      'repo:acme/shop-of-the-world:ref:main',
    ],
  ])('%s is shown as %s', (subject, name) => {
    expect(nameOf(subject)).toBe(name);
  });
});

describe('whom a statement admits of a provider', () => {
  const OF_OTHERS = 'arn:aws:iam::111122223333:oidc-provider/oidc.example.com';
  const compares = (...subjects: string[]) => ({
    Condition: { StringLike: { 'oidc.example.com:sub': subjects } },
  });

  it('are service accounts where EKS is the issuer, whatever it compares', () => {
    expect(admittedBy(oidc(undefined), PROVIDER)).toEqual([
      { kind: 'pattern', name: '*', issuer: ISSUER },
    ]);
    const node = oidc({ StringEquals: { ...sub('system:node:a'), ...aud } });
    expect(admittedBy(node, PROVIDER)).toEqual([
      { kind: 'service-account', name: 'system:node:a', issuer: ISSUER },
    ]);
  });

  it('are service accounts of a cluster without EKS where one of its subjects is', () => {
    const issuer = 'oidc.example.com';
    expect(admittedBy(compares('repo:acme/*', API), OF_OTHERS)).toEqual([
      { kind: 'pattern', name: 'repo:acme/*', issuer },
      { kind: 'service-account', name: 'shop/api', issuer },
    ]);
  });

  it.each([
    ['no subject', {}],
    ['pipelines', compares('repo:acme/*')],
  ])('are those of the provider where it compares %s', (_, statement) => {
    expect(admittedBy(statement, OF_OTHERS)).toEqual([
      { kind: 'provider', name: 'oidc.example.com' },
    ]);
  });

  it('are none by a star that StringEquals takes for a character', () => {
    const star = oidc({
      StringEquals: sub(['system:serviceaccount:shop:*', API]),
    });
    expect(admittedBy(star, PROVIDER)).toEqual([
      { kind: 'service-account', name: 'shop/api', issuer: ISSUER },
    ]);
  });

  it('are all but one by a negated condition', () => {
    const but = oidc({ StringNotLike: sub('system:serviceaccount:kube-*:*') });
    expect(admittedBy(but, PROVIDER)).toEqual([
      { kind: 'pattern', name: '*', issuer: ISSUER },
    ]);
  });
});
