import type { OperationResult } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from '../store/__testUtils__/memoryStore';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { ref, runDeps, untilStopped, type Work } from './__testUtils__/runDeps';
import { leaseKeys } from './leaseKeys';
import { Run } from './Run';
import { StopError } from './stop';

const memory = memoryStore();
let world: ReturnType<typeof runDeps>;
beforeEach(() => {
  world = runDeps(memory);
});

const RESTARTED = { kind: 'restart', changed: true } as OperationResult;
const { input } = queuedAssociate('', ref);

const begin: ReturnType<typeof runDeps>['begin'] = (more, work) =>
  world.begin(more, work);

const find = async (id = 'run') => (await memory.store.operations.find(id))!;

const keys = (): Promise<string[]> =>
  memory.knex('leases').orderBy('key').pluck('key');

const events = async () => {
  const rows = await memory.knex('operation_events').orderBy('seq');
  return rows.map(({ type, data }) => {
    const { state, message } = JSON.parse(data);
    return state ?? message ?? type;
  });
};

/** Another process takes the run over. */
const takeOver = () =>
  memory.store.leases.acquire(
    leaseKeys.run('run'),
    { runId: 'run', instance: 'there' },
    { what: 'a run', ttlMs: 60_000, inherit: true },
  );

describe('A run', () => {
  it('ends with its result, and leaves its leases', async () => {
    let during: unknown;
    const run = await begin({}, async ({ emit, guard }) => {
      during = [(await find()).state, await keys()];
      await emit({ type: 'log', data: { level: 'info', message: 'Said.' } });
      await emit({ type: 'plan', data: { steps: [] } as any });
      await guard.beforeWrite('write');
      return RESTARTED;
    });
    const end = await run.execute();
    expect(during).toEqual([
      'running',
      [leaseKeys.ref(ref), leaseKeys.run('run')],
    ]);
    expect(end).toMatchObject({
      records: [{ id: 'run' }],
      state: 'succeeded',
      result: RESTARTED,
      wrote: true,
    });
    expect(await find()).toMatchObject({
      state: 'succeeded',
      result: RESTARTED,
      wrote: true,
      plan: { steps: [] },
      endSeq: 5,
    });
    expect(await keys()).toEqual([]);
    expect(await events()).toEqual([
      'running',
      'Said.',
      'plan',
      'result',
      'succeeded',
    ]);
    expect(world.hub.notify.mock.calls).toEqual(Array(4).fill(['run']));
  });

  it.each<[string, object, boolean]>([
    ['restart', {}, true],
    ['associate', {}, true],
    ['associate', { planOnly: true }, false],
    ['verify', {}, false],
  ])('of %s with %j waits for other changes: %s', async (kind, more, waits) => {
    let during: string[] = [];
    const run = await begin(
      { kind: kind as 'verify', input: { ...input, ...more } },
      async () => {
        during = await keys();
        throw new Error('AWS said no');
      },
    );
    expect(await run.execute()).toMatchObject({
      state: 'failed',
      error: { name: 'Error', message: 'AWS said no' },
      wrote: false,
    });
    expect(during.includes(leaseKeys.ref(ref))).toBe(waits);
    expect(await find()).toMatchObject({ state: 'failed', wrote: false });
    expect(await keys()).toEqual([]);
  });

  it('that another process began may have written', async () => {
    await begin();
    await memory.store.operations.markRunning('run', memory.knex);
    const run = new Run({
      record: await find(),
      instance: 'here',
      deps: world.deps,
    });
    expect(await run.execute()).toMatchObject({ wrote: true });
    expect(await events()).toEqual(['result', 'succeeded']);
  });

  it.each<[StopError['reason'], string | undefined, string | undefined]>([
    ['cancelled', 'cancelled', 'CancelledError'],
    ['deadline', 'failed', 'TimeoutError'],
    ['handover', undefined, undefined],
    ['lost', undefined, undefined],
  ])('that is stopped (%s) ends as %s', async (reason, state, name) => {
    const run: Run = await begin({}, async context => {
      run.stop(new StopError(reason, 'Stopped'));
      run.stop(new StopError('cancelled', 'Too late'));
      return untilStopped(context);
    });
    const end = await run.execute();
    expect(run.stopped?.message).toBe('Stopped');
    expect(end?.state).toBe(state);
    expect(end?.error?.name).toBe(name);
    expect((await find()).state).toBe(state ?? 'running');
    // The process that carries it on takes them over
    expect(await keys()).toHaveLength(state ? 0 : 2);
  });

  it('is not stopped of itself', async () => {
    expect((await begin()).stopped).toBeUndefined();
  });

  it('is cancelled where a write finds the cancel in the database', async () => {
    const run = await begin({}, async ({ guard }) => {
      await memory.store.operations.requestCancel('run');
      await guard.beforeWrite('creating a role');
      return RESTARTED;
    });
    expect(await run.execute()).toMatchObject({
      state: 'cancelled',
      error: {
        message: expect.stringContaining('Cancelled before "creating a role"'),
      },
    });
  });

  it.each<[string, Work, string | undefined]>([
    [
      'says nothing further',
      ({ emit }) =>
        emit({ type: 'log', data: { level: 'info', message: 'Mine.' } }) as any,
      'lost',
    ],
    ['writes no end', async () => RESTARTED, undefined],
  ])('that another process has taken over %s', async (_, work, stopped) => {
    const run = await begin({}, async context => {
      await takeOver();
      return work(context);
    });
    expect(await run.execute()).toBeUndefined();
    expect(run.stopped?.reason).toBe(stopped);
    expect((await find()).state).toBe('running');
    expect(await events()).toEqual(['running']);
  });

  it('says the rest, though a line before could not be written', async () => {
    const append = memory.store.events.append.bind(memory.store.events);
    let isBroken = false;
    const families = {
      ...memory.store,
      events: Object.create(memory.store.events),
    };
    families.events.append = async (...args: Parameters<typeof append>) => {
      if (isBroken) throw new Error('No column is so long');
      return append(...args);
    };
    Object.assign(world.deps.store, { events: families.events });
    const line = {
      type: 'log',
      data: { level: 'info', message: 'Said.' },
    } as const;
    const run = await begin({}, async ({ emit }) => {
      isBroken = true;
      await emit(line).catch(() => undefined);
      isBroken = false;
      await emit(line);
      isBroken = true;
      emit(line).catch(() => undefined);
      return RESTARTED;
    });
    expect((await run.execute())?.state).toBe('succeeded');
    expect(await events()).toEqual(['running', 'Said.', 'result', 'succeeded']);
  });
});

