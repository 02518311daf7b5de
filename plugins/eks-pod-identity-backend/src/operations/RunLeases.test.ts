import { TestDatabases } from '@backstage/backend-test-utils';
import { systemClock } from 'eks-pod-identity-engine';
import {
  createStore,
  migrationsDirectory,
  OperationRecord,
  Store,
} from '../store';
import { retryingStore } from '../store/retryingStore';
import { leaseKeys } from './leaseKeys';
import { RunLeases } from './RunLeases';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const RUN = leaseKeys.run('run');
const ROLE = { kind: 'role', name: 'arn' } as const;

/** What a step that writes asks for, while the steps beside it take and release leases. */
describe('The leases of a run', () => {
  const holder = { runId: 'run', instance: 'here' };
  let store: Store;
  let leases: RunLeases;
  let lost: jest.Mock;
  /** Called around the renewal of the leases. */
  let meanwhile: { before?(): Promise<unknown>; after?(): Promise<unknown> };

  beforeEach(async () => {
    const knex = await databases.init('SQLITE_3');
    await knex.migrate.latest({ directory: migrationsDirectory });
    store = createStore(knex, Date.now);
    await store.leases.acquire(RUN, holder, {
      what: 'a run',
      ttlMs: 60_000,
      inherit: false,
    });
    meanwhile = {};
    const renewRun = store.leases.renewRun.bind(store.leases);
    store.leases.renewRun = async (...args) => {
      await meanwhile.before?.();
      const kept = await renewRun(...args);
      await meanwhile.after?.();
      return kept;
    };
    lost = jest.fn();
    leases = new RunLeases({
      store: retryingStore(store, systemClock),
      clock: systemClock,
      holder,
      record: {
        id: 'run',
        kind: 'associate',
        ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
        initiator: 'user:default/ada',
        createdAt: Date.now(),
      } as OperationRecord,
      signal: new AbortController().signal,
      ttlMs: 60_000,
      pollMs: 10,
      waitUntil: Date.now() + 60_000,
      emit: async () => {},
      onLost: lost,
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
        store.leases.acquire(
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
