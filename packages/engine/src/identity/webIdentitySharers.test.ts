import {
  API,
  aud,
  exact,
  oidc,
  OTHER_PROVIDER,
  QUESTION,
  read,
  ROLE,
  sub,
} from './__testUtils__/webIdentityPolicies';
import { readWebIdentityTrust } from './webIdentityTrust';

describe('who else gets in', () => {
  it('is shown without an issuer where that is the one of this cluster', () => {
    const others = oidc({
      StringLike: {
        ...sub([
          'system:serviceaccount:shop:worker',
          'system:serviceaccount:a*:b',
        ]),
        ...aud,
      },
    });
    expect(read(exact, others).sharers).toEqual([
      { kind: 'service-account', name: 'shop/worker' },
      { kind: 'pattern', name: 'a*/b' },
    ]);
  });

  it('is a service account of another cluster, even of the same name', () => {
    const issuer = OTHER_PROVIDER.slice(OTHER_PROVIDER.indexOf('oidc.eks'));
    const there = {
      ...oidc({ StringEquals: { [`${issuer}:sub`]: API } }),
      Principal: { Federated: OTHER_PROVIDER },
    };
    expect(read(exact, there)).toMatchObject({
      answer: 'yes',
      shapes: ['exact', 'several-clusters'],
      sharers: [{ kind: 'service-account', name: 'shop/api', issuer }],
    });
    // A subject of this cluster says nothing in a statement for another.
    const star = { StringEquals: sub('system:serviceaccount:shop:*') };
    expect(read({ ...there, Condition: star }).isMeant).toBe(false);
  });

  it.each([
    'arn:aws:iam::111122223333:saml-provider/okta',
    'cognito-identity.amazonaws.com',
  ])('is %s by its whole name', name => {
    const statement = {
      Effect: 'Allow',
      Principal: { Federated: name },
      Action: 'sts:AssumeRoleWithSAML',
    };
    expect(read(exact, statement).sharers).toEqual([
      { kind: 'provider', name },
    ]);
  });

  it('is not Pod Identity itself', () => {
    const dual = {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    };
    expect(read(exact, dual)).toMatchObject({
      shapes: ['exact', 'dual'],
      sharers: [],
    });
  });
});

describe('a statement by which a role may assume itself', () => {
  const NAMED = `${ROLE}-20261128101112131400000001`;
  const PREFIX = 'arn:aws:iam::111122223333:role/';
  const self = (condition?: object, Principal: unknown = { AWS: '*' }) => ({
    Sid: 'ExplicitSelfRoleAssumption',
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal,
    ...(condition ? { Condition: condition } : {}),
  });
  const like = (...arns: string[]) => ({
    ArnLike: { 'aws:PrincipalArn': arns },
  });
  const OTHER = `${PREFIX}deployer`;

  it.each<[string, object, boolean, string[]]>([
    [
      'by its own ARN, as terraform-aws-iam writes it',
      self(like(NAMED)),
      true,
      [],
    ],
    [
      'by its name prefix, with all others that have it',
      self(like(`${ROLE}-*`)),
      true,
      [`${ROLE}-*`],
    ],
    ['all of AWS', self(like('arn:*')), false, ['arn:*']],
    [
      'every principal of the account',
      self(like('arn:aws:iam::111122223333:*')),
      false,
      ['arn:aws:iam::111122223333:*'],
    ],
    [
      'every role of the account without a path in the pattern',
      self(like('arn:aws:iam::111122223333:role*')),
      false,
      ['arn:aws:iam::111122223333:role*'],
    ],
    ['for all principals as text', self(like(NAMED), '*'), true, []],
    ['as a principal', self(undefined, { AWS: [NAMED, OTHER] }), true, [OTHER]],
    ['beside another role', self(like(OTHER, NAMED)), true, [OTHER]],
    ['another role alone', self(like(OTHER)), false, [OTHER]],
    [
      'every role of the account',
      self(like(`${PREFIX}*`)),
      false,
      [`${PREFIX}*`],
    ],
    [
      'roles by the end of their names',
      self(like(`${PREFIX}*-a*`)),
      false,
      [`${PREFIX}*-a*`],
    ],
    [
      'of another prefix',
      self(like(`${PREFIX}web-*`)),
      false,
      [`${PREFIX}web-*`],
    ],
    [
      'everybody but itself',
      self({ ArnNotLike: { 'aws:PrincipalArn': NAMED } }),
      false,
      ['*'],
    ],
    ['everybody', self(), false, ['*']],
    [
      'another account, under a condition',
      self(like(NAMED), { AWS: '444455556666' }),
      false,
      ['444455556666'],
    ],
  ])('%s', (_, statement, isItself, sharers) => {
    const { shapes, sharers: found } = readWebIdentityTrust(
      { Version: '2012-10-17', Statement: [statement] },
      { ...QUESTION, roleArn: NAMED },
    );
    expect(shapes).toEqual(isItself ? ['assumes-itself'] : []);
    expect(found).toEqual(sharers.map(name => ({ kind: 'principal', name })));
  });
});
