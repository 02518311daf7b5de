import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createTestDatabases } from './databases';

const databases = createTestDatabases();

// `scripts/jest/patience.cjs` sees to it
it('grants a connection as long as a test waits for anything', async () => {
  const knex = await databases.init('SQLITE_3');
  expect(knex.client.pool).toMatchObject({
    acquireTimeoutMillis: PATIENCE_MS,
    createTimeoutMillis: PATIENCE_MS,
  });
});
