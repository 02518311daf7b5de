import type { OperationState } from 'backstage-plugin-eks-pod-identity-common';
import { initiatorOf } from '../permissions/caller';
import { memoryStore } from '../store/__testUtils__/memoryStore';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { ADA, callerOf, ref, user } from './__testUtils__/acceptance';
import { operationsIn } from './__testUtils__/operationsIn';
import { leaseKeys } from './leaseKeys';

const memory = memoryStore();
let world: ReturnType<typeof operationsIn>;
const BOB = 'user:default/bob';
const bob = callerOf({ type: 'user', userEntityRef: BOB });
const end = (id: string, state: OperationState = 'succeeded') =>
  memory.store.operations.finish([id], { state, seq: 9 }, memory.knex);

const all = async (): Promise<string[]> =>
  memory.knex('operations').orderBy('id').pluck('id');

/** Lets the look for a key find nothing so often, as where another replica stores it at that moment. */
const overlookKeys = (times: number) => {
  const look = world.looks.findByKey.mockClear();
  for (let turn = 0; turn < times; turn++) {
    look.mockImplementationOnce(async () => undefined);
  }
  return look;
};

beforeEach(() => {
  world = operationsIn(memory);
});

describe('An operation that begins', () => {
  it('waits in a run of its own, which this process carries on', async () => {
    const { record, how } = await world.start('restart', { id: 'one' });
    expect(how).toBe('new');
    expect(record).toMatchObject({
      id: 'one',
      runId: 'one',
      kind: 'restart',
      ref,
      state: 'queued',
      initiator: ADA,
      recordsTimeline: false,
    });
    expect(world.runner.launch).toHaveBeenCalledWith(record);
    expect(world.hub.notify).toHaveBeenCalledWith('one');
    expect(world.heard).toEqual(['one']);
    expect(await memory.knex('leases')).toEqual([
      expect.objectContaining({
        key: leaseKeys.run('one'),
        run_id: 'one',
        instance: 'here',
        what: `restart of prod/payments/api started by ${ADA} (operation one)`,
      }),
    ]);
    expect(await memory.store.operations.orphanedRuns(9)).toEqual([]);
    expect(await memory.knex('operation_events')).toMatchObject([
      { run_id: 'one', data: '{"state":"queued"}' },
    ]);
  });

  it('has an id of its own, and a timeline where that is asked for', async () => {
    const one = await world.start('verify', { timeline: true });
    const other = await world.start('restart');
    expect(one.record.recordsTimeline).toBe(true);
    expect(one.record.id).not.toBe(other.record.id);
    expect(world.heard).toEqual([one.record.id, other.record.id]);
  });

  it('is no news for pages where it changes nothing', async () => {
    await world.start('associate', { input: { planOnly: true } });
    expect(world.runner.launch).toHaveBeenCalled();
    expect(world.heard).toEqual([]);
  });

  it('begins only where it is wanted as it is stored', async () => {
    const { runId: _, state: __, ...asked } = queuedAssociate('one', ref);
    const begun = world.operations.begin(asked, async () => false);
    await expect(begun).rejects.toThrow('Operation one is not wanted any more');
    expect(await all()).toEqual([]);
    await world.operations.begin(asked, async () => true);
    expect(await all()).toEqual(['one']);
  });

  it('is found by its id as long as it is kept', async () => {
    await world.start('restart', { id: 'one' });
    expect((await world.operations.get('one')).kind).toBe('restart');
    await expect(world.operations.get('two')).rejects.toThrow(
      'There is no operation two; finished ones are kept for 30 days',
    );
  });
});

