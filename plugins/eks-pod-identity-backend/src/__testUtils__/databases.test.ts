import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createTestDatabases } from './databases';

const databases = createTestDatabases();

// `scripts/jest/patience.cjs` sees to it
it.each(databases.eachSupportedId())(
  'a connection to %s is granted as long as a test waits for anything',
  async databaseId => {
    const knex = await databases.init(databaseId);
    expect(knex.client.pool).toMatchObject({
      acquireTimeoutMillis: PATIENCE_MS,
      createTimeoutMillis: PATIENCE_MS,
    });
  },
);
