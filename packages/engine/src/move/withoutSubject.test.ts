import type { PolicyStatement } from '../iam/policyDocument';
import { ISSUER, oidc, PROVIDER } from '../inventory/__testUtils__/readyFacts';
import { putBack, takenOut } from './withoutSubject';

const QUESTION = {
  roleArn: 'arn:aws:iam::111122223333:role/api',
  providerArn: PROVIDER,
  namespace: 'shop',
  serviceAccount: 'api',
  audience: 'sts.amazonaws.com',
};
const THEIRS: PolicyStatement = {
  Sid: 'Irsa',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'sts:AssumeRole',
};
const of = (names: string[], more: object = {}): PolicyStatement => ({
  ...oidc(),
  Condition: {
    StringEquals: {
      [`${ISSUER}:sub`]: names.map(
        name => `system:serviceaccount:shop:${name}`,
      ),
    },
  },
  ...more,
});
const like = (...names: string[]): PolicyStatement => ({
  ...of(names),
  Condition: { StringLike: Object.values(of(names).Condition as object)[0] },
});
const back = (stands: PolicyStatement[], ...taken: PolicyStatement[]) =>
  putBack({ Version: '2012-10-17', Statement: stands }, taken, QUESTION)
    ?.Statement;

it.each<[string, PolicyStatement[], PolicyStatement[], PolicyStatement[]]>([
  [
    'what stood, into the rest of it',
    [THEIRS, of(['worker'])],
    [of(['api', 'worker'])],
    [THEIRS, of(['api', 'worker'])],
  ],
  [
    'its subject alone, where the rest was changed since',
    [of(['other'])],
    [of(['api', 'worker'], { Sid: 'Both' })],
    [of(['other']), of(['api'], { Sid: 'Both' })],
  ],
  [
    'it without a Sid that another statement has by now',
    [THEIRS],
    [of(['api'], { Sid: 'Irsa' })],
    [THEIRS, of(['api'])],
  ],
  ['nothing where it is in', [of(['api'])], [of(['api'])], [of(['api'])]],
  [
    'nothing where a pattern lets it in',
    [like('*')],
    [of(['api'])],
    [like('*')],
  ],
])('puts back %s', (_, stands, taken, then) => {
  expect(back(stands, ...taken)).toEqual(then);
});

it.each<[string, ...PolicyStatement[]]>([
  ['another principal', THEIRS],
  ['another principal beside it', of(['api']), THEIRS],
  [
    'a principal in it',
    of(['api'], { Principal: { Federated: PROVIDER, AWS: '*' } }),
  ],
  [
    'a second cluster',
    of(['api'], { Principal: { Federated: [PROVIDER, `${PROVIDER}0`] } }),
  ],
  ['everything', of(['api'], { Effect: 'Deny' })],
  ['another service account', of(['worker'])],
  ['a pattern', like('*')],
  [
    'a condition that cannot be judged',
    of(['api'], {
      Condition: {
        ...(of(['api']).Condition as object),
        IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
      },
    }),
  ],
])(
  'puts nothing back of a record that was edited to hold %s',
  (_, ...taken) => {
    expect(back([of(['other'])], ...taken)).toBeUndefined();
  },
);

it('gives another service account nothing that an edited record names beside it', () => {
  const then = back([of(['worker'])], of(['api', 'worker', 'evil', '*']));
  expect(then).toEqual([of(['worker']), of(['api'])]);
});

it.each<[string, PolicyStatement[]]>([
  ['a pattern beside its name', [like('api', 'a*')]],
  ['a pattern in another statement', [of(['api']), like('*')]],
  [
    'two principals',
    [of(['api'], { Principal: { Federated: [PROVIDER, `${PROVIDER}0`] } })],
  ],
  ['no statement of it', [of(['worker'])]],
  [
    'a second condition on the subject',
    [
      of(['api'], {
        Condition: {
          ...(like('a*').Condition as object),
          ...(of(['api']).Condition as object),
        },
      }),
    ],
  ],
])('takes nothing out of %s', (_, statements) => {
  const policy = { Version: '2012-10-17', Statement: [...statements, THEIRS] };
  expect(takenOut(policy, QUESTION)).toBeUndefined();
});