describe('A request with a key', () => {
  const key = 'k';

  it('gets the operation that it stands for, and no second one', async () => {
    const { record } = await world.start('restart', { key });
    const again = await world.start('restart', { key });
    expect(again).toMatchObject({ how: 'existing', record: { id: record.id } });
    expect(world.runner.launch).toHaveBeenCalledTimes(1);
    expect((await world.start('restart', { key, by: bob })).how).toBe('new');
    expect((await world.start('restart')).how).toBe('new');
  });

  it.each([
    ['input', 'restart', { timeoutSeconds: 70 }],
    ['kind', 'rollback', {}],
  ])('of another %s is refused while that runs', async (_, kind, input) => {
    const { record } = await world.start('restart', { key });
    await expect(world.start(kind, { key, input })).rejects.toThrow(
      `The idempotency key k belongs to operation ${record.id}, which runs with another input`,
    );
  });

  it.each<[string, OperationState, number, object, 'existing' | 'new']>([
    ['restart', 'succeeded', 59_999, {}, 'existing'],
    ['restart', 'succeeded', 60_000, {}, 'new'],
    ['restart', 'succeeded', 1, { input: { timeoutSeconds: 70 } }, 'new'],
    ['restart', 'failed', 1, {}, 'new'],
    ['restart', 'cancelled', 1, {}, 'new'],
    ['verify', 'succeeded', 1, {}, 'new'],
    ['verify', 'succeeded', 99_999, { answersForMs: 100_000 }, 'existing'],
    ['verify', 'succeeded', 100_000, { answersForMs: 100_000 }, 'new'],
    ['restart', 'failed', 99_999, { answersForMs: 100_000 }, 'existing'],
    [
      'restart',
      'succeeded',
      99_999,
      { answersForMs: 100_000, input: { timeoutSeconds: 70 } },
      'new',
    ],
  ])(
    'for a %s that has %s %d ms ago (%j) gets one that is %s',
    async (kind, state, ago, options, how) => {
      const { record } = await world.start(kind, { key });
      await end(record.id, state);
      memory.now += ago;
      expect((await world.start(kind, { key, ...options })).how).toBe(how);
    },
  );

  it('gets no earlier success once something else has changed the service account', async () => {
    const { record } = await world.start('restart', { key });
    await end(record.id);
    memory.now += 1;
    await world.start('teardown', { by: bob });
    expect((await world.start('restart', { key })).how).toBe('new');
  });

  it('gets what an equal one has just begun', async () => {
    const { record } = await world.start('restart', { key });
    const look = overlookKeys(3);
    expect(await world.start('restart', { key })).toMatchObject({
      how: 'existing',
      record: { id: record.id },
    });
    expect(look).toHaveBeenCalledTimes(4);
  });

  it('is tried four times at most', async () => {
    await world.start('restart', { key });
    const look = overlookKeys(9);
    await expect(world.start('restart', { key })).rejects.toThrow('UNIQUE');
    expect(look).toHaveBeenCalledTimes(4);
  });

  it('is not one too many where it is the very one that counts', async () => {
    world = operationsIn(memory, { limits: { operationsPerUser: 1 } });
    const { record } = await world.start('restart', { key });
    overlookKeys(1);
    expect((await world.start('restart', { key })).record.id).toBe(record.id);
    const look = overlookKeys(0);
    await expect(world.start('restart', { key: 'another' })).rejects.toThrow(
      'You have 1 operation waiting or running',
    );
    expect(look).toHaveBeenCalledTimes(2);
    await expect(world.start('restart')).rejects.toThrow('You have 1');
    expect(look).toHaveBeenCalledTimes(2);
  });
});

describe('Equal verifications', () => {
  const asked = (id: string, trigger: 'user' | 'schedule') => {
    const { runId: _, state: __, ...associate } = queuedAssociate(id, ref);
    return { ...associate, kind: 'verify' as const, trigger };
  };

  it('follow one run, each with its own words', async () => {
    const one = await world.start('verify', { id: 'one' });
    await memory.store.operations.markRunning('one', memory.knex);
    memory.now += 1;
    const other = await world.start('verify', { id: 'other', by: bob });
    expect(other).toMatchObject({
      how: 'joined',
      record: { runId: 'one', state: 'running', initiator: BOB },
    });
    expect(world.runner.launch).toHaveBeenCalledTimes(1);
    expect(world.heard).toEqual(['one']);
    expect(world.hub.notify).toHaveBeenLastCalledWith(one.record.runId);
    const told = await memory
      .knex('operation_events')
      .whereNotNull('operation_id');
    expect(told).toMatchObject([{ operation_id: 'other', run_id: 'one' }]);
    expect(told[0].data).toContain('is already running: following it');
  });

  it.each([
    ['user', 'user', 'joined'],
    ['user', 'schedule', 'joined'],
    ['schedule', 'schedule', 'joined'],
    ['schedule', 'user', 'new'],
  ] as const)(
    'of a %s, then of a %s: %s, as a user gets no earlier proof',
    async (first, second, how) => {
      await world.operations.begin(asked('one', first));
      expect((await world.operations.begin(asked('two', second))).how).toBe(
        how,
      );
      // The next one follows the last run that stands for it
      const { record } = await world.operations.begin(asked('three', second));
      expect(record.runId).toBe(how === 'joined' ? 'one' : 'two');
    },
  );

  it.each([
    ['has ended', () => end('one')],
    ['is cancelled', () => memory.store.operations.requestCancel('one')],
  ])('do not follow a run that %s', async (_, change) => {
    await world.operations.begin(asked('one', 'user'));
    await change();
    expect((await world.operations.begin(asked('two', 'user'))).how).toBe(
      'new',
    );
  });

  it('may be one too many as well', async () => {
    world = operationsIn(memory, { limits: { operationsPerUserPerDay: 1 } });
    await world.start('verify');
    await expect(world.start('verify')).rejects.toThrow('within 24 hours');
  });
});

