import { ConflictError } from '@backstage/errors';
import type { MoveRule } from 'eks-pod-identity-engine';
import { memoryStore } from '../store/__testUtils__/memoryStore';
import { accessRow } from '../status/__testUtils__/accessRows';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { ADA, ref, ROLE, target, user } from './__testUtils__/acceptance';
import { MoveQueues, type MoveQueuesOptions } from './MoveQueues';
import { MoveRules, type MoveRulesOptions } from './MoveRules';
import { initiatorOf, refusalOf } from './ruledMoves';
import { QuotaError, TooManyRequestsError } from './TooManyRequestsError';

const memory = memoryStore();
const API = 'component:default/api';
const RULE: MoveRule = {
  cluster: 'prod',
  roleArn: ROLE,
  namespace: 'payments',
  serviceAccount: '*',
};
const row = (serviceAccount: string) => ({
  entity: { entityRef: API, by: 'tag' as const },
  row: accessRow(`payments/${serviceAccount}`, { verdict: 'ready' }),
});
const clusters = { list: () => [{ id: 'prod' }] as any };

describe('A rule, where one of its moves has ended', () => {
  const setUp = () => {
    const warned: string[] = [];
    const guard = jest.fn();
    const rules = new MoveRules({
      acceptance: { guard },
      clock: { now: () => memory.now, sleep: async () => undefined },
      clusters: { list: () => [] },
      config: { moves: { rules: [RULE] }, tags: {} },
      logger: {
        info: (line: string) => warned.push(line),
        warn: (line: string) => warned.push(line),
      },
      readsUse: true,
      store: memory.store,
    } as unknown as MoveRulesOptions);
    return { rules, warned };
  };
  const obstacle = expect.stringContaining('There is no cluster prod now.');

  it.each<[string, string, string, unknown[]]>([
    ['that is kept no longer', 'migrate', 'rules:prod', [obstacle]],
    ['of a person', 'migrate', ADA, []],
    ['that was none', 'restart', 'rules:prod', []],
  ])('%s, carries on what is its own', async (_, kind, initiator, expected) => {
    const { rules, warned } = setUp();
    const ended = { id: 'gone', kind: kind as 'migrate', initiator, ref };
    await rules.ended([ended]);
    expect(warned).toEqual(expected);
  });

  it.each<[string, boolean, string]>([
    ['failed', true, 'holds its namespace for 24 hours, while its rule stands'],
    [
      'was refused',
      false,
      'A rule leaves prod/payments/api alone for 24 hours',
    ],
  ])('that %s, says what it holds up', async (_, wrote, says) => {
    const { rules, warned } = setUp();
    const initiator = initiatorOf('prod');
    await memory.store.operations.insert(
      queuedAssociate('move', ref, { kind: 'migrate', initiator }),
    );
    await memory.store.operations.finish(
      ['move'],
      {
        state: 'failed',
        seq: 1,
        wrote,
        error: { name: 'ConflictError', message: 'It has changed.' },
      },
      memory.knex,
    );
    await rules.ended([{ id: 'move', kind: 'migrate', initiator, ref }]);
    expect(warned[0]).toContain(says);
    expect(warned[0]).toContain('It has changed.');
  });

  it('has nothing against what is on a cluster that this process does not know yet', () => {
    const none = { clusters: { list: () => [] }, config: { tags: {} } };
    expect(refusalOf(RULE, ref, none)).toBeUndefined();
  });
});

describe('A queue, where its next move cannot begin', () => {
  const setUp = async (begin: MoveQueuesOptions['operations']['begin']) => {
    await memory.store.access.replace(
      { cluster: 'prod', at: '2026-12-01T07:00:00.000Z', gaps: [] },
      ['api', 'jobs'].map(row),
    );
    const queues = new MoveQueues({
      acceptance: {
        accept: async (request: any) => ({
          request,
          ref: { ...ref, serviceAccount: request.input.serviceAccount },
          initiator: { type: 'user', name: ADA },
          trigger: 'user',
          granted: [],
        }),
        guard: async () => undefined,
      },
      audit: { begun: (_: unknown, work: () => unknown) => work() },
      claimantOf: async () => ({ claims: [ADA], isAdministrator: false }),
      clock: { now: () => memory.now, sleep: async () => undefined },
      clusters,
      onEnd: async () => undefined,
      operations: { begin },
      ownedBy: async () => [API],
      store: memory.store,
    } as unknown as MoveQueuesOptions);
    const refs = ['api', 'jobs'].map(name => ({
      ...ref,
      serviceAccount: name,
    }));
    const queue = await queues.start({ ownedBy: ADA, refs }, user);
    return { ...queue, states: queue.moves.map(({ state }) => state) };
  };
  const refusing = (error: Error) => async () => {
    throw error;
  };

  it('as it is refused, ends with it', async () => {
    const refused = new ConflictError('It has changed.');
    expect(await setUp(refusing(refused))).toMatchObject({
      state: 'ended',
      states: ['failed', 'waiting'],
      moves: [{ message: 'It has changed.' }, {}],
      why: 'The move of prod/payments/api ended the queue.',
    });
  });

  it('as another replica has begun it, follows that one', async () => {
    const begun = await setUp(async asked => {
      await memory.store.operations.insert({
        ...queuedAssociate(asked.id, asked.ref),
        input: target,
      });
      throw new ConflictError('Already there.');
    });
    expect(begun).toMatchObject({
      state: 'running',
      states: ['moving', 'waiting'],
    });
  });

  it('as its component has too many identities, leaves each out', async () => {
    const most = new QuotaError('Too many identities.');
    expect(await setUp(refusing(most))).toMatchObject({
      state: 'ended',
      states: ['left-out', 'left-out'],
    });
  });

  it('as there is too much to do, puts it back and says what it waits for', async () => {
    const busy = new TooManyRequestsError('Too much to do.');
    expect(await setUp(refusing(busy))).toMatchObject({
      state: 'running',
      states: ['waiting', 'waiting'],
      why: 'prod/payments/api: Too much to do.',
    });
  });

  it('as the database is away, leaves it for the next look', async () => {
    await expect(setUp(refusing(new Error('away')))).rejects.toThrow('away');
    const [id] = await memory.store.moveQueues.open();
    const { moves } = (await memory.store.moveQueues.find(id))!;
    expect(moves.map(({ state }) => state)).toEqual(['moving', 'waiting']);
  });
});