describe('The longest time of a run', () => {
  const hours = 4 * 3600;
  it.each<[string, object, number]>([
    ['verify', {}, 420],
    ['verify', { timeoutSeconds: 60 }, 180],
    ['teardown', { timeoutSeconds: 60 }, 180],
    ['restart', { timeoutSeconds: 60 }, 240],
    ['associate', { timeoutSeconds: 60 }, 780],
    ['associate', { timeoutSeconds: 60, restartWorkloads: true }, 840],
    ['migrate', { timeoutSeconds: 60 }, 180 + hours],
    ['rollback', { timeoutSeconds: 60 }, 180 + hours],
  ])('of %s with %j is %d s', async (kind, more, seconds) => {
    const run = await begin(
      { kind: kind as 'verify', input: { ...input, ...more } },
      untilStopped,
    );
    const ended = run.execute();
    await world.clock.advance(seconds * 1000 - 1);
    expect(run.stopped).toBeUndefined();
    await world.clock.advance(1);
    expect(await ended).toMatchObject({
      state: 'failed',
      error: {
        name: 'TimeoutError',
        message: `Did not finish within ${seconds} s and was stopped; running it again carries on from what stands`,
      },
    });
  });

  it('is not waited for once it has ended', async () => {
    await (await begin()).execute();
    expect(world.clock.waiting).toBe(0);
  });
});
