import {
  API,
  aud,
  exact,
  GITHUB,
  ISSUER,
  oidc,
  OTHER_PROVIDER,
  PROVIDER,
  QUESTION,
  read,
  sub,
} from './__testUtils__/webIdentityPolicies';
import { readWebIdentityTrust } from './webIdentityTrust';

const VPC = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } };
const deny = (more: object) => ({
  ...oidc(undefined),
  Effect: 'Deny',
  ...more,
});
const FORBIDDEN = 'Statement 2 (Deny) forbids sts:AssumeRoleWithWebIdentity';

describe('a Deny beside the statement of IRSA', () => {
  it.each<[string, object, 'yes' | 'no' | 'unknown', string[]]>([
    ['for its provider', {}, 'no', [FORBIDDEN]],
    ['for everybody', { Principal: '*' }, 'no', [FORBIDDEN]],
    ['for everybody in a map', { Principal: { AWS: '*' } }, 'no', [FORBIDDEN]],
    ['of every action', { Action: '*' }, 'no', [FORBIDDEN]],
    [
      'of the action of Pod Identity',
      { Principal: '*', Action: 'sts:AssumeRole' },
      'yes',
      [],
    ],
    [
      'for the service of Pod Identity',
      { Principal: { Service: 'pods.eks.amazonaws.com' }, Action: 'sts:*' },
      'yes',
      [],
    ],
    [
      'for an account, as which no pod asks by IRSA',
      { Principal: { AWS: '444455556666' } },
      'yes',
      [],
    ],
    ['for text that is no principal', { Principal: 'everybody' }, 'yes', []],
    ['for no principal', { Principal: null }, 'yes', []],
    [
      'for the provider of another cluster',
      { Principal: { Federated: OTHER_PROVIDER } },
      'yes',
      [],
    ],
    [
      'for another service account',
      {
        Condition: {
          StringEquals: sub('system:serviceaccount:shop:worker'),
        },
      },
      'yes',
      [],
    ],
    [
      'of requests without TLS, which AWS SDKs do not make',
      {
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      'yes',
      [],
    ],
    [
      'of requests with TLS, which AWS does not promise',
      {
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      },
      'unknown',
      [expect.stringMatching(/^Statement 2: .*SecureTransport/) as any],
    ],
    [
      'of which only AWS can tell',
      { Condition: VPC },
      'unknown',
      ['Statement 2: StringEquals aws:SourceVpc = "vpc-1" is not evaluated'],
    ],
  ])('%s', (_, more, answer, reasons) => {
    expect(read(exact, deny(more))).toMatchObject({
      answer,
      reasons,
      // It admits none, whatever it compares.
      shapes: ['exact'],
      sharers: [],
      isMeant: false,
    });
  });

  it('says nothing of whom it was meant to let in', () => {
    const other = oidc({
      StringEquals: { ...sub('system:serviceaccount:shop:worker'), ...aud },
    });
    const star = deny({
      Condition: {
        StringEquals: sub('system:serviceaccount:shop:*'),
        StringLike: sub('system:serviceaccount:*:*'),
      },
    });
    expect(read(other, star)).toMatchObject({
      answer: 'no',
      isMeant: false,
      shapes: ['exact'],
      sharers: [{ kind: 'service-account', name: 'shop/worker' }],
    });
  });
});

describe('what keeps a service account out of IRSA', () => {
  const other = (principal: string) =>
    oidc(
      { StringEquals: { ...sub(API), ...aud } },
      {
        Principal: { Federated: principal },
      },
    );
  const NOT_IN = `No statement lets ${PROVIDER} in`;

  it.each<[string, object[], string[]]>([
    [
      'the provider of another cluster alone',
      [other(GITHUB), other(OTHER_PROVIDER)],
      [
        `It trusts ${OTHER_PROVIDER}, which is not the provider of this cluster`,
      ],
    ],
    ['a provider that is of no cluster', [other(GITHUB)], [NOT_IN]],
    ['a Deny alone', [{ ...other(OTHER_PROVIDER), Effect: 'Deny' }], [NOT_IN]],
    [
      'its provider with the action of Pod Identity',
      [other(OTHER_PROVIDER), { ...exact, Action: 'sts:AssumeRole' }],
      [`No statement allows sts:AssumeRoleWithWebIdentity to ${PROVIDER}`],
    ],
    [
      'another name, in a statement without a Sid',
      [oidc({ StringEquals: sub('system:serviceaccount:shop:worker') })],
      [expect.stringMatching(/^Statement 1: .* fails: it is /) as any],
    ],
    [
      'a tag, of which its request carries none',
      [oidc({ StringEquals: { ...sub(API), 'aws:RequestTag/team': 'a' } })],
      [expect.stringContaining('has no aws:RequestTag/team') as any],
    ],
  ])('%s', (_, statements, reasons) => {
    expect(read(...statements)).toMatchObject({ answer: 'no', reasons });
  });

  it('is not a variable that AWS fills in, but is where the version knows none', () => {
    const own = oidc({ StringEquals: sub(`\${${ISSUER}:sub}`) });
    expect(read(own).answer).toBe('yes');
    const old = readWebIdentityTrust({ Statement: own }, QUESTION);
    expect(old.answer).toBe('no');
  });

  it('is no statement that only AWS can judge, where another admits it', () => {
    const perhaps = oidc({
      StringEquals: { ...sub(API), ...VPC.StringEquals },
    });
    expect(read(perhaps, exact)).toMatchObject({
      answer: 'yes',
      reasons: [],
      conditions: [],
      shapes: ['exact', 'no-audience', 'conditions'],
    });
  });

  it('is no condition on TLS, which AWS SDKs keep to', () => {
    const safe = { Bool: { 'aws:SecureTransport': 'true' } };
    const found = read(
      oidc({ StringEquals: { ...sub(API), ...aud }, ...safe }),
    );
    expect(found).toMatchObject({ answer: 'yes', conditions: [] });
  });
});
