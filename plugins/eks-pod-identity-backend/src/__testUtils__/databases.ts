import { TestDatabases } from '@backstage/backend-test-utils';

/**
 * SQLite always, and the real PostgreSQL that the test run names in `EKS_POD_IDENTITY_TEST_POSTGRES` and
 * `BACKSTAGE_TEST_DATABASE_POSTGRES<version>_CONNECTION_STRING`.
 */
export function createTestDatabases(): TestDatabases {
  return TestDatabases.create({
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
}
