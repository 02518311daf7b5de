import type { LiveOperation, NewOperationRecord } from '../store';
import { ConcurrencyLimits } from './ConcurrencyLimits';
import { DailyLimits } from './DailyLimits';
import { IdentityQuota } from './IdentityQuota';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';

const ref = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount,
});
const API = 'component:default/api';
const TEAM = 'group:default/a';
const ADA = 'user:default/ada';
const tx = {} as any;

const record = (more: Partial<NewOperationRecord> = {}) =>
  queuedAssociate('o1', ref('api'), {
    entityRef: API,
    initiator: ADA,
    ownerRefs: [TEAM],
    claimant: { claims: [ADA], isAdministrator: false },
    ...more,
  });
const planOnly = { input: { ...record().input, planOnly: true } };

/** `admitted`, or how it was refused. */
const outcomeOf = (admitted: Promise<void>) =>
  admitted.then(
    () => 'admitted',
    error => error.message,
  );

describe('the identities of a component', () => {
  const live = (serviceAccount: string, more: object = {}) => ({
    ref: ref(serviceAccount),
    entityRef: API,
    ownerRefs: [TEAM],
    ...more,
  });
  const admit = (
    one: NewOperationRecord,
    {
      made = [],
      owned = [],
      coming = [],
      perEntity = 2,
      perOwner = 9,
    }: {
      made?: string[];
      owned?: string[];
      coming?: object[];
      perEntity?: number;
      perOwner?: number;
    },
  ) =>
    new IdentityQuota({
      limits: {
        identitiesPerEntity: perEntity,
        identitiesPerOwner: perOwner,
      } as any,
      store: {
        live: { making: async () => coming },
        owners: {
          refsOfEntity: async () => made,
          refsOwnedBy: async () => owned,
        },
      } as any,
    }).admit(one, tx);
  const two = ['prod/payments/a', 'prod/payments/b'];
  const full =
    /^component:default\/api has 2 AWS identities, and no component may have more than 2 \(limits\.identitiesPerEntity\)/;
  const fullOwner =
    /^group:default\/a has 2 AWS identities, and no owner may have more than 2 \(limits\.identitiesPerOwner\)/;

  it.each<
    [
      string,
      NewOperationRecord,
      Parameters<typeof admit>[1],
      RegExp | undefined,
    ]
  >([
    ['have room', record(), { made: two.slice(1) }, undefined],
    ['are as many as there may be', record(), { made: two }, full],
    [
      'may change',
      record(),
      { made: [...two, 'prod/payments/api'] },
      undefined,
    ],
    [
      'are those that come, too',
      record(),
      { made: two.slice(1), coming: [live('c')] },
      full,
    ],
    [
      'are each counted once',
      record(),
      { made: two.slice(1), coming: [live('b')] },
      undefined,
    ],
    [
      'are not those that come for another',
      record(),
      {
        made: two.slice(1),
        coming: [live('c', { entityRef: 'component:default/x' })],
      },
      undefined,
    ],
    [
      'are as many as their owner may have',
      record(),
      { owned: two, perOwner: 2 },
      fullOwner,
    ],
    [
      'are as many with those that come for the owner',
      record(),
      {
        owned: two.slice(1),
        coming: [live('c', { entityRef: 'component:default/x' })],
        perOwner: 2,
      },
      fullOwner,
    ],
    [
      'are not those that come for another owner',
      record(),
      {
        owned: two.slice(1),
        coming: [live('c', { ownerRefs: [] })],
        perOwner: 2,
      },
      undefined,
    ],
    [
      'are not limited without an owner',
      record({ ownerRefs: [] }),
      { owned: two, perOwner: 2 },
      undefined,
    ],
    [
      'are not limited for an administrator',
      record({ claimant: { claims: [], isAdministrator: true } }),
      { made: two },
      undefined,
    ],
    [
      'are not limited for a service',
      record({ claimant: undefined }),
      { made: two },
      undefined,
    ],
    [
      'are not limited by a teardown',
      record({ kind: 'teardown' }),
      { made: two },
      undefined,
    ],
    ['are not limited by a plan', record(planOnly), { made: two }, undefined],
    [
      'are not limited without a component',
      record({ entityRef: undefined }),
      { made: two },
      undefined,
    ],
  ])('%s', async (_, one, world, refusal) => {
    const admitted = admit(one, world);
    expect(await outcomeOf(admitted)).toMatch(refusal ?? /^admitted$/);
  });
});

