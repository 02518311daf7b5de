import {
  API,
  aud,
  GITHUB,
  ISSUER,
  oidc,
  PROVIDER,
  QUESTION,
  read,
  ROLE,
  sub,
} from './__testUtils__/webIdentityPolicies';
import { readWebIdentityTrust } from './webIdentityTrust';

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
      'by name beside others, and by a pattern that fits it as well',
      [
        oidc({
          StringLike: {
            ...sub([
              'system:serviceaccount:shop:worker',
              API,
              'system:serviceaccount:shop:*',
            ]),
            ...aud,
          },
        }),
      ],
      {
        answer: 'yes',
        shapes: ['several', 'pattern'],
        pattern: undefined,
        sharers: [
          { kind: 'service-account', name: 'shop/worker' },
          { kind: 'pattern', name: 'shop/*' },
        ],
      },
    ],
    [
      'by the one of its names and patterns that fits',
      [
        oidc({
          StringLike: {
            ...sub([
              'system:serviceaccount:shop:worker',
              'system:serviceaccount:other:*',
              'system:serviceaccount:shop:*',
            ]),
            ...aud,
          },
        }),
      ],
      { answer: 'yes', shapes: ['exact', 'pattern'], pattern: 'shop/*' },
    ],
    [
      'by a pattern of whole subjects',
      [
        oidc({
          StringLike: {
            ...sub([
              'system:serviceaccount:other:*',
              'system:serviceaccount:*',
            ]),
            ...aud,
          },
        }),
      ],
      { answer: 'yes', pattern: 'system:serviceaccount:*' },
    ],
    [
      'by a pattern that only AWS can fill in',
      [
        oidc({
          StringLike: {
            ...sub([
              'system:serviceaccount:shop:worker',
              'system:serviceaccount:shop:${aws:PrincipalTag/app}*',
            ]),
            ...aud,
          },
        }),
      ],
      {
        answer: 'unknown',
        pattern: 'system:serviceaccount:shop:${aws:PrincipalTag/app}*',
      },
    ],
    [
      'with another audience beside the one of EKS',
      [
        oidc({
          StringEquals: {
            ...sub(API),
            [`${ISSUER}:aud`]: ['vault', 'sts.amazonaws.com'],
          },
        }),
      ],
      { answer: 'yes', shapes: ['exact'] },
    ],
    [
      'in one statement with another audience',
      [
        oidc({ StringEquals: { ...sub(API), ...aud } }),
        oidc({ StringEquals: { ...sub(API), [`${ISSUER}:aud`]: 'vault' } }),
      ],
      { answer: 'yes', shapes: ['exact', 'other-audience'] },
    ],
    [
      'with another audience alone',
      [oidc({ StringEquals: { ...sub(API), [`${ISSUER}:aud`]: 'vault' } })],
      {
        answer: 'no',
        shapes: ['exact', 'other-audience'],
        reasons: [
          `Statement 1: StringEquals ${ISSUER}:aud = "vault" fails: it is "sts.amazonaws.com"`,
        ],
      },
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
      'a StringEquals with a star for all service accounts',
      [oidc({ StringEquals: { ...sub('system:serviceaccount:*'), ...aud } })],
      { answer: 'no', shapes: ['never-matches'], isMeant: true },
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
          { kind: 'principal', name: 'arn:aws:iam::444455556666:root' },
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
    expect(readWebIdentityTrust('no JSON', QUESTION)).toEqual({
      answer: 'unknown',
      reasons: ['The policy document is not JSON'],
      shapes: [],
      isMeant: false,
      conditions: [],
      sharers: [],
    });
  });
});
