import { TestDatabaseId } from '@backstage/backend-test-utils';
import { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, Store } from '.';

const databases = createTestDatabases();

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };

describe.each(databases.eachSupportedId())('reports on %s', databaseId => {
  let knex: Knex;
  let store: Store;
  let now: number;

  beforeEach(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
    await knex.migrate.latest({ directory: migrationsDirectory });
    now = Date.parse('2026-01-01T00:00:00.000Z');
    store = createStore(knex, () => now);
  });

  const report = (
    id: string,
    minutes: number,
    extra: Partial<VerificationReport> = {},
  ): VerificationReport => {
    const at = new Date(now + minutes * 60_000).toISOString();
    return {
      id,
      ref,
      trigger: 'user',
      status: 'verified',
      proof: 'credentials',
      probe: 'pod',
      fingerprint: 'f',
      startedAt: at,
      finishedAt: at,
      checks: [],
      engineVersion: '1',
      ...extra,
    };
  };

  it('are read once by id, of the last few hundred', async () => {
    const ids = Array.from({ length: 301 }, (_, index) => `many-${index}`);
    await store.reports.insertMany(ids.map(id => ({ report: report(id, 1) })));
    let read: unknown[] = [];
    knex.on('query', ({ bindings }) => {
      read = bindings;
    });
    const found = await store.reports.findMany(ids.slice(0, 300));
    expect(found.size).toBe(300);
    read = [];
    expect(await store.reports.findMany(ids.slice(0, 300))).toEqual(found);
    expect(read).toEqual([]);
    expect((await store.reports.findMany(ids)).size).toBe(301);
    expect(read).toEqual(['many-300']);
    await store.reports.findMany(['many-1', 'many-0', 'missing']);
    // The one that was used least lately had to go
    expect(read).toEqual(['many-0', 'missing']);
  });

  it('are paged from the newest on, without gaps where times are equal', async () => {
    for (const [id, minutes] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 2],
      ['e', 3],
    ] as const) {
      await store.reports.insert(report(id, minutes));
    }
    await store.reports.insert(report('n', 9, { ref: neighbour }));
    const seen: string[] = [];
    const all = {
      holders: [undefined],
      initiator: 'user:default/eve',
      limit: 2,
    };
    let cursor: string | undefined;
    do {
      const page = await store.reports.page(ref, { ...all, cursor });
      seen.push(...page.items.map(item => item.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
    await expect(
      store.reports.page(ref, { ...all, cursor: 'rubbish' }),
    ).rejects.toThrow('The cursor is not one that this list handed out');
  });

  it('tell the last proof from the last look', async () => {
    await store.reports.insert(report('proof', 1));
    await store.reports.insert(report('broken', 2, { status: 'broken' }));
    await store.reports.insert(
      report('look', 3, { probe: 'none', proof: 'none' }),
    );
    await store.reports.insert(
      report('blocked', 2.5, { status: 'could-not-check', proof: 'none' }),
    );
    await store.reports.insert(
      report('kept-from-its-pod', 2.6, {
        status: 'broken',
        probe: 'admission',
        proof: 'none',
      }),
    );
    expect((await store.reports.lastProof(ref))?.id).toBe('broken');
    expect((await store.reports.lastLook(ref))?.id).toBe('look');
    expect(await store.reports.lastLook(neighbour)).toBeUndefined();
  });

  it('can stand for a new one only when they were verified, recent and asked the same', async () => {
    const last = (hash: string | undefined, minutes: number) =>
      store.reports.lastVerified(ref, hash, now + minutes * 60_000);
    await store.reports.insert(report('a', 1), { requestHash: 'h' });
    await store.reports.insert(
      report('look', 2, {
        probe: 'none',
        proof: 'none',
        status: 'looks-right',
      }),
    );
    expect((await last('h', 1))?.id).toBe('a');
    expect(await last('h', 1.5)).toBeUndefined();
    expect(await last('other', 1)).toBeUndefined();
    expect((await last(undefined, 1))?.id).toBe('a');

    // Found broken in between, by whatever question: the old proof does not speak for the repair
    await store.reports.insert(report('b', 3, { status: 'broken' }));
    expect(await last('h', 1)).toBeUndefined();
    await store.reports.insert(report('c', 4), { requestHash: 'h' });
    expect((await last('h', 1))?.id).toBe('c');
  });

  it('are swept by number and age, keeping the last proof and the last look', async () => {
    await store.reports.insert(report('old-proof', 0));
    await store.reports.insert(report('older-proof', -1));
    await store.reports.insert(
      report('blocked', 0.5, { status: 'could-not-check', proof: 'none' }),
    );
    for (let index = 1; index <= 5; index++) {
      await store.reports.insert(
        report(`look-${index}`, index, { probe: 'none', proof: 'none' }),
      );
    }
    await store.reports.insert(report('n', -9, { ref: neighbour }));
    await store.reports.sweep({
      perRef: 3,
      olderThan: now + 4.5 * 60_000,
    });
    const ids = (await knex('reports').select('id')).map(row => row.id);
    expect(ids.sort()).toEqual(['look-5', 'n', 'old-proof']);
    await store.reports.sweep({ perRef: 3, olderThan: now + 3600_000 });
    expect(await knex('reports').select('id')).toHaveLength(3);
  });

  it('are swept but for the last run that worked, however many came after it', async () => {
    await store.reports.insert(report('worked', 0));
    for (let index = 1; index <= 5; index++) {
      await store.reports.insert(
        report(`broken-${index}`, index, { status: 'broken' }),
      );
    }
    await store.reports.sweep({ perRef: 2, olderThan: now + 3600_000 });
    const ids = (await knex('reports').select('id')).map(row => row.id);
    expect(ids.sort()).toEqual(['broken-5', 'worked']);
  });

  it('are stored once', async () => {
    await store.reports.insert(report('a', 1));
    await store.reports.insert(report('a', 1, { status: 'broken' }));
    expect((await store.reports.find('a'))?.report.status).toBe('verified');
  });
});
