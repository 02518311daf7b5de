import { memoryStore } from './__testUtils__/memoryStore';

const memory = memoryStore();
const MINUTE = 60_000;
const me = { runId: 'r1', instance: 'i1' };
const heir = { runId: 'r1', instance: 'i2' };
const other = { runId: 'r2', instance: 'i2' };
const leases = () => memory.store.leases;
const inside = <T>(work: (tx: any) => Promise<T>) =>
  memory.store.transaction(tx => work(tx));

const take = (
  key: string,
  holder = me,
  { ttlMs = MINUTE, inherit = false } = {},
) =>
  leases().acquire(key, holder, {
    what: `work of ${holder.runId}`,
    ttlMs,
    inherit,
  });
const isMine = async (key: string, holder = me) =>
  (await take(key, holder)).acquired;

it('goes to one run until it is released or over', async () => {
  expect(await take('a')).toEqual({ acquired: true });
  expect(await take('a', other)).toEqual({
    acquired: false,
    by: { runId: 'r1', what: 'work of r1', since: expect.any(Number) },
  });
  await leases().release('a', heir);
  expect(await isMine('a', other)).toBe(false);
  await leases().release('a', me);
  expect(await isMine('a', other)).toBe(true);
  await take('b', me, { ttlMs: -1 });
  expect(await isMine('b', other)).toBe(true);
});

it('goes to another process of the run only where that took the run over', async () => {
  await take('a');
  expect(await isMine('a', heir)).toBe(false);
  expect((await take('a', heir, { inherit: true })).acquired).toBe(true);
  expect(await isMine('a')).toBe(false);
});

it('is renewed for the process that holds it, and for no other', async () => {
  await take('a');
  await take('b', me, { ttlMs: -1 });
  await take('c', heir);
  expect(await leases().renewRun(me, MINUTE)).toEqual(['a', 'b']);
  expect(await isMine('b', other)).toBe(false);
  expect(await leases().renewRuns('i1', ['r2'], MINUTE)).toEqual([]);
  expect(await leases().renewRuns('i1', [], MINUTE)).toEqual([]);
  expect(await leases().renewRuns('i2', ['r1', 'r2'], MINUTE)).toEqual([
    { key: 'c', runId: 'r1' },
  ]);
});

it('is seen by a transaction as what it is: of a run, and of its process', async () => {
  await take('a');
  await take('b', heir);
  const lock = (key: string, runId: string) =>
    inside(tx => leases().lock(key, runId, tx));
  expect(await lock('a', 'r1')).toBe(true);
  expect(await lock('a', 'r2')).toBe(false);
  expect(await lock('none', 'r1')).toBe(false);
  const lockRun = (key: string, holder: typeof me) =>
    inside(tx => leases().lockRun(key, holder, tx));
  expect(await lockRun('a', me)).toBe(true);
  expect(await lockRun('a', heir)).toBe(false);
  expect(await lockRun('b', me)).toBe(false);
  expect(await lockRun('a', other)).toBe(false);
});

it('names the run that a key stands for, the first one that asked', async () => {
  const claim = (holder: typeof me) =>
    inside(tx => leases().claim('a', holder, 'work', tx));
  expect(await claim(me)).toBe('r1');
  expect(await claim(other)).toBe('r1');
  await inside(tx => leases().drop('a', 'r2', tx));
  expect(await claim(other)).toBe('r1');
  await inside(tx => leases().drop('a', 'r1', tx));
  expect(await claim(other)).toBe('r2');
});

it('ends with its run, whichever process holds it, and others stay', async () => {
  await take('a');
  await take('b', heir);
  await take('c', other);
  await inside(tx => leases().releaseRun('r1', tx));
  expect(await memory.knex('leases').pluck('key')).toEqual(['c']);
});

it('is left to others at once where its process gives the run up', async () => {
  await take('a');
  await take('b', heir);
  await leases().expireRun(me);
  expect(await leases().renewRun(me, MINUTE)).toEqual([]);
  expect(await isMine('a', other)).toBe(true);
  expect(await isMine('b', other)).toBe(false);
});
