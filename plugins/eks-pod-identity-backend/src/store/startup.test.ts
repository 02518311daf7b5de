import knexFactory, { Knex } from 'knex';
import { createTestDatabases, postgresIds } from '../__testUtils__/databases';
import { migrationsDirectory, openStore } from '.';
import { oneAtATime } from './oneAtATime';

jest.setTimeout(30_000);

const databases = createTestDatabases();
const REPLICAS = 6;

for (const databaseId of postgresIds(databases)) {
  describe(`replicas that start in the same second on ${databaseId}`, () => {
    const pools: Knex[] = [];

    afterEach(() => Promise.all(pools.splice(0).map(pool => pool.destroy())));

    /** Each with a pool of its own, which need not be large. */
    const replicasOf = (knex: Knex) =>
      Array.from({ length: REPLICAS }, () => {
        const pool = knexFactory({
          ...knex.client.config,
          pool: { min: 0, max: 1 },
        });
        pools.push(pool);
        return pool;
      });

    const open = (pool: Knex) =>
      openStore({ getClient: async () => pool }, () => Date.now());

    /** Made once, and not locked for whoever comes next. */
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
      const started = oneAtATime(dying, async tx => {
        await tx.migrate.latest({ directory: migrationsDirectory });
        await tx.raw('select pg_sleep(20)');
      });
      const failed = expect(started).rejects.toThrow(/terminat/);
      const kill = () =>
        knex.raw(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query = 'select pg_sleep(20)'`);
      const opening = Promise.all(others.map(open));
      while ((await kill()).rows.length === 0);
      await failed;
      await opening;
      await expectTables(knex);
    });
  });
}
