import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import knexFactory, { Knex } from 'knex';
import { createTestDatabases, postgresIds } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import { startReplica } from '../__testUtils__/testBackend';
import { migrationsDirectory, openStore } from '.';
import { withAdvisoryLock } from './withAdvisoryLock';

const databases = createTestDatabases();
const REPLICAS = 6;

const postgres = postgresIds(databases);

it('has the PostgreSQL that the test run brings', () => {
  expect(postgres.length > 0).toBe(
    process.env.EKS_POD_IDENTITY_TEST_POSTGRES !== undefined,
  );
});

for (const databaseId of postgres) {
  describe(`replicas that start in the same second on ${databaseId}`, () => {
    const pools: Knex[] = [];

    afterEach(() => Promise.all(pools.splice(0).map(pool => pool.destroy())));

    /** Each with a pool of its own, which need not be large. */
    const replicasOf = (knex: Knex, max = 1) =>
      Array.from({ length: REPLICAS }, () => {
        const pool = knexFactory({
          ...knex.client.config,
          pool: { min: 0, max },
        });
        pools.push(pool);
        return pool;
      });

    const open = (pool: Knex) =>
      openStore({ getClient: async () => pool }, () => Date.now());

    /** Made once, and not locked for the next caller. */
    async function expectTables(knex: Knex) {
      const [done, waiting] = await knex.migrate.list({
        directory: migrationsDirectory,
      });
      expect(done.length).toBeGreaterThan(1);
      expect(waiting).toEqual([]);
      expect(await knex('knex_migrations_lock').select('is_locked')).toEqual([
        { is_locked: 0 },
      ]);
    }

    it('all find the tables, made once', async () => {
      const knex = await databases.init(databaseId);
      const stores = await Promise.all(replicasOf(knex).map(open));
      for (const store of stores) {
        expect(await store.settings.swap('portalId', 'a')).toBe(
          store === stores[0] ? undefined : 'a',
        );
      }
      await expectTables(knex);
    });

    it('leave nothing half done where one of them dies in the middle', async () => {
      const knex = await databases.init(databaseId);
      const [dying, ...others] = replicasOf(knex);
      const started = withAdvisoryLock(dying, async tx => {
        await tx.migrate.latest({ directory: migrationsDirectory });
        await tx.raw('select pg_sleep(20)');
      });
      const failed = started.catch(error => error);
      const kill = () =>
        knex.raw(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query = 'select pg_sleep(20)'`);
      const opening = Promise.all(others.map(open));
      while ((await kill()).rows.length === 0);
      expect((await failed).message).toMatch(/terminat/);
      await opening;
      await expectTables(knex);
    });

    it('start whole, with the tables of the scheduler', async () => {
      const knex = await databases.init(databaseId);
      const started = await Promise.allSettled(
        replicasOf(knex, 5).map(pool =>
          startReplica({
            world: new FakeWorld(),
            knex: pool,
            scheduler: schedulerServiceFactory,
          }),
        ),
      );
      for (const one of started) {
        if (one.status === 'fulfilled') await one.value.stop();
      }
      expect(started.filter(one => one.status === 'rejected')).toEqual([]);
    });
  });
}
