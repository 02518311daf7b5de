import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import { operationsOf, type Standing } from './__testUtils__/operationsOf';
import { queuedAssociate } from './__testUtils__/queuedAssociate';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };
const ADA = 'user:default/ada';
const BOB = 'user:default/bob';
const LIVE_MS = 60_000;
const operation = operationsOf(memory, ref);
const operations = () => memory.store.operations;

const hold = (runId: string, ttlMs = LIVE_MS) =>
  memory.store.leases.acquire(
    `run/${runId}`,
    { runId, instance: 'i' },
    { what: runId, ttlMs, inherit: false },
  );

const verified = (id: string, more: object = {}): Standing => ({
  id,
  kind: 'verify',
  result: {
    kind: 'verify',
    report: { id: `report-of-${id}`, checks: [] },
    ...more,
  },
});

describe('the verification that a card shows', () => {
  const RUNNING: Standing = { kind: 'verify', state: 'running' };
  const of = (initiator: string): Standing => ({ more: { initiator } });

  it.each<[string, Standing[], object | undefined]>([
    ['none', [], undefined],
    ['no change', [{ state: 'running' }], undefined],
    [
      'one that waits',
      [{ ...RUNNING, id: 'a', state: 'queued' }],
      { running: { id: 'a', mine: true } },
    ],
    [
      'one of another user',
      [{ ...RUNNING, id: 'a', ...of(BOB) }],
      { running: { id: 'a', mine: false } },
    ],
    [
      'the own one before that of another',
      [
        { ...RUNNING, id: 'a', ...of(BOB) },
        { ...RUNNING, id: 'b' },
      ],
      { running: { id: 'b', mine: true } },
    ],
    [
      'the own one, which another follows',
      [
        { ...RUNNING, id: 'a' },
        { ...RUNNING, id: 'b', ...of(BOB) },
      ],
      { running: { id: 'a', mine: true } },
    ],
    [
      'the first of others',
      [
        { ...RUNNING, id: 'a', ...of(BOB) },
        { ...RUNNING, id: 'b', ...of(BOB) },
      ],
      { running: { id: 'a', mine: false } },
    ],
    [
      'the first of the own ones',
      [
        { ...RUNNING, id: 'a' },
        { ...RUNNING, id: 'b' },
      ],
      { running: { id: 'a', mine: true } },
    ],
    [
      'the last one that ended',
      [verified('a'), verified('b')],
      { ended: { id: 'b', reportId: 'report-of-b' } },
    ],
    [
      'one that ended and one that runs',
      [verified('a'), { ...RUNNING, id: 'b' }],
      {
        ended: { id: 'a', reportId: 'report-of-a' },
        running: { id: 'b', mine: true },
      },
    ],
    [
      'no more than that there is one, which was answered from an earlier report',
      [verified('a', { reused: true })],
      {},
    ],
    [
      'the one that ended before one that was answered from its report',
      [verified('a'), verified('b', { reused: true })],
      { ended: { id: 'a', reportId: 'report-of-a' } },
    ],
    ['none that failed', [{ kind: 'verify', state: 'failed' }], undefined],
  ])('is %s', async (_, standing, shown) => {
    await operation(verified('too-old'));
    const since = memory.now + 1;
    for (const one of standing) await operation(one);
    const found = await operations().currentVerifications(
      [ref, neighbour],
      ADA,
      since,
    );
    expect(found.get(stringifyServiceAccountRef(ref))).toEqual(shown);
    expect(found.size).toBe(shown ? 1 : 0);
  });
});

it('finds an operation of a caller by its key, until the key is given back', async () => {
  await operation({ id: 'a', more: { idempotencyKey: 'k' } });
  await operation({ id: 'b', more: { idempotencyKey: 'k', initiator: BOB } });
  expect((await operations().findByKey(ADA, 'k'))?.id).toBe('a');
  expect((await operations().findByKey(BOB, 'k'))?.id).toBe('b');
  expect(await operations().findByKey(ADA, 'another')).toBeUndefined();
  await operations().releaseKey('a');
  expect(await operations().findByKey(ADA, 'k')).toBeUndefined();
  expect((await operations().findByKey(BOB, 'k'))?.id).toBe('b');
  expect((await operations().find('a'))?.state).toBe('succeeded');
});

it('lists what a user asked for that has not ended or did of late, the newest first', async () => {
  await operation({ id: 'long-ago' });
  await operation({ id: 'runs', state: 'running' });
  await operation({ id: 'of-another', more: { initiator: BOB } });
  await operation({ id: 'late', state: 'failed' });
  const { now } = memory;
  const ids = async (since: number) =>
    (await operations().ofInitiator(ADA, since)).map(({ id }) => id);
  expect(await ids(now)).toEqual(['late', 'runs']);
  expect(await ids(now + 1)).toEqual(['runs']);
  expect(await ids(0)).toEqual(['late', 'runs', 'long-ago']);
});

