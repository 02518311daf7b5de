import { makerOfRole } from './roleMaker';
import { readWebIdentityTrust } from './webIdentityTrust';

const ISSUER =
  'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const GITHUB =
  'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';
const API = 'system:serviceaccount:shop:api';

const read = (...statements: object[]) =>
  readWebIdentityTrust(
    { Version: '2012-10-17', Statement: statements },
    {
      roleArn: ROLE,
      providerArn: PROVIDER,
      namespace: 'shop',
      serviceAccount: 'api',
      audience: 'sts.amazonaws.com',
    },
  );
const oidc = (condition: object | undefined, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition ? { Condition: condition } : {}),
  ...more,
});
const sub = (value: unknown) => ({ [`${ISSUER}:sub`]: value });
const aud = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };

describe('what a trust policy says of IRSA', () => {
  it.each<[string, object[], object]>([
    [
      'as iam-role-for-service-accounts-eks writes it',
      [oidc({ StringEquals: { ...sub(API), ...aud } })],
      { answer: 'yes', shapes: ['exact'], sharers: [] },
    ],
    [
      'the same with StringLike for both',
      [
        oidc({
          StringLike: { ...sub('system:serviceaccount:shop:*'), ...aud },
        }),
      ],
      { answer: 'yes', shapes: ['pattern'], pattern: 'shop/*' },
    ],
    [
      'as iam-assumable-role-with-oidc writes it',
      [
        oidc(
          { StringEquals: sub([API]) },
          { Action: ['sts:TagSession', 'sts:AssumeRoleWithWebIdentity'] },
        ),
      ],
      { answer: 'yes', shapes: ['exact', 'no-audience'] },
    ],
    [
      'without any condition',
      [oidc(undefined)],
      { answer: 'yes', shapes: ['no-audience', 'no-subject'], pattern: '*' },
    ],
    [
      'by name and by a pattern',
      [
        oidc({ StringEquals: { ...sub(API), ...aud } }),
        oidc({
          StringLike: { ...sub('system:serviceaccount:*:worker'), ...aud },
        }),
      ],
      {
        answer: 'yes',
        shapes: ['exact', 'pattern'],
        sharers: [{ kind: 'pattern', name: '*/worker' }],
      },
    ],
    [
      'an issuer in other letters',
      [
        oidc({
          StringEquals: { [`${ISSUER.toLowerCase()}:SUB`]: API, ...aud },
        }),
      ],
      { answer: 'yes' },
    ],
    [
      'a StringEquals with a star',
      [
        oidc({
          StringEquals: { ...sub('system:serviceaccount:shop:*'), ...aud },
        }),
      ],
      { answer: 'no', shapes: ['never-matches'], isMeant: true },
    ],
    [
      'a StringEquals with a star for another namespace',
      [
        oidc({
          StringEquals: { ...sub('system:serviceaccount:other:*'), ...aud },
        }),
      ],
      { answer: 'no', shapes: ['never-matches'], isMeant: false },
    ],
    [
      'a Null operator beside',
      [
        oidc({
          StringEquals: { ...sub(API), ...aud },
          Null: { [`${ISSUER}:sub`]: 'false' },
        }),
      ],
      { answer: 'yes', shapes: ['exact'], sharers: [] },
    ],
    [
      'everybody but one',
      [oidc({ StringNotEquals: sub('system:serviceaccount:shop:other') })],
      { answer: 'yes', pattern: '*' },
    ],
    [
      'a Deny for its own subject',
      [
        oidc({ StringEquals: { ...sub(API), ...aud } }),
        { ...oidc({ StringEquals: sub(API) }), Effect: 'Deny', Sid: 'Stop' },
      ],
      {
        answer: 'no',
        reasons: [
          'Statement "Stop" (Deny) forbids sts:AssumeRoleWithWebIdentity',
        ],
      },
    ],
    [
      'pipelines, accounts and services beside it',
      [
        oidc({ StringEquals: { ...sub(API), ...aud } }),
        {
          ...oidc({
            StringLike: {
              'token.actions.githubusercontent.com:sub': 'repo:acme/*',
            },
          }),
          Principal: { Federated: GITHUB },
        },
        {
          Effect: 'Allow',
          Principal: {
            AWS: ['arn:aws:iam::444455556666:root', ROLE],
            Service: ['lambda.amazonaws.com', 'pods.eks.amazonaws.com'],
          },
          Action: 'sts:AssumeRole',
        },
        {
          Effect: 'Allow',
          Principal: { Service: ['lambda.amazonaws.com'] },
          Action: 'sts:AssumeRole',
        },
      ],
      {
        answer: 'yes',
        shapes: ['exact', 'dual', 'assumes-itself'],
        sharers: [
          {
            kind: 'provider',
            name: 'token.actions.githubusercontent.com',
          },
          { kind: 'service', name: 'lambda.amazonaws.com' },
        ],
      },
    ],
    [
      'an id in the place of a principal that was deleted',
      [
        oidc({ StringEquals: { ...sub(API), ...aud } }),
        {
          Effect: 'Allow',
          Principal: { AWS: 'AROAEXAMPLEEXAMPLEEX' },
          Action: 'sts:AssumeRole',
        },
      ],
      { answer: 'yes', shapes: ['exact', 'dead-principal'] },
    ],
    [
      'a condition that is not known here',
      [
        oidc({
          StringEquals: { ...sub(API), ...aud, 'aws:SourceVpc': 'vpc-1' },
        }),
      ],
      { answer: 'unknown', conditions: ['aws:SourceVpc'] },
    ],
    [
      'nothing but Pod Identity',
      [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
      {
        answer: 'no',
        shapes: [],
        reasons: [`No statement lets ${PROVIDER} in`],
      },
    ],
  ])('%s', (_, statements, expected) => {
    expect(read(...statements)).toMatchObject(expected);
  });

  it('cannot tell of what is no policy', () => {
    const question = {
      roleArn: ROLE,
      providerArn: PROVIDER,
      namespace: 'shop',
      serviceAccount: 'api',
      audience: 'sts.amazonaws.com',
    };
    expect(readWebIdentityTrust('no JSON', question)).toMatchObject({
      answer: 'unknown',
      shapes: [],
    });
  });
});

describe('the maker of a role', () => {
  it.each<[string, Record<string, string>, object | undefined]>([
    [
      'eksctl-shop-addon-iamserviceaccount-Role1-1A2B',
      {},
      { tool: 'eksctl', by: 'name' },
    ],
    [
      'anything',
      { 'alpha.eksctl.io/iamserviceaccount-name': 'shop/api' },
      { tool: 'eksctl', by: 'tag' },
    ],
    [
      'shop-api-20261128101112131400000001',
      {},
      { tool: 'Terraform', by: 'name' },
    ],
    ['shop-api', { ManagedBy: 'terraform' }, { tool: 'Terraform', by: 'tag' }],
    [
      'shop-api',
      { 'aws:cloudformation:stack-name': 'shop' },
      { tool: 'CloudFormation', by: 'tag' },
    ],
    [
      'shop-api',
      { 'services.k8s.aws/namespace': 'shop' },
      { tool: 'ACK', by: 'tag' },
    ],
    ['shop-api-2026', {}, undefined],
  ])('%s %j', (name, tags, maker) => {
    expect(makerOfRole({ name, tags })).toEqual(maker);
  });
});
