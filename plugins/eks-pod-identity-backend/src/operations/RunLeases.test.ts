import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { retryingStore } from '../store/retryingStore';
import { memoryStore } from '../store/__testUtils__/memoryStore';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { leaseKeys } from './leaseKeys';
import { RunLeases, type RunLeasesOptions } from './RunLeases';
import { StopError } from './stop';

const memory = memoryStore();

const REF = { cluster: 'c', namespace: 'n', serviceAccount: 's' };
const RUN = leaseKeys.run('run');
const ROLE = { kind: 'role', name: 'arn' } as const;
const CLUSTER = { kind: 'cluster', name: 'c' } as const;
const HELD = { what: 'a run', ttlMs: 60_000, inherit: false };
const OTHER = { runId: 'other', instance: 'there' };
const holder = { runId: 'run', instance: 'here' };

let lost: jest.Mock;
let events: NewOperationEvent['data'][];
/** How long it paused each time. */
let pauses: number[];
/** Called in each pause, with its number. */
let whilePausing: (turn: number) => Promise<unknown>;
let run: AbortController;
let leases: RunLeases;

/** Its pauses end at once, and take their time on this clock alone. */
const clock = {
  now: () => memory.now,
  sleep: async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    // One that ran for ever would not fail
    memory.now += Math.max(ms, 1);
    await whilePausing(pauses.push(ms));
    signal?.throwIfAborted();
  },
};

const leasesOf = (more: Partial<RunLeasesOptions> = {}) =>
  new RunLeases({
    store: retryingStore(memory.store, clock),
    clock,
    holder,
    record: {
      ...queuedAssociate('run', REF),
      createdAt: memory.now,
    } as RunLeasesOptions['record'],
    signal: run.signal,
    ttlMs: 60_000,
    pollMs: 10,
    waitUntil: memory.now + 60_000,
    emit: async event => {
      events.push(event.data);
    },
    onLost: lost,
    ...more,
  });

const keys = (runId = 'run'): Promise<string[]> =>
  memory.knex('leases').where({ run_id: runId }).orderBy('key').pluck('key');

const othersHave = (key: string, what = 'their run') =>
  memory.store.leases.acquire(key, OTHER, { ...HELD, what });

beforeEach(async () => {
  await memory.store.leases.acquire(RUN, holder, HELD);
  lost = jest.fn();
  events = [];
  pauses = [];
  whilePausing = async () => undefined;
  run = new AbortController();
  leases = leasesOf();
});

/** What a step that writes asks for, while the steps beside it take and release leases. */
describe('The leases of a run', () => {
  /** Called around the renewal of the leases. */
  let meanwhile: { before?(): Promise<unknown>; after?(): Promise<unknown> };

  beforeEach(() => {
    meanwhile = {};
    const { store } = memory;
    leases = leasesOf({
      store: retryingStore(
        {
          ...store,
          leases: Object.assign(Object.create(store.leases), {
            renewRun: async (...args: [typeof holder, number]) => {
              await meanwhile.before?.();
              const kept = await store.leases.renewRun(...args);
              await meanwhile.after?.();
              return kept;
            },
          }),
        },
        clock,
      ),
    });
  });

  /** Takes the lease on a role now, and holds it until the answer is called. */
  async function take(): Promise<() => Promise<void>> {
    let release = () => {};
    let ended!: Promise<void>;
    await new Promise<void>(taken => {
      ended = leases.withLease(ROLE, async () => {
        taken();
        await new Promise<void>(resolve => {
          release = resolve;
        });
      });
    });
    return () => {
      release();
      return ended;
    };
  }

  it('are all there after one was taken during the look', async () => {
    meanwhile.after = take;
    await leases.beforeWrite('write');
    expect(lost).not.toHaveBeenCalled();
  });

  it('are all there after one was released during the look', async () => {
    meanwhile.before = await take();
    await leases.beforeWrite('write');
    expect(lost).not.toHaveBeenCalled();
  });

  it('are all there after one was released and taken again during the look', async () => {
    const release = await take();
    meanwhile.before = release;
    meanwhile.after = take;
    await leases.beforeWrite('write');
    expect(lost).not.toHaveBeenCalled();
  });

  it.each([RUN, leaseKeys.role(ROLE.name)])(
    'are lost when another process has %s',
    async key => {
      await take();
      meanwhile.before = () =>
        memory.store.leases.acquire(
          key,
          { runId: 'run', instance: 'there' },
          { what: 'a run', ttlMs: 60_000, inherit: true },
        );
      await expect(leases.beforeWrite('write')).rejects.toThrow(
        'no longer holds the lease',
      );
      expect(lost).toHaveBeenCalled();
    },
  );
});

