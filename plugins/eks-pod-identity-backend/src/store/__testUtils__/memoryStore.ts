import knexFactory, { type Knex } from 'knex';
import { createStore, migrationsDirectory, type Store } from '..';

/** A store over SQLite in the memory of this process, with all its tables. */
export interface MemoryStore {
  knex: Knex;
  store: Store;
  /** Of the store; a test moves it. */
  now: number;
}

/** One for the tests of a file, empty before each of them. */
export function memoryStore(): MemoryStore {
  const start = Date.parse('2026-12-01T08:00:00.000Z');
  const memory = { now: start } as MemoryStore;
  let tables: string[] = [];

  beforeAll(async () => {
    memory.knex = knexFactory({
      client: 'better-sqlite3',
      connection: ':memory:',
      useNullAsDefault: true,
    });
    memory.store = createStore(memory.knex, () => memory.now);
    const { knex } = memory;
    await knex.migrate.latest({ directory: migrationsDirectory });
    tables = await knex('sqlite_master')
      .where({ type: 'table' })
      .whereNot('name', 'like', 'knex%')
      .whereNot('name', 'like', 'sqlite%')
      .pluck('name');
  });

  beforeEach(async () => {
    memory.now = start;
    for (const table of tables) await memory.knex(table).delete();
  });

  afterAll(() => memory.knex.destroy());

  return memory;
}
