import { TestDatabaseId } from '@backstage/backend-test-utils';
import { Plan } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, NewOperationRecord, Store } from '.';
import { queuedAssociate } from './__testUtils__/queuedAssociate';

const databases = createTestDatabases();

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };

describe.each(databases.eachSupportedId())('the store on %s', databaseId => {
  let knex: Knex;
  let store: Store;
  let now: number;

  beforeEach(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
    await knex.migrate.latest({ directory: migrationsDirectory });
    now = Date.parse('2026-01-01T00:00:00.000Z');
    store = createStore(knex, () => now);
  });

  const operation = (id: string, extra: Partial<NewOperationRecord> = {}) =>
    queuedAssociate(id, ref, {
      granted: ['a'],
      ownerRefs: ['group:default/team'],
      ...extra,
    });

  async function finished(
    id: string,
    extra: Partial<NewOperationRecord> = {},
    result: unknown = { kind: 'associate', applied: true, changed: true },
    state: 'succeeded' | 'failed' = 'succeeded',
  ) {
    now += 1000;
    await store.operations.insert(operation(id, extra));
    await store.transaction(tx =>
      store.operations.finish(
        [id],
        {
          state,
          seq: 1,
          result: result as any,
          wrote: (result as any)?.changed,
        },
        tx,
      ),
    );
  }

  it('migrates down and up again', async () => {
    const tables = async () =>
      (
        await Promise.all(
          ['operations', 'operation_events', 'leases', 'reports', 'owners'].map(
            table => knex.schema.hasTable(table),
          ),
        )
      ).filter(Boolean).length;
    expect(await tables()).toBe(5);
    await knex.migrate.rollback({ directory: migrationsDirectory }, true);
    expect(await tables()).toBe(0);
    await knex.migrate.latest({ directory: migrationsDirectory });
    expect(await tables()).toBe(5);
  });

  describe('operations', () => {
    it('come back as they were stored', async () => {
      const record = operation('o1', {
        entityRef: 'component:default/payments-api',
        taskId: 't',
        idempotencyKey: 'k',
        entityUid: 'uid-1',
        claimant: { claims: ['group:default/team'], isAdministrator: false },
      });
      await store.operations.insert(record);
      const plan = { kind: 'associate', ref, steps: [] } as unknown as Plan;
      await store.operations.setPlan('o1', plan);
      expect(await store.operations.find('o1')).toEqual({
        ...record,
        plan,
        wrote: false,
        attempts: 0,
        lastSeq: 0,
        createdAt: now,
        updatedAt: now,
      });
      expect(await store.operations.find('o2')).toBeUndefined();
    });

    it('count their events one by one, also when they come at once', async () => {
      await store.operations.insert(operation('o1'));
      const seqs = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.events.append('o1', {
            type: 'log',
            data: { level: 'info', message: `${index}` },
          }),
        ),
      );
      expect([...seqs].sort((a, b) => a! - b!)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      const list = (after: number, until?: number) =>
        store.events.list({
          runId: 'o1',
          operationId: 'o1',
          after,
          until,
          limit: 4,
        });
      expect((await list(3)).map(event => event.seq)).toEqual([4, 5, 6, 7]);
      expect((await list(3, 5)).map(event => event.seq)).toEqual([4, 5]);
      expect((await store.operations.find('o1'))?.lastSeq).toBe(10);
      expect(await store.events.lastSeqs(['o1', 'nope'])).toEqual(
        new Map([['o1', 10]]),
      );
    });

    it('are counted with the oldest of each kind until they end', async () => {
      await store.operations.insert(operation('o1'));
      await finished('o2');
      now += 1000;
      await store.operations.insert(operation('o3'));
      await store.operations.insert(operation('o4', { kind: 'verify' }));
      await store.transaction(tx => store.operations.markRunning('o4', tx));
      const counted = await store.operations.unfinished();
      expect(counted).toHaveLength(2);
      expect(counted).toEqual(
        expect.arrayContaining([
          { kind: 'associate', state: 'queued', count: 2, since: now - 2000 },
          { kind: 'verify', state: 'running', count: 1, since: now },
        ]),
      );
    });

    it('take events only from the process that holds the run', async () => {
      await store.operations.insert(operation('o1'));
      await store.leases.acquire(
        'run/o1',
        { runId: 'o1', instance: 'me' },
        { what: 'x', ttlMs: PATIENCE_MS, inherit: false },
      );
      const append = (instance: string) =>
        store.events.append(
          'o1',
          { type: 'log', data: { level: 'info', message: instance } },
          { fence: { leaseKey: 'run/o1', instance } },
        );
      expect(await append('other')).toBeUndefined();
      expect(await append('me')).toBe(1);
    });

    it('end once', async () => {
      await finished('o1');
      await store.transaction(tx =>
        store.operations.finish(['o1'], { state: 'failed', seq: 2 }, tx),
      );
      expect(await store.operations.find('o1')).toMatchObject({
        state: 'succeeded',
        endSeq: 1,
      });
    });

    it('remember the last associate until a teardown', async () => {
      const last = () => store.changes.lastAssociate(ref);
      expect(await last()).toBeUndefined();
      await finished(
        'o1',
        {},
        { kind: 'associate', applied: true, roleArn: 'r1' },
      );
      await finished(
        'o2',
        { ref: neighbour },
        {
          kind: 'associate',
          applied: true,
          roleArn: 'other',
        },
      );
      await finished(
        'o3',
        { input: { ...operation('x').input, planOnly: true } as any },
        { kind: 'associate', applied: false, roleArn: 'planned' },
      );
      await finished('o4', {}, undefined, 'failed');
      expect((await last())?.result?.roleArn).toBe('r1');
      await finished(
        'o5',
        { kind: 'teardown' },
        {
          kind: 'teardown',
          applied: true,
        },
      );
      expect(await last()).toBeUndefined();
    });

    it('remember the last associate after a removal that found nothing to remove', async () => {
      await finished('made');
      await finished(
        'nothing',
        { kind: 'teardown' },
        {
          kind: 'teardown',
          applied: true,
          changed: false,
          removed: [],
          kept: [{ kind: 'association', name: 'a-1', reason: 'of another' }],
        },
      );
      now += 24 * 3600_000;
      await store.operations.sweep(now);
      expect((await store.changes.lastAssociate(ref))?.result).toBeDefined();
      const many = await store.changes.lastOfMany([ref]);
      expect([...many.values()][0].associate).toBeDefined();
      // Where there is no association, that stays known
      await finished(
        'gone',
        { kind: 'teardown' },
        {
          kind: 'teardown',
          applied: true,
          changed: false,
          removed: [],
          kept: [],
        },
      );
      expect(await store.changes.lastAssociate(ref)).toBeUndefined();
    });

    it('know what a task planned for a ref, for undoing it', async () => {
      const plan = {
        kind: 'associate' as const,
        ref,
        steps: [],
        warnings: ['of the task'],
        changes: true,
        conflicts: false,
      };
      const planned = async (
        id: string,
        extra: Partial<NewOperationRecord>,
        more: Partial<Plan> = {},
      ) => {
        now += 1000;
        await store.operations.insert(operation(id, extra));
        await store.operations.setPlan(id, { ...plan, ...more });
      };
      await planned('o1', { taskId: 't1' });
      await planned('o2', { taskId: 't2' });
      await planned('o3', { taskId: 't1', ref: neighbour });
      await finished('o4', { taskId: 't1' });
      // A caller can name any task
      await planned('o5', { taskId: 't1', initiator: 'user:default/mallory' });
      await planned('o6', {
        taskId: 't1',
        input: { ...operation('o6').input, planOnly: true },
      });
      await planned('o7', { taskId: 't1' }, { conflicts: true });
      expect(
        await store.changes.plansOfTask(ref, 't1', 'user:default/ada'),
      ).toEqual([plan]);
    });

    it('know whether others changed a ref after a task', async () => {
      const after = () => store.changes.changedAfterTask(ref, 't1');
      const done = { kind: 'associate', applied: true, changed: true };
      await finished('before', { taskId: 't0' });
      expect(await after()).toBe(false);
      await finished('own', { taskId: 't1' });
      await finished('own-again', { taskId: 't1', kind: 'teardown' });
      await finished('elsewhere', { ref: neighbour });
      await finished('nothing', {}, { ...done, changed: false });
      await finished('removal', { kind: 'teardown' });
      await finished('verify', { kind: 'verify' });
      expect(await after()).toBe(false);
      await finished('of-no-task');
      expect(await after()).toBe(true);
      await finished('own-later', { taskId: 't1' });
      expect(await after()).toBe(false);
      await finished('of-another', { taskId: 't2' });
      expect(await after()).toBe(true);
    });

    it('that only planned are no change, however many of them there are', async () => {
      const planOnly = { ...operation('p').input, planOnly: true };
      await finished('real');
      const changed = now;
      for (let index = 0; index < 30; index++) {
        await finished(`plan-${index}`, { input: planOnly });
      }
      expect((await store.changes.lastAssociate(ref))?.result).toBeDefined();
      expect(await store.changes.lastAt(ref)).toBe(changed);
      expect(await store.changes.lastOnCluster(ref.cluster)).toEqual(
        new Map([['prod/payments/api', changed]]),
      );
      now += 24 * 3600_000;
      while ((await store.operations.sweep(now)) > 0);
      expect(
        (await knex('operations').select('id')).map(row => row.id),
      ).toEqual(['real']);
    });

    it('keep the teardown that ended an identity, and with it that there is none', async () => {
      await finished('made');
      await finished(
        'gone',
        { kind: 'teardown' },
        {
          kind: 'teardown',
          applied: true,
          changed: true,
          removed: [],
          kept: [],
        },
      );
      now += 24 * 3600_000;
      await store.operations.sweep(now);
      expect(await store.changes.lastAssociate(ref)).toBeUndefined();
      expect(
        (await knex('operations').select('id')).map(row => row.id),
      ).toEqual(['gone']);
    });

    it('keep the last change of an identity, whatever has left it as it was since', async () => {
      const move = { kind: 'migrate' as const };
      const finishes = { ...operation('x').input, until: 'finished' as const };
      const back = { kind: 'rollback', applied: true, changed: true };
      await finished('back', { kind: 'rollback' }, back);
      await finished('asked', {}, { ...back, changed: false });
      await finished('rehearsed', move);
      await finished('end', { ...move, input: finishes });
      now += 24 * 3600_000;
      while ((await store.operations.sweep(now)) > 0);
      const ids = (await knex('operations').select('id')).map(row => row.id);
      expect(ids.sort()).toEqual(['asked', 'back', 'end']);
      const [handled] = (await store.changes.handled([ref])).values();
      expect(handled).toEqual({ isHandled: true, isBusy: false });
    });

    it('know when the identity was last changed, or may have been', async () => {
      const at = () => store.changes.lastAt(ref);
      expect(await at()).toBeUndefined();
      await finished('o1');
      const changed = now;
      await finished(
        'o2',
        {},
        {
          kind: 'associate',
          applied: true,
          changed: false,
        },
      );
      await finished('o3', { kind: 'verify' }, { kind: 'verify' });
      expect(await at()).toBe(changed);
      await finished('o4', {}, undefined, 'failed');
      expect(await at()).toBe(now);
    });

    it('are swept when they are old, except the last change of each ref and what still runs', async () => {
      await finished('old-associate');
      await finished('old-verify', { kind: 'verify' }, { kind: 'verify' });
      await store.events.append('old-verify', {
        type: 'log',
        data: { level: 'info', message: 'x' },
      });
      const timeline = { durationMs: 1, entries: [], cut: 0 };
      await store.timelines.insert('old-verify', timeline);
      await store.timelines.insert('young', timeline);
      await finished('last-associate');
      await finished('neighbours', { ref: neighbour });
      await store.operations.insert(operation('running'));
      // A leader that left keeps its row as long as its run goes on.
      await finished('left', { kind: 'verify' }, undefined, 'failed');
      await store.operations.insert(
        operation('follower', { kind: 'verify', runId: 'left' }),
      );
      now += 24 * 3600_000;
      await finished('young', { kind: 'verify' }, { kind: 'verify' });
      expect(await store.operations.sweep(now - 3600_000)).toBe(2);
      const ids = (await knex('operations').select('id')).map(row => row.id);
      expect(ids.sort()).toEqual([
        'follower',
        'last-associate',
        'left',
        'neighbours',
        'running',
        'young',
      ]);
      expect(
        await knex('operation_events').where({ run_id: 'old-verify' }),
      ).toEqual([]);
      expect(await store.timelines.find('old-verify')).toBeUndefined();
      expect(await store.timelines.find('young')).toEqual(timeline);
      expect(await store.operations.sweep(now - 3600_000)).toBe(0);
    });

    it('show runs that nobody carries on', async () => {
      for (const id of ['held', 'expired', 'never']) {
        now += 1;
        await store.operations.insert(operation(id));
      }
      await finished('done');
      for (const [id, ttlMs] of [
        ['held', 10_000],
        ['expired', -1],
      ] as const) {
        await store.leases.acquire(
          `run/${id}`,
          { runId: id, instance: 'i' },
          { what: id, ttlMs, inherit: false },
        );
      }
      expect(await store.operations.orphanedRuns(10)).toEqual([
        'expired',
        'never',
      ]);
    });
  });

  describe('owners and settings', () => {
    it('belong to exactly one ref', async () => {
      await store.owners.set(ref, {
        entityRef: 'component:default/a',
        ownerRefs: ['group:default/x'],
      });
      await store.owners.set(ref, {
        entityRef: 'component:default/b',
        ownerRefs: ['group:default/y'],
      });
      expect(await store.owners.find(ref)).toEqual({
        entityRef: 'component:default/b',
        ownerRefs: ['group:default/y'],
      });
      expect(await store.owners.find(neighbour)).toBeUndefined();
      const many = Array.from({ length: 250 }, (_, index) => ({
        ...ref,
        serviceAccount: `s${index}`,
      }));
      await store.owners.set(many[249], {
        entityRef: 'component:default/z',
        ownerRefs: [],
      });
      expect(
        [...(await store.owners.findMany([ref, ...many])).keys()].sort(),
      ).toEqual(['prod/payments/api', 'prod/payments/s249']);
      await store.owners.remove(ref);
      expect(await store.owners.find(ref)).toBeUndefined();
    });

    it('tell what was there before', async () => {
      expect(await store.settings.swap('portalId', 'a')).toBeUndefined();
      expect(await store.settings.swap('portalId', 'b')).toBe('a');
    });

    it('are replaced by one of several at once, and only what they were', async () => {
      await store.settings.getOrSet('told', 'a');
      const replaced = (those: string[]) =>
        Promise.all(
          Array.from({ length: 4 }, (_, index) =>
            store.settings.replace('told', those, `by ${index}`),
          ),
        );
      expect((await replaced(['a', 'x'])).filter(Boolean)).toEqual([true]);
      expect(await store.settings.get('told')).toMatch(/^by \d$/);
      expect((await replaced(['a'])).filter(Boolean)).toEqual([]);
    });
  });
});