/** One change of a service account, a role, a cluster at a time. */
describe('A run that needs a lease', () => {
  it('takes a free one without a word, and leaves it when its work is done or has failed', async () => {
    const key = leaseKeys.role(ROLE.name);
    expect(
      await leases.withLease(ROLE, async () => {
        expect(await keys()).toEqual([key, RUN]);
        return 'done';
      }),
    ).toBe('done');
    expect(await keys()).toEqual([RUN]);
    const failing = leases.withLease(ROLE, async () => {
      throw new Error('AWS said no');
    });
    await expect(failing).rejects.toThrow('AWS said no');
    expect(await keys()).toEqual([RUN]);
    expect(events).toEqual([]);
  });

  it('has what it held in the process that left it', async () => {
    const left = { runId: 'run', instance: 'left' };
    await memory.store.leases.acquire(leaseKeys.role(ROLE.name), left, HELD);
    await leases.withLease(ROLE, () => leases.beforeWrite('write'));
    expect(pauses).toEqual([]);
    expect(await keys()).toEqual([RUN]);
  });

  it('keeps one until the outermost of its users is done', async () => {
    const key = leaseKeys.cluster(CLUSTER.name);
    await leases.withLease(CLUSTER, async () => {
      await leases.withLease(CLUSTER, async () => {
        await leases.withLease(CLUSTER, async () => undefined);
        expect(await keys()).toEqual([key, RUN]);
      });
      expect(await keys()).toEqual([key, RUN]);
    });
    expect(await keys()).toEqual([RUN]);
  });

  it('takes them in one order, so that no two runs wait for each other', async () => {
    await leases.holdRef();
    await leases.withLease(ROLE, async () =>
      leases.withLease({ ...ROLE, name: 'another' }, async () =>
        leases.withLease(CLUSTER, async () => {
          expect(await keys()).toHaveLength(5);
          await expect(
            leases.withLease({ ...ROLE, name: 'late' }, async () => undefined),
          ).rejects.toThrow(
            'The lease on role late must be taken before that on a cluster',
          );
        }),
      ),
    );
    const late = leasesOf();
    await expect(late.withLease(ROLE, () => late.holdRef())).rejects.toThrow(
      'The lease on c/n/s must be taken before that on a role',
    );
  });

  it('waits for the one that changes the service account, and says for whom and how long', async () => {
    const key = leaseKeys.ref(REF);
    await othersHave(key, 'teardown of c/n/s');
    whilePausing = async turn => {
      if (turn === 3) await memory.store.leases.release(key, OTHER);
    };
    await leases.holdRef();
    expect(await keys()).toEqual([key, RUN]);
    expect(pauses).toEqual([10, 10, 10]);
    expect(events).toEqual([
      {
        id: 'lease.ref',
        status: 'waiting',
        message: expect.stringMatching(
          /^Waiting for c\/n\/s: teardown of c\/n\/s has held it since \d{4}-/,
        ),
      },
      {
        id: 'lease.ref',
        status: 'done',
        message: 'Acquired the lease on c/n/s',
        durationMs: 30,
      },
    ]);
  });

  it('says so again where another one has come first', async () => {
    const key = leaseKeys.ref(REF);
    await othersHave(key, 'the first');
    whilePausing = async turn => {
      await memory.store.leases.release(key, OTHER);
      if (turn === 1) await othersHave(key, 'the second');
    };
    await leases.holdRef();
    expect(events.map(data => 'message' in data && data.message)).toEqual([
      expect.stringContaining('the first has held it'),
      expect.stringContaining('the second has held it'),
      'Acquired the lease on c/n/s',
    ]);
  });

  it('waits for a role without a word about who else uses it', async () => {
    await othersHave(leaseKeys.role(ROLE.name), 'associate of c/secret/other');
    whilePausing = () =>
      memory.store.leases.release(leaseKeys.role(ROLE.name), OTHER);
    await leases.withLease(ROLE, async () => undefined);
    expect(events[0]).toMatchObject({
      id: 'lease.role',
      message: expect.stringContaining('another operation has held it since'),
    });
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it.each([
    [leaseKeys.ref(REF), () => leases.holdRef(), ' or cancel it, then run'],
    [
      leaseKeys.cluster(CLUSTER.name),
      () => leases.withLease(CLUSTER, async () => undefined),
      'until it has finished, then run',
    ],
  ])('gives %s up when its time is over', async (key, hold, says) => {
    await othersHave(key);
    leases = leasesOf({ waitUntil: memory.now + 25 });
    const held = hold();
    await expect(held).rejects.toThrow('Gave up waiting for');
    await expect(held).rejects.toThrow(says);
    expect(pauses).toEqual([10, 10, 5]);
    expect(await keys()).toEqual([RUN]);
  });

  it('stops waiting when it is cancelled', async () => {
    const key = leaseKeys.ref(REF);
    await othersHave(key);
    whilePausing = async () => {
      await memory.store.leases.release(key, OTHER);
      run.abort(new StopError('cancelled', 'Cancelled by ada'));
    };
    await expect(leases.holdRef()).rejects.toThrow('Cancelled by ada');
    expect(await keys()).toEqual([RUN]);
  });

  describe('beside another change of the service account', () => {
    const insert = async (id: string, createdAt: number) => {
      const { now } = memory;
      memory.now = createdAt;
      await memory.store.operations.insert(queuedAssociate(id, REF));
      await memory.store.leases.acquire(
        leaseKeys.run(id),
        { runId: id, instance: 'there' },
        HELD,
      );
      memory.now = now;
    };

    it('lets the older one go first, and knows that a younger one waits', async () => {
      await insert('run', memory.now);
      expect(await leases.isAwaited()).toBe(false);
      await insert('older', memory.now - 1);
      await insert('younger', memory.now + 1);
      whilePausing = () =>
        memory.knex('operations').where({ id: 'older' }).del();
      await leases.holdRef();
      expect(events[0]).toMatchObject({
        message: `Waiting for c/n/s: associate of c/n/s started by user:default/ada (operation older) has held it since ${new Date(
          memory.now - 11,
        ).toISOString()}`,
      });
      expect(pauses).toHaveLength(1);
      expect(await leases.isAwaited()).toBe(true);
    });

    it('takes a role though another one waits for the service account', async () => {
      await insert('older', memory.now - 1);
      await leases.withLease(ROLE, async () => undefined);
      expect(pauses).toEqual([]);
    });
  });
});

/** A stop ends a run between two steps, but for what must not be left half done. */
describe('A run that was stopped', () => {
  const stop = (reason: StopError['reason']) => new StopError(reason, reason);
  const messageOf = ({ message }: Error) => message;

  it.each(['cancelled', 'deadline', 'handover', 'lost'] as const)(
    'for %s writes nothing further',
    async reason => {
      run.abort(stop(reason));
      await expect(leases.beforeWrite('write')).rejects.toThrow(reason);
      expect(leases.wrote).toBe(false);
    },
  );

  it.each([
    ['cancelled', true, true],
    ['cancelled', false, true],
    ['deadline', true, true],
    ['deadline', false, true],
    ['handover', true, false],
    ['handover', false, false],
    ['lost', true, false],
    ['lost', false, false],
  ] as const)(
    'for %s, before that: %s, ends what it must end: %s',
    async (reason, isBefore, goesOn) => {
      if (isBefore) run.abort(stop(reason));
      const ended = leases.untilItsEnd(async signal => {
        run.abort(stop(reason));
        expect(signal.aborted).toBe(!goesOn);
        await leases.beforeWrite('write');
        return 'done';
      });
      expect(await ended.catch(messageOf)).toBe(goesOn ? 'done' : reason);
      await expect(leases.beforeWrite('more')).rejects.toThrow(reason);
    },
  );

  it('after what it had to end goes on as before', async () => {
    let during!: AbortSignal;
    await leases.untilItsEnd(async signal => {
      during = signal;
      await leases.untilItsEnd(async () => undefined);
      run.abort(stop('cancelled'));
      await leases.beforeWrite('write');
    });
    await expect(leases.beforeWrite('more')).rejects.toThrow('cancelled');
    expect(during.aborted).toBe(false);
  });

  it.each([
    ['another process', true],
    ['none', false],
  ])('by a cancel that reached %s: %s', async (_, isCancelled) => {
    await memory.store.operations.insert(queuedAssociate('run', REF));
    if (isCancelled) await memory.store.operations.requestCancel('run');
    const written = leases.beforeWrite('creating the role').catch(messageOf);
    expect(await written).toBe(
      isCancelled ? 'Cancelled before "creating the role"' : undefined,
    );
    expect(leases.wrote).toBe(!isCancelled);
    await leases.untilItsEnd(() => leases.beforeWrite('its end'));
    expect(leases.wrote).toBe(true);
  });
});