describe('what is stored within a day', () => {
  const NOW = Date.parse('2026-01-02T12:00:00Z');
  const at = (time: string, events = 1) => ({
    createdAt: Date.parse(`2026-01-${time}:30Z`),
    events,
  });
  const admit = (
    one: NewOperationRecord,
    amounts: { user?: object[]; owner?: object[] },
    limits: object = {},
  ) => {
    const asked: unknown[] = [];
    const partsOf = (by: object) =>
      ('owner' in by ? amounts.owner : amounts.user) ?? [];
    const admitted = new DailyLimits({
      clock: { now: () => NOW } as any,
      limits: {
        operationsPerUserPerDay: 9,
        eventsPerUserPerDay: 9,
        operationsPerOwnerPerDay: 9,
        ...limits,
      } as any,
      store: {
        stored: {
          amount: async (by: object, since: number) => {
            asked.push([by, since]);
            const parts = partsOf(by);
            return {
              operations: parts.length,
              events: parts.reduce((sum, { events }: any) => sum + events, 0),
            };
          },
          parts: async (by: object) => partsOf(by),
        },
      } as any,
    }).admit(one, tx);
    return { admitted, asked };
  };
  const three = [at('01T13:05'), at('01T14:05', 3), at('01T15:05', 2)];

  it('is asked for by user and by owner, of the last 24 hours', async () => {
    const { admitted, asked } = admit(record(), { user: three, owner: three });
    await admitted;
    const since = NOW - 24 * 3_600_000;
    expect(asked).toEqual([
      [{ initiator: ADA }, since],
      [{ initiator: ADA }, since],
      [{ owner: TEAM }, since],
    ]);
  });

  it.each<[string, object, RegExp]>([
    [
      'operations of a user, with room once the first is a day old',
      { operationsPerUserPerDay: 3 },
      /^You have started 3 operations within 24 hours, and no user may start more than 3 \(limits\.operationsPerUserPerDay\)\. Try again at 2026-01-02 13:06 UTC/,
    ],
    [
      'operations of a user, with room once enough are a day old',
      { operationsPerUserPerDay: 2 },
      /Try again at 2026-01-02 14:06 UTC/,
    ],
    [
      'events of a user',
      { eventsPerUserPerDay: 6 },
      /^Your operations have stored 6 events within 24 hours, and those of no user may store more than 6 .* 13:06 UTC/,
    ],
    [
      'events of a user, of which the first few do not help',
      { eventsPerUserPerDay: 5 },
      /14:06 UTC/,
    ],
    [
      'operations for an owner',
      { operationsPerOwnerPerDay: 1 },
      /^Users have started 3 operations on components of group:default\/a within 24 hours, and no owner may have more than 1 .* 15:06 UTC/,
    ],
  ])('has a limit for the %s', async (_, limits, message) => {
    await expect(
      admit(record(), { user: three, owner: three }, limits).admitted,
    ).rejects.toThrow(message);
  });
});