it('lists what of a run has not ended, the oldest first', async () => {
  await operation({ id: 'lead', state: 'running' });
  const joins = { more: { runId: 'lead' } };
  await operation({ id: 'joined', state: 'queued', ...joins });
  await operation({ id: 'left', state: 'cancelled', ...joins });
  await operation({ id: 'alone', state: 'running' });
  const live = await operations().liveOfRun('lead');
  expect(live.map(({ id }) => id)).toEqual(['lead', 'joined']);
});

it('begins those of a run that wait, and says how many', async () => {
  await operation({ id: 'lead', state: 'queued' });
  await operation({ id: 'joined', state: 'queued', more: { runId: 'lead' } });
  await operation({ id: 'alone', state: 'queued' });
  const begin = () =>
    memory.store.transaction(tx => operations().markRunning('lead', tx));
  expect(await begin()).toBe(2);
  expect(await begin()).toBe(0);
  expect((await operations().find('joined'))?.state).toBe('running');
  expect((await operations().find('alone'))?.state).toBe('queued');
});

it('counts what has not ended, by kind and state, since the oldest was accepted', async () => {
  await operation({ id: 'oldest', state: 'queued' });
  const since = memory.now;
  await operation({ state: 'queued' });
  await operation({ kind: 'verify', state: 'running' });
  await operation();
  const counted = await operations().unfinished();
  expect(counted.sort((a, b) => b.count - a.count)).toEqual([
    { kind: 'associate', state: 'queued', count: 2, since },
    { kind: 'verify', state: 'running', count: 1, since: since + 2000 },
  ]);
});

it('keeps the first plan of a run, and takes none once it has ended', async () => {
  await operation({ id: 'a', state: 'running' });
  await operation({ id: 'ended' });
  const planOf = async (id: string) => (await operations().find(id))?.plan;
  for (const name of ['first', 'second'])
    for (const id of ['a', 'ended'])
      await operations().setPlan(id, { name } as any);
  expect(await planOf('a')).toEqual({ name: 'first' });
  expect(await planOf('ended')).toBeUndefined();
});

it('ends an operation with all that is known of it, once', async () => {
  await operation({ id: 'a', state: 'running' });
  await operation({ id: 'b', state: 'running' });
  await operation({ id: 'c', state: 'running' });
  const error = { name: 'ConflictError', message: 'It is of others' };
  const finish = (ids: string[], end: object) =>
    memory.store.transaction(tx => operations().finish(ids, end as any, tx));
  await finish(['a'], { state: 'failed', seq: 4, wrote: true, error });
  await finish(['a', 'b'], { state: 'cancelled', seq: 9 });
  expect(await operations().find('a')).toMatchObject({
    state: 'failed',
    wrote: true,
    error,
    result: undefined,
    endSeq: 4,
    lastSeq: 4,
    finishedAt: memory.now,
  });
  expect(await operations().find('b')).toMatchObject({
    state: 'cancelled',
    wrote: false,
    error: undefined,
  });
  expect(await operations().find('c')).toMatchObject({
    state: 'running',
    endSeq: undefined,
    finishedAt: undefined,
  });
});

it('cancels a run once each of its operations that go on is cancelled', async () => {
  await operation({ id: 'lead', state: 'running' });
  await operation({ id: 'joined', state: 'queued', more: { runId: 'lead' } });
  await operation({ id: 'other', state: 'running' });
  const cancelled = async () => [
    ...(await operations().cancelledRuns(['lead', 'other'])),
  ];
  await operations().requestCancel('lead');
  const asked = memory.now;
  expect(await cancelled()).toEqual([]);
  memory.now += 5;
  await operations().requestCancel('lead');
  await operations().requestCancel('joined');
  expect(await cancelled()).toEqual(['lead']);
  for (const none of [[], ['other']])
    expect(await operations().cancelledRuns(none)).toEqual(new Set());
  // The first request counts
  expect((await operations().find('lead'))?.cancelRequestedAt).toBe(asked);
  await operation({ id: 'ended' });
  await operations().requestCancel('ended');
  expect((await operations().find('ended'))?.cancelRequestedAt).toBeUndefined();
});

