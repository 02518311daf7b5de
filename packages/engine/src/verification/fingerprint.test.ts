import { known, lacking, type Fact } from './facts/fact';
import { fingerprintOf } from './fingerprint';

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
  it('is the same for the same identity, however its documents are written', async () => {
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
