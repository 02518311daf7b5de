import {
  operationContext,
  personLane,
  type ContextKind,
  type ContextSubject,
} from './operationContext';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const API = { entityRef: 'component:default/api', uid: 'u1', ownerRefs: [] };
const OTHER = {
  entityRef: 'component:default/other',
  uid: 'u2',
  ownerRefs: [],
};
const claimant = { claims: ['user:default/ada'], isAdministrator: false };

const context = (
  kind: ContextKind,
  subject: Partial<ContextSubject> = {},
  last?: object,
) =>
  operationContext(
    kind,
    {
      store: {
        serviceAccounts: {
          find: async () => ({
            fingerprint: 'same',
            memory: { sameSince: 'yesterday' },
          }),
        },
        associations: {
          findMany: async (refs: object[]) =>
            new Map(refs.map(found => [JSON.stringify(found), { ref: found }])),
        },
        changes: {
          lastAssociate: async () => last,
          plansOfTask: async (...args: unknown[]) => args,
          changedAfterTask: async (...args: unknown[]) => args,
        },
      },
      clusters: {
        list: () => {
          throw new Error('They may be others later');
        },
        snapshot: () => ({
          list: () => [{ id: 'prod' }, { id: 'frankfurt' }],
        }),
      },
      entities: { find: async (entityRef: string) => ({ ...API, entityRef }) },
    } as any,
    { ref, signal: new AbortController().signal, ...subject },
  );

describe('what the engine gets', () => {
  it.each(['plan', 'sweep'] as const)(
    'for a %s lets nothing be written',
    async kind => {
      const { guard, emit } = await context(kind);
      await expect(guard.beforeWrite('create a role')).rejects.toThrow(
        `A ${kind} must not write, but was about to: create a role`,
      );
      await expect(
        guard.withLease({ kind: 'role', name: 'r' }, async () => 1),
      ).rejects.toThrow('lease role r');
      await emit({ type: 'log', data: { level: 'info', message: 'x' } });
    },
  );

  it('for a run is what the run writes by', async () => {
    const kind = {
      guard: { beforeWrite: async () => {} },
      emit: async () => {},
      sawAssociation: () => {},
      sawFacts: () => {},
    } as any;
    expect(await context(kind)).toMatchObject(kind);
  });

  it('has the rights of the subject', async () => {
    const found = await context('plan', {
      granted: ['a'],
      claimant,
      entity: API,
    });
    expect(found.granted).toEqual(new Set(['a']));
    expect(found.claimant?.claims).toEqual(new Set(claimant.claims));
    expect(await found.findEntity(OTHER.entityRef)).toMatchObject({
      entityRef: OTHER.entityRef,
    });
    expect((await context('plan')).claimant).toBeUndefined();
  });

  it.each([
    ['same', 'yesterday'],
    ['another', undefined],
  ])(
    'knows since when its fingerprint, if it is the %s, is what it was',
    async (fingerprint, since) => {
      const { unchangedSince } = await context('plan');
      expect(await unchangedSince?.(fingerprint)).toBe(since);
    },
  );

  it('names the operation, where there is one, and who started it', async () => {
    const initiator = 'user:default/ada';
    const { operation } = await context('plan', { initiator });
    expect(operation).toBeUndefined();
    const named = await context('plan', { initiator, operationId: 'o' });
    expect(named.operation).toEqual({ id: 'o', initiator });
  });

  it('knows the same name on other clusters', async () => {
    expect(await (await context('plan')).elsewhere?.()).toEqual([
      { ...ref, cluster: 'frankfurt' },
    ]);
  });

  it('knows the plans of a task to the one that asks', async () => {
    expect(
      await (
        await context('plan', { initiator: 'user:default/ada' })
      ).plansOfTask?.('t'),
    ).toEqual([ref, 't', 'user:default/ada']);
    expect((await context('plan')).plansOfTask).toBeUndefined();
    expect(await (await context('plan')).changedAfterTask?.('t')).toEqual([
      ref,
      't',
    ]);
  });

  it.each<
    [boolean, string, ContextKind, Partial<ContextSubject>, object | undefined]
  >([
    [
      true,
      'to the entity that asked',
      'plan',
      { claimant, entity: API },
      { holder: API },
    ],
    [
      false,
      'to another entity',
      'plan',
      { claimant, entity: OTHER },
      { holder: API },
    ],
    [
      true,
      'to the holder, before the entity',
      'plan',
      { claimant, entity: OTHER, holder: API },
      { holder: API },
    ],
    [true, 'where it was for none', 'plan', { claimant, entity: OTHER }, {}],
    [true, 'to a service', 'plan', { entity: OTHER }, { holder: API }],
    [
      true,
      'to an administrator',
      'plan',
      { claimant: { ...claimant, isAdministrator: true }, entity: OTHER },
      { holder: API },
    ],
    [
      false,
      'to a sweep for another',
      'sweep',
      { holder: OTHER },
      { holder: API },
    ],
    [
      true,
      'to a sweep for the same',
      'sweep',
      { holder: API },
      { holder: API },
    ],
    [false, 'where there is none', 'plan', {}, undefined],
  ])(
    'knows the last associate: %s, %s',
    async (knows, _, kind, subject, last) => {
      expect((await context(kind, subject, last)).lastAssociate).toBe(
        knows ? last : undefined,
      );
      const given = { ...subject, lastAssociate: async () => last as any };
      expect(
        (await context(kind, given, { holder: undefined })).lastAssociate,
      ).toBe(knows ? last : undefined);
    },
  );

  it('waits in the lane of the one that asks', () => {
    expect(personLane({ type: 'user', name: 'user:default/ada' })).toEqual({
      lane: 'person',
      key: 'user user:default/ada',
    });
  });
});
