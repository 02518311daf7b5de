import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, NewOperationRecord, Store } from '.';
import { queuedAssociate } from './__testUtils__/queuedAssociate';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('leases on %s', databaseId => {
  let knex: Knex;
  let store: Store;
  let now: number;

  beforeEach(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
    await knex.migrate.latest({ directory: migrationsDirectory });
    now = Date.parse('2026-01-01T00:00:00.000Z');
    store = createStore(knex, () => now);
  });

  const me = { runId: 'r1', instance: 'i1' };
  const take = (
    holder: { runId: string; instance: string },
    options: { inherit?: boolean } = {},
  ) =>
    store.leases.acquire('ref/x', holder, {
      what: `work of ${holder.runId}`,
      ttlMs: PATIENCE_MS,
      inherit: true,
      ...options,
    });

  /** For the leases that there are, as if they had been taken so much earlier. */
  const pass = (ms: number) => knex('leases').decrement('expires_at', ms);

  it('belong to one run at a time', async () => {
    expect(await take(me)).toEqual({ acquired: true });
    expect(await take(me)).toEqual({ acquired: true });
    expect(await take({ runId: 'r2', instance: 'i2' })).toMatchObject({
      acquired: false,
      by: { runId: 'r1', what: 'work of r1' },
    });
    await store.leases.release('ref/x', { runId: 'r2', instance: 'i2' });
    expect(await take({ runId: 'r2', instance: 'i2' })).toMatchObject({
      acquired: false,
    });
    await store.leases.release('ref/x', me);
    expect(await take({ runId: 'r2', instance: 'i2' })).toEqual({
      acquired: true,
    });
  });

  it('have one winner when many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        take({ runId: `r${index}`, instance: `i${index}` }),
      ),
    );
    expect(answers.filter(answer => answer.acquired)).toHaveLength(1);
  });

  it('end with their time, by the clock of the database', async () => {
    await take(me);
    const other = { runId: 'r2', instance: 'i2' };
    expect(await take(other)).toMatchObject({ acquired: false });
    // The clock of this process does not count.
    now += 3600_000;
    expect(await take(other)).toMatchObject({ acquired: false });
    await pass(PATIENCE_MS);
    expect(await take(other)).toEqual({ acquired: true });
    expect(await store.leases.renewRun(me, 1000)).toEqual([]);
  });

  it('last as long as they are renewed', async () => {
    await take(me);
    for (let round = 0; round < 4; round++) {
      await pass(PATIENCE_MS / 2);
      expect(
        await store.leases.renewRuns('i1', ['r1', 'r9'], PATIENCE_MS),
      ).toEqual([{ key: 'ref/x', runId: 'r1' }]);
    }
    expect(await take({ runId: 'r2', instance: 'i2' })).toMatchObject({
      acquired: false,
    });
  });

  it('go from a process to the one that took its run over, and only then', async () => {
    await take(me);
    const heir = { runId: 'r1', instance: 'i2' };
    expect(await take(heir, { inherit: false })).toMatchObject({
      acquired: false,
    });
    expect(await take(heir)).toEqual({ acquired: true });
    expect(await store.leases.renewRun(me, 1000)).toEqual([]);
    expect(await store.leases.renewRun(heir, 1000)).toEqual(['ref/x']);
  });

  it('can be left to others at once', async () => {
    await take(me);
    await store.leases.expireRun(me);
    expect(await take({ runId: 'r2', instance: 'i2' })).toEqual({
      acquired: true,
    });
  });

  const ref = { cluster: 'c', namespace: 'n', serviceAccount: 's' };
  const operation = (id: string, more: Partial<NewOperationRecord>) =>
    queuedAssociate(id, ref, more);

  it.each<[string, boolean, Partial<NewOperationRecord>]>([
    ['another change', true, {}],
    ['one that another process left', true, { state: 'running' }],
    ['a restart', true, { kind: 'restart' }],
    ['a verification', false, { kind: 'verify' }],
    ['a plan', false, { input: { planOnly: true } as any }],
    ['a change of a neighbour', false, { ref: { ...ref, namespace: 'm' } }],
    ['one that has ended', false, { state: 'failed' }],
  ])('on a ref are awaited, or not, by %s', async (_, awaited, more) => {
    const first = operation('first', { state: 'running' });
    await store.operations.insert(first);
    const before = await store.operations.isAwaited(first);
    await store.operations.insert(operation('second', more));
    const meanwhile = await store.operations.isAwaited(first);
    await store.operations.requestCancel('second');
    const after = await store.operations.isAwaited(first);
    expect([before, meanwhile, after]).toEqual([false, awaited, false]);
  });
});
