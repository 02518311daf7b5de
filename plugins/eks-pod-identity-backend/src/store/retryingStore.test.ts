import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { createStore, migrationsDirectory } from '.';
import { retryOptionsOfTask, retryingStore } from './retryingStore';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const away = Object.assign(
  new Error('select 1 - connect ECONNREFUSED 10.0.0.5:5432'),
  { code: 'ECONNREFUSED' },
);

describe('the store of a sweep', () => {
  const clock = new ManualClock();
  const logger = mockServices.logger.mock();
  let knex: Knex;
  let controller: AbortController;
  /** Statements that the database does not get. */
  let lost: number;

  beforeEach(async () => {
    knex = await databases.init('SQLITE_3');
    await knex.migrate.latest({ directory: migrationsDirectory });
    controller = new AbortController();
    jest.resetAllMocks();
    const { query } = knex.client;
    jest.spyOn(knex.client, 'query').mockImplementation((...args) => {
      if (lost > 0) {
        lost -= 1;
        return Promise.reject(away);
      }
      return query.apply(knex.client, args);
    });
  });

  const patient = () =>
    retryingStore(
      createStore(knex, () => clock.now()),
      clock,
      retryOptionsOfTask(
        'the sweep of cluster prod',
        logger,
        controller.signal,
      ),
    );

  it('waits for a database that is away, and tells both ends of it once', async () => {
    lost = 3;
    const cursor = { startedAt: 1, after: 'prod/a/b' };
    const written = patient().clusterStates.setCursor('prod', cursor);
    await clock.runToEnd();
    await written;
    lost = 0;
    expect((await patient().clusterStates.find('prod')).cursor).toEqual(cursor);
    expect(logger.warn.mock.calls).toEqual([
      [
        "The portal's database cannot be reached (connect ECONNREFUSED 10.0.0.5:5432); the sweep of cluster prod waits for it and keeps its place",
      ],
    ]);
    expect(logger.info.mock.calls).toEqual([
      [
        "The portal's database is back after 1 s; the sweep of cluster prod goes on",
      ],
    ]);
  });

  it('waits as long as the task may, and not longer', async () => {
    lost = Infinity;
    const read = patient().reports.find('r1');
    const failed = read.catch(error => error);
    await clock.advance(10 * 60_000);
    controller.abort(new Error('timed out'));
    expect(await failed).toEqual(new Error('timed out'));
    lost = 0;
  });

  it('passes on at once what waiting does not fix', async () => {
    await knex.schema.dropTable('reports');
    await expect(patient().reports.find('r1')).rejects.toThrow(
      /refused a statement; the log of the portal's backend says why/,
    );
    expect(clock.waiting).toBe(0);
  });

  it('repeats a transaction as a whole, never what is in it', async () => {
    const store = patient();
    const ref = { cluster: 'prod', namespace: 'a', serviceAccount: 'b' };
    const wrong = (tx: Knex) =>
      // @ts-expect-error methods that retry take no transaction
      store.owners.remove(ref, tx);
    expect(wrong).toBeDefined();
    // @ts-expect-error and those that need one are not there
    expect(store.leases.lockRun.name).toBeDefined();

    lost = 1;
    let rounds = 0;
    const done = store.transaction(async (tx, inside) => {
      rounds += 1;
      if (rounds === 1) throw away;
      await inside.owners.remove(ref, tx);
      return 'done';
    });
    await clock.runToEnd();
    expect(await done).toBe('done');
    expect(rounds).toBe(2);
  });
});
