import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';

/** Set by the test run, with the connection string that `TestDatabases` reads, when it brings a PostgreSQL. */
const broughtAlong = () => process.env.EKS_POD_IDENTITY_TEST_POSTGRES;

/** Those of the databases that several processes can share. */
export function postgresIds(databases: TestDatabases): TestDatabaseId[] {
  return databases
    .eachSupportedId()
    .flat()
    .filter((id): id is TestDatabaseId => id.startsWith('POSTGRES'));
}

/**
 * SQLite always, and the real PostgreSQL that the test run names in `EKS_POD_IDENTITY_TEST_POSTGRES` and
 * `BACKSTAGE_TEST_DATABASE_POSTGRES<version>_CONNECTION_STRING`.
 */
export function createTestDatabases(): TestDatabases {
  const databases = TestDatabases.create({
    ids: [
      'SQLITE_3',
      'POSTGRES_18',
      'POSTGRES_17',
      'POSTGRES_16',
      'POSTGRES_15',
      'POSTGRES_14',
    ],
    disableDocker: true,
  });
  // It leaves out, without a word, what it does not find
  if (broughtAlong() && postgresIds(databases).length === 0) {
    throw new Error(
      `The test run brings a PostgreSQL (${broughtAlong()}), but no BACKSTAGE_TEST_DATABASE_POSTGRES…_CONNECTION_STRING names it`,
    );
  }
  return databases;
}
