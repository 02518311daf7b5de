import { memoryStore } from '../store/__testUtils__/memoryStore';
import { runDeps, untilStopped } from './__testUtils__/runDeps';
import { leaseKeys } from './leaseKeys';
import type { RunEnd } from './Run';
import { Runner } from './Runner';
import { StopError } from './stop';

const memory = memoryStore();
const HOUR = 3_600_000;
let world: ReturnType<typeof runDeps>;
let runner: Runner;
let ends: RunEnd[];
let onEnd: (end: RunEnd) => Promise<void>;
/** Ids of the operations that were begun, in that order. */
let begun: (string | undefined)[];
/** Why their work was stopped. */
let stops: string[];

beforeEach(() => {
  world = runDeps(memory);
  ends = [];
  begun = [];
  stops = [];
  onEnd = async end => {
    ends.push(end);
  };
  runner = new Runner({
    store: memory.store,
    deps: world.deps,
    onEnd: end => onEnd(end),
  });
  world.engine.work = context => {
    begun.push(context.operation?.id);
    return untilStopped(context).catch(error => {
      stops.push(error.reason);
      throw error;
    });
  };
});

/** Lets the runner do all that it can do now. */
const settled = async () => {
  for (let turn = 0; turn < 100; turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
};

/** Lets the runner go on until this holds. */
const until = async (holds: () => unknown) => {
  for (let turn = 0; turn < 2000 && !holds(); turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(holds()).toBeTruthy();
};

const find = async (id: string) => (await memory.store.operations.find(id))!;

const leases = async (): Promise<Record<string, string>> => {
  const rows = await memory.knex('leases').orderBy('key');
  return Object.fromEntries(rows.map(({ key, instance }) => [key, instance]));
};

/** What the process that carried it on left, its lease over. */
const left = (id: string, more: object = {}) =>
  world.given(id, more, 'there', -1);

const here = (id: string) => world.given(id, {}, runner.instance);

const says = (text: string) =>
  expect(world.logged).toContainEqual(expect.stringContaining(text));

describe('What another process left', () => {
  it('is carried on, each once', async () => {
    await left('run');
    await runner.recover();
    await until(() => begun.length === 1);
    await memory.knex('leases').update({ expires_at: 0 });
    await runner.recover();
    await settled();
    expect(begun).toEqual(['run']);
    expect((await find('run')).attempts).toBe(1);
    says(
      'Carrying on restart of prod/payments/api (operation run), which another process left',
    );
    runner.cancel('run', 'ada');
    await until(() => ends.length === 1);
    expect(ends[0].state).toBe('cancelled');
    expect(await leases()).toEqual({});
  });

  it('is left to a process that is still there', async () => {
    await world.given('run', {}, 'there');
    await runner.recover();
    expect((await find('run')).attempts).toBe(0);
    expect(await leases()).toEqual({ [leaseKeys.run('run')]: 'there' });
  });

  it('is left to another process that was faster, and forgotten where it has ended', async () => {
    await left('run');
    const { store } = memory;
    const orphanedRuns = async () => ['run'];
    const liveOfRun = jest.fn((id: string) => store.operations.liveOfRun(id));
    const looking = new Runner({
      store: {
        ...store,
        operations: Object.assign(Object.create(store.operations), {
          liveOfRun,
          orphanedRuns,
        }),
      },
      deps: world.deps,
      onEnd,
    });
    await memory.knex('leases').update({ expires_at: Date.now() + HOUR });
    await looking.recover();
    await settled();
    expect(begun).toEqual([]);
    expect((await find('run')).attempts).toBe(0);
    const found = [await find('run')];
    await store.operations.finish(
      ['run'],
      { state: 'succeeded', seq: 1 },
      memory.knex,
    );
    await looking.recover();
    expect(await leases()).toEqual({ [leaseKeys.run('run')]: 'there' });
    // It has ended between the look and the lease
    await memory.knex('leases').update({ expires_at: 1 });
    liveOfRun.mockImplementationOnce(async () => found);
    await looking.recover();
    await settled();
    expect(await leases()).toEqual({});
    expect(begun).toEqual([]);
    expect(world.logged).toEqual([]);
  });

  it('waits an hour for a process that knows its cluster', async () => {
    const ref = {
      cluster: 'new',
      namespace: 'payments',
      serviceAccount: 'api',
    };
    await left('run', { ref });
    await world.clock.advance(HOUR);
    await runner.recover();
    expect((await find('run')).attempts).toBe(0);
    await world.clock.advance(1);
    await runner.recover();
    await until(() => ends.length === 1);
    expect(ends[0]).toMatchObject({
      state: 'failed',
      error: {
        name: 'TimeoutError',
        message:
          'Interrupted, and no process carried it on within an hour; running it again carries on from what stands',
      },
    });
    expect(begun).toEqual([]);
  });

  it.each([
    [HOUR, undefined],
    [HOUR + 1, 'failed'],
  ])('%d ms ago ends as %s', async (ago, state) => {
    await left('run');
    await world.clock.advance(ago);
    await runner.recover();
    await until(() => ends.length + begun.length === 1);
    expect(ends[0]?.state).toBe(state);
    runner.cancel('run', 'ada');
    await until(() => ends.length === 1);
  });

  it.each([
    [4, undefined],
    [5, 'Given up after 6 interrupted attempts'],
  ])('%d times before that ends with %s', async (times, message) => {
    await left('run');
    await memory.knex('operations').update({ attempts: times });
    await runner.recover();
    await until(() => ends.length + begun.length === 1);
    expect(ends[0]?.error?.message.slice(0, 37)).toBe(message);
    runner.cancel('run', 'ada');
    await until(() => ends.length === 1);
  });

  it('ends as cancelled where it was', async () => {
    await left('run');
    await memory.store.operations.requestCancel('run');
    await runner.recover();
    await until(() => ends.length === 1);
    expect(ends[0]).toMatchObject({
      state: 'cancelled',
      error: { message: expect.stringContaining('Cancelled by its starter') },
    });
    expect(begun).toEqual([]);
  });
});

describe('A process that carries runs on', () => {
  it('begins each once, and stops it for who cancels it', async () => {
    const record = await here('run');
    runner.launch(record);
    await until(() => begun.length === 1);
    runner.launch(record);
    await settled();
    expect(begun).toEqual(['run']);
    runner.cancel('another', 'ada');
    runner.cancel('run', 'ada');
    await until(() => ends.length === 1);
    expect(ends).toMatchObject([
      { error: { message: expect.stringMatching(/^Cancelled by ada\. /) } },
    ]);
    expect(begun).toEqual(['run']);
  });

  it('only ends what it is to end', async () => {
    const stop = new StopError('deadline', 'Too late');
    runner.launch(await here('run'), stop);
    await until(() => ends.length === 1);
    expect(ends[0].error?.message).toBe('Too late');
    expect(begun).toEqual([]);
  });

  it('hands over what it carries on when it stops, and what comes after', async () => {
    runner.launch(await here('run'));
    await until(() => begun.length === 1);
    await runner.stop();
    expect(await leases()).toEqual({
      [leaseKeys.ref((await find('run')).ref)]: '',
      [leaseKeys.run('run')]: '',
    });
    says('Left restart of prod/payments/api (operation run) to another');
    expect(await memory.store.operations.orphanedRuns(9)).toEqual(['run']);
    await runner.recover();
    expect((await find('run')).attempts).toBe(0);
    await memory.knex('operations').del();
    runner.launch(await here('late'));
    await until(() => world.logged.length === 2);
    says('Left restart of prod/payments/api (operation late) to another');
    expect(ends).toEqual([]);
  });

  it('says what came of an end that could not be recorded', async () => {
    onEnd = async () => {
      throw new Error('The audit log is away');
    };
    world.engine.work = async () => ({ kind: 'restart' } as any);
    runner.launch(await here('run'));
    await until(() => world.logged.length === 1);
    says('Could not record the end of restart of prod/payments/api');
    await world.clock.advance(0);
    expect((await find('run')).state).toBe('succeeded');
  });

  it('keeps its leases, and stops what another process has taken over', async () => {
    runner.launch(await here('kept'));
    await until(() => begun.length === 1);
    const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'web' };
    runner.launch(await world.given('taken', { ref }, runner.instance));
    await until(() => begun.length === 2);
    await memory.knex('leases').update({ expires_at: 1 });
    await memory
      .knex('leases')
      .where({ key: leaseKeys.run('taken') })
      .update({ instance: 'there', expires_at: Date.now() + HOUR });
    runner.start();
    await world.clock.advance(10_000);
    const kept = await memory
      .knex('leases')
      .where({ key: leaseKeys.run('kept') })
      .first();
    expect(kept.expires_at).toBeGreaterThan(1);
    expect(kept.instance).toBe(runner.instance);
    expect(ends).toEqual([]);
    await memory.store.operations.requestCancel('kept');
    await world.clock.advance(1000);
    await until(() => ends.length === 1);
    expect(ends[0]).toMatchObject({
      records: [{ id: 'kept' }],
      error: {
        message: expect.stringContaining(
          'Cancelled by its starter or an administrator',
        ),
      },
    });
    await runner.stop();
    expect((await find('taken')).state).toBe('running');
    expect(stops).toEqual(['lost', 'cancelled']);
    expect(world.logged).toEqual([]);
  });

  it('goes on looking where the database was away', async () => {
    const { store } = memory;
    let looks = 0;
    const away = new Runner({
      store: {
        ...store,
        operations: Object.assign(Object.create(store.operations), {
          orphanedRuns: async () => {
            looks += 1;
            if (looks === 1) throw new Error('away');
            return [];
          },
        }),
      },
      deps: world.deps,
      onEnd,
    });
    away.start();
    await until(() => world.logged.length === 1);
    says('Could not take over abandoned operations; trying again');
    await world.clock.advance(10_000);
    await until(() => looks === 2);
    await away.stop();
    await world.clock.advance(20_000);
    expect(looks).toBe(2);
  });
});