describe('A cancel', () => {
  const never = async () => {
    throw new Error('Asked.');
  };
  const ada = initiatorOf(user);

  it('of its starter stops the run', async () => {
    await world.start('restart', { id: 'one' });
    const record = await world.operations.cancel('one', ada, never);
    expect(record).toMatchObject({
      state: 'queued',
      cancelRequestedAt: memory.now,
    });
    expect(world.runner.cancel).toHaveBeenCalledWith('one', ADA);
    expect(world.hub.notify).toHaveBeenCalledTimes(2);
    expect(world.heard).toEqual(['one']);
  });

  it.each([true, false])('of another, administrator: %s', async isOne => {
    await world.start('restart', { id: 'one' });
    const cancelled = world.operations
      .cancel('one', initiatorOf(bob), async () => isOne)
      .then(
        () => 'done',
        ({ message }) => message,
      );
    expect(await cancelled).toMatch(isOne ? /^done$/ : /^Operation one is not/);
    expect(world.runner.cancel).toHaveBeenCalledTimes(isOne ? 1 : 0);
  });

  it('changes nothing of what has ended, were it just now', async () => {
    const { record } = await world.start('restart', { id: 'one' });
    await end('one');
    const ended = await world.operations.cancel('one', ada, never);
    expect(ended.state).toBe('succeeded');
    expect(world.hub.notify).toHaveBeenCalledTimes(1);
    world.looks.find.mockImplementationOnce(async () => record);
    await world.operations.cancel('one', ada, never);
    expect(world.runner.cancel).not.toHaveBeenCalled();
  });

  it.each([
    ['one', 'two'],
    ['two', 'one'],
  ])(
    'of verification %s lets the run go on for %s, and the last one ends it',
    async (first, last) => {
      await world.start('verify', { id: 'one' });
      await world.start('verify', { id: 'two' });
      const left = await world.operations.cancel(first, ada, never);
      expect(left).toMatchObject({
        state: 'cancelled',
        error: {
          name: 'CancelledError',
          message:
            'Cancelled; the verification goes on for the others who follow it',
        },
      });
      expect(world.runner.cancel).not.toHaveBeenCalled();
      expect(world.heard).toEqual(['one', first]);
      expect(
        await memory.knex('operation_events').where({ operation_id: first }),
      ).toHaveLength(first === 'two' ? 2 : 1);
      // It can still be followed
      expect((await world.start('verify', { id: 'three' })).how).toBe('joined');
      await world.operations.cancel('three', ada, never);
      await world.operations.cancel(last, ada, never);
      expect(world.runner.cancel).toHaveBeenCalledWith('one', ADA);
      expect((await world.start('verify', { id: 'four' })).how).toBe('new');
    },
  );

  it('of the last who has not cancelled it ends the run', async () => {
    await world.start('verify', { id: 'one' });
    await world.start('verify', { id: 'two' });
    await memory.store.operations.requestCancel('one');
    await world.operations.cancel('two', ada, never);
    expect(world.runner.cancel).toHaveBeenCalledWith('one', ADA);
  });
});

describe('A restart that has ended', () => {
  const done = async (result: object, more: object = {}) => {
    const { record } = await world.start('restart', { id: 'one' });
    await end('one');
    await world.operations.verifyEnded({
      records: [{ ...record, ...more }],
      result: { kind: 'restart', changed: true, warnings: [], ...result },
    } as any);
    return (await all()).length - 1;
  };

  it('is verified for its starter, where the guardrails of modules let it', async () => {
    const guard = jest.fn();
    world = operationsIn(memory, { guard });
    expect(await done({})).toBe(1);
    expect(guard).toHaveBeenLastCalledWith(
      expect.objectContaining({
        request: expect.objectContaining({ kind: 'verify' }),
      }),
    );
    expect(world.runner.launch).toHaveBeenCalledTimes(2);
  });

  it('is not where a guardrail is against it', async () => {
    const guard = jest.fn(async ({ request }: any) => {
      if (request.kind === 'verify') throw new Error('Not on a Friday');
    });
    world = operationsIn(memory, { guard: guard as any });
    await expect(done({})).rejects.toThrow('Not on a Friday');
    expect(await all()).toEqual(['one']);
  });

  it.each<[string, object, object]>([
    ['left something to say', { warnings: ['A pod is left.'] }, {}],
    ['is of one who is not allowed to verify', {}, { granted: [] }],
  ])('is not where it %s', async (_, result, more) => {
    expect(await done(result, more)).toBe(0);
  });
});