describe('what waits or runs', () => {
  const running = (id: string, more: Partial<LiveOperation> = {}) =>
    ({
      id,
      runId: id,
      kind: 'associate',
      ref: ref('api'),
      initiator: ADA,
      input: {},
      ownerRefs: [],
      ...more,
    } as unknown as LiveOperation);
  const bob = (id: string, more: object = {}) =>
    running(id, { initiator: 'user:default/bob', ...more });
  const limitsOver = (live: LiveOperation[], limits: object = {}) => {
    const alone: string[] = [];
    return {
      alone,
      limits: new ConcurrencyLimits({
        instance: 'here',
        clock: { now: () => 0 } as any,
        limits: {
          operationsPerUser: 9,
          changesPerServiceAccount: 3,
          proofsPerServiceAccount: 3,
          identitiesPerEntity: 9,
          identitiesPerOwner: 9,
          operationsPerUserPerDay: 9,
          eventsPerUserPerDay: 9,
          operationsPerOwnerPerDay: 9,
          ...limits,
        } as any,
        store: {
          leases: {
            claim: async (key: string) => {
              alone.push(key);
            },
            drop: async () => {},
          },
          live: {
            startedBy: async (who: string) =>
              live.filter(({ initiator }) => initiator === who),
            of: async () => live,
            making: async () => [],
          },
          owners: { refsOfEntity: async () => [], refsOwnedBy: async () => [] },
          stored: { amount: async () => ({ operations: 0, events: 0 }) },
        } as any,
      }),
    };
  };
  const pod = { kind: 'verify' as const, input: { ...record().input } };
  const noPod = { ...pod, input: { ...pod.input, probe: 'none' as const } };

  it('is admitted one after the other, by user, component and owners', async () => {
    const { limits, alone } = limitsOver([]);
    await limits.admitOperation(
      record({ ownerRefs: ['group:default/z', API] }),
      tx,
    );
    expect(alone).toEqual([
      `admit/user/${ADA}`,
      `admit/for/${API}`,
      'admit/for/group:default/z',
    ]);
    await limits.admitOperation(record({ initiatorType: 'service' }), tx);
    expect(alone).toHaveLength(3);
    await limits.admitOperation(record({ ownerRefs: [] }), tx);
    expect(alone.splice(3)).toEqual([`admit/user/${ADA}`, `admit/for/${API}`]);
    await limits.admitOperation(
      record({ entityRef: undefined, ownerRefs: [] }),
      tx,
    );
    expect(alone).toHaveLength(4);
  });

  it.each<
    [
      string,
      Partial<NewOperationRecord>,
      LiveOperation[],
      object,
      RegExp | undefined,
    ]
  >([
    ['has room', {}, [running('1')], {}, undefined],
    [
      'is as much as a user may have',
      {},
      [running('1', { ref: ref('x') }), running('2')],
      { operationsPerUser: 2, changesPerServiceAccount: 9 },
      /^You have 2 operations waiting or running, .* such as the associate of prod\/payments\/x \(operation 1\)/,
    ],
    [
      'is not limited for a service',
      { initiatorType: 'service' },
      [running('1'), running('2')],
      { operationsPerUser: 2, changesPerServiceAccount: 9 },
      undefined,
    ],
    [
      'counts those that follow one run once',
      {},
      [running('1'), running('2', { runId: '1' })],
      { operationsPerUser: 2 },
      undefined,
    ],
    [
      'is as much as a service account may have, and one is the user’s',
      {},
      [bob('1'), bob('2'), running('3')],
      {},
      /^prod\/payments\/api has 3 changes waiting or running, .* cancel one of your own, such as the associate of prod\/payments\/api \(operation 3\)/,
    ],
    [
      'is as much as a service account may have, of others',
      {},
      [bob('1'), bob('2'), bob('3')],
      {},
      /ask the person who started one to cancel it/,
    ],
    [
      'keeps the last place for others',
      {},
      [running('1'), running('2')],
      {},
      /^You have 2 changes of prod\/payments\/api waiting or running, and the last place is kept for others/,
    ],
    [
      'leaves the last place to others',
      {},
      [bob('1'), bob('2')],
      {},
      undefined,
    ],
    [
      'leaves the only place to the first',
      {},
      [],
      { changesPerServiceAccount: 1 },
      undefined,
    ],
    [
      'has other places for proofs',
      pod,
      [bob('1'), bob('2'), bob('3')],
      {},
      undefined,
    ],
    [
      'is as many proofs as there may be',
      pod,
      [bob('1', pod), bob('2', pod), bob('3', pod)],
      {},
      /^prod\/payments\/api has 3 verifications waiting/,
    ],
    [
      'has any number of looks',
      noPod,
      [bob('1', pod), bob('2', pod), bob('3', pod)],
      {},
      undefined,
    ],
    [
      'is not filled by looks',
      pod,
      [bob('1', noPod), bob('2', noPod), bob('3', noPod)],
      {},
      undefined,
    ],
    [
      'has any number of plans',
      planOnly,
      [bob('1'), bob('2'), bob('3')],
      {},
      undefined,
    ],
  ])('%s', async (_, more, live, options, refusal) => {
    const { limits, alone } = limitsOver(live, options);
    const admitted = limits.admitRun(record(more), tx);
    expect(await outcomeOf(admitted)).toMatch(refusal ?? /^admitted$/);
    const isQueued =
      more !== noPod &&
      more !== planOnly &&
      !/^You have 2 operations/.test(refusal?.source.slice(1) ?? '');
    expect(alone).toEqual(isQueued ? ['admit/ref/prod/payments/api'] : []);
  });
});