it('finds runs that no process carries on, the oldest first, and counts who takes them over', async () => {
  for (const id of ['left', 'held', 'never-begun'])
    await operation({ id, state: 'running' });
  await operation({ id: 'ended' });
  await hold('left', -1);
  await hold('held');
  expect(await operations().orphanedRuns(9)).toEqual(['left', 'never-begun']);
  expect(await operations().orphanedRuns(1)).toEqual(['left']);
  expect(await operations().countAttempt('left')).toBe(1);
  expect(await operations().countAttempt('left')).toBe(2);
  expect(await operations().countAttempt('none')).toBe(0);
});

describe('the older change that another one waits for', () => {
  const WAITS: Standing = { id: 'b', state: 'queued' };

  it.each<[string, Standing, string | undefined]>([
    ['one that waits in a living process', {}, 'b'],
    ['none whose process is gone', { id: 'gone' }, undefined],
    ['none that runs', { state: 'running' }, undefined],
    ['none of a neighbour', { ref: neighbour }, undefined],
    ['no verification', { kind: 'verify' }, undefined],
    ['a restart', { kind: 'restart' }, 'b'],
  ])('is %s', async (_, more, older) => {
    await operation({ ...WAITS, ...more });
    await operation({ id: 'c', state: 'queued' });
    await hold('b');
    await hold('gone', -1);
    const record = await operations().find('c');
    expect((await operations().olderWaiting(record!))?.id).toBe(older);
  });

  it('is the oldest, of two at once the one whose id comes first, and none that is to be cancelled', async () => {
    for (const id of ['a', 'b', 'c']) {
      await operations().insert(queuedAssociate(id, ref));
      await hold(id);
    }
    const olderThan = async (id: string) => {
      const record = await operations().find(id);
      return (await operations().olderWaiting(record!))?.id;
    };
    expect(await olderThan('c')).toBe('a');
    expect(await olderThan('a')).toBeUndefined();
    await operations().requestCancel('a');
    expect(await olderThan('c')).toBe('b');
  });
});

it.each<[boolean, string, Standing]>([
  [true, 'another change', { state: 'queued' }],
  [true, 'a restart that runs', { state: 'running', kind: 'restart' }],
  [false, 'a plan', { state: 'queued', input: { planOnly: true } }],
  [false, 'a verification', { state: 'queued', kind: 'verify' }],
  [false, 'a change of a neighbour', { state: 'queued', ref: neighbour }],
  [false, 'one that has ended', { state: 'failed' }],
])('says whether a change is awaited: %s, with %s', async (is, _, other) => {
  const first = { id: await operation({ state: 'running' }), ref };
  expect(await operations().isAwaited(first)).toBe(false);
  const id = await operation(other);
  expect(await operations().isAwaited(first)).toBe(is);
  await operations().requestCancel(id);
  expect(await operations().isAwaited(first)).toBe(false);
});

describe('what is kept of old operations', () => {
  const ids = async () =>
    (await memory.knex('operations').orderBy('created_at').pluck('id')).join();
  const sweep = () => operations().sweep(memory.now + 1);

  it('is what has not ended, with the leader of its run, and the last change of each ref', async () => {
    await operation({ id: 'before' });
    await operation({ id: 'change' });
    await operation({ id: 'of-neighbour', ref: neighbour });
    await operation({ id: 'restart', kind: 'restart' });
    await operation({ id: 'failed', state: 'failed' });
    await operation({ id: 'planned', input: { planOnly: true } });
    await operation({ id: 'lead', kind: 'verify' });
    await operation({
      id: 'joined',
      kind: 'verify',
      state: 'running',
      more: { runId: 'lead' },
    });
    expect(await sweep()).toBe(4);
    expect(await ids()).toBe('change,of-neighbour,lead,joined');
    expect(await sweep()).toBe(0);
  });

  it('is the last one that wrote beside the last one that found nothing to do, and the end of IRSA beside the move', async () => {
    const move = (until: string): Standing => ({
      kind: 'migrate',
      input: { until },
    });
    await operation({ id: 'moved', ...move('moved') });
    await operation({ id: 'rehearsed-1', ...move('rehearsed') });
    await operation({ id: 'finished', ...move('finished') });
    await operation({ id: 'nothing-1', wrote: false });
    await operation({ id: 'nothing-2', wrote: false });
    await sweep();
    expect(await ids()).toBe('moved,finished,nothing-2');
  });

  it('is what is not old enough, and the events of an old one go with it', async () => {
    const id = await operation({ kind: 'verify' });
    const log = { type: 'log', data: { level: 'info', message: 'x' } } as const;
    await memory.store.events.append(id, log);
    expect(await operations().sweep(memory.now)).toBe(0);
    expect(await sweep()).toBe(1);
    expect(await memory.knex('operation_events')).toEqual([]);
  });
});
