import { TestDatabases } from '@backstage/backend-test-utils';

/** A connection pool. */
export type Knex = Awaited<ReturnType<TestDatabases['init']>>;

/** SQLite always, and the real PostgreSQL that the test run names in the environment. */
export function createTestDatabases(): TestDatabases {
  return TestDatabases.create({
    ids: ['SQLITE_3', 'POSTGRES_18', 'POSTGRES_17', 'POSTGRES_16'],
    disableDocker: true,
  });
}
