import knexFactory, { type Knex } from 'knex';
import { migrationsDirectory } from '..';

/** A database in memory for the tests of a file, migrated once, and empty before each of them. */
export function memoryDatabase(): Knex {
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
  });
  let tables: string[] = [];
  beforeAll(async () => {
    await knex.migrate.latest({ directory: migrationsDirectory });
    const all = await knex('sqlite_master').where({ type: 'table' });
    tables = all
      .map(({ name }) => name)
      .filter(name => !/^(sqlite|knex)_/.test(name));
  });
  beforeEach(async () => {
    for (const table of tables) await knex(table).delete();
  });
  afterAll(() => knex.destroy());
  return knex;
}
