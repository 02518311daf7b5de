import type { Knex } from 'knex';
import { createStore, type Store } from '..';
import { memoryDatabase } from './memoryDatabase';

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
  const knex = memoryDatabase();
  const memory = { knex, now: start } as MemoryStore;
  memory.store = createStore(knex, () => memory.now);
  beforeEach(() => {
    memory.now = start;
  });
  return memory;
}
