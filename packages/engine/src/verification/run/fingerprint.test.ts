import { known, lacking, type Fact } from '../framework/fact';
import { fingerprintOf, surroundingsOf } from './fingerprint';

const association = {
  id: 'a-1',
  modifiedAt: 1,
  roleArn: 'arn:r',
  disableSessionTags: false,
};
const role = { roleId: 'AROA1', trustPolicy: { b: 1, a: [1] } };
const rolePolicies = { attached: ['p'], inline: [] };

async function of(over: Record<string, Fact<unknown>> = {}) {
  const facts: Record<string, Fact<unknown>> = {
    association: known(association),
    role: known(role),
    rolePolicies: known(rolePolicies),
    ...over,
  };
  return fingerprintOf({ get: async name => facts[name] as any });
}

describe('the fingerprint', () => {
  // Stored with every report: another value would make every identity count as changed.
  it('does not change', async () => {
    const whole = {
      id: 'a-1',
      arn: 'arn:x',
      modifiedAt: 1764000000000,
      createdAt: 1,
      tags: { a: 'b' },
      roleArn: 'arn:aws:iam::111122223333:role/api',
      targetRoleArn: 'arn:aws:iam::444455556666:role/reader',
      externalId: 'e',
      disableSessionTags: true,
      policy: '{"Version":"2012-10-17","Statement":[]}',
    };
    const { targetRoleArn, policy, ...plain } = whole;
    const trustPolicy = {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'x',
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    };
    const policies = known({
      attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      inline: ['own'],
    });
    expect(
      await of({
        association: known(whole),
        role: known({
          arn: whole.roleArn,
          roleId: 'AROA1',
          permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/b',
          trustPolicy,
        }),
        rolePolicies: policies,
      }),
    ).toBe('93e4934f53b1c99c9906c27b851c6c787d33df95540853251f3f4ee06237ce10');
    expect(
      await of({
        association: known({ ...plain, disableSessionTags: false }),
        role: known({ roleId: 'AROA1', trustPolicy }),
        rolePolicies: policies,
      }),
    ).toBe('0a2f464e0e331e4a13e9332596dd13c00978ee025e5f435c43cab0480ecc1c0d');
  });

  it('is the same for the same identity, in any spelling of its documents', async () => {
    expect(await of()).toBe(
      await of({
        role: known({ trustPolicy: { a: [1], b: 1 }, roleId: 'AROA1' }),
      }),
    );
  });

  it.each<[string, Record<string, Fact<unknown>>]>([
    ['the association', { association: known({ ...association, id: 'a-2' }) }],
    [
      'its modification',
      { association: known({ ...association, modifiedAt: 2 }) },
    ],
    [
      'session settings',
      { association: known({ ...association, targetRoleArn: 'arn:t' }) },
    ],
    ['the role', { role: known({ ...role, roleId: 'AROA2' }) }],
    ['its trust', { role: known({ ...role, trustPolicy: {} }) }],
    [
      'its policies',
      { rolePolicies: known({ ...rolePolicies, attached: [] }) },
    ],
  ])('differs with %s', async (_what, over) => {
    expect(await of(over)).not.toBe(await of());
  });

  it.each(['association', 'role', 'rolePolicies'])(
    'is none where %s could not be read',
    async name => {
      expect(
        await of({ [name]: lacking({ kind: 'denied', sentence: 'no' }) }),
      ).toBeUndefined();
    },
  );
});

describe('the surroundings', () => {
  const around = (over: Record<string, Fact<unknown>> = {}) =>
    surroundingsOf({
      get: async name => (over[name] ?? known(null)) as any,
    });

  it.each<[string, Fact<unknown>]>([
    ['agentPods', known([{ name: 'agent-1', ready: true }])],
    ['nodes', known([{ name: 'node-1' }])],
    ['pods', known([{ name: 'pod-1' }])],
    ['webhook', known({ webhooks: [] })],
    ['nodeRoles', lacking({ kind: 'denied', sentence: 'No.' })],
  ])('change with %s', async (name, fact) => {
    expect(await around({ [name]: fact })).not.toBe(await around());
    expect(await around({ [name]: fact })).toBe(await around({ [name]: fact }));
  });

  it('are not the result of the pod', async () => {
    expect(await around({ podRun: known({}) })).toBe(await around());
  });
});
