import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  BOB,
  follow,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { createStore } from '../store';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('bundles on %s', databaseId => {
  let replica: Replica;
  let store: ReturnType<typeof createStore>;

  beforeAll(async () => {
    const knex = await databases.init(databaseId as TestDatabaseId);
    store = createStore(knex, () => Date.now());
    replica = await startReplica({
      world: new FakeWorld(),
      knex,
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...(appConfig.eksPodIdentity as JsonObject),
          administrators: [BOB],
        },
      },
    });
  });
  afterAll(() => replica?.stop());

  const verified = async (): Promise<string> => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify());
    await follow(ada, id);
    const { result } = await ada.getOperation(id);
    if (result?.kind !== 'verify') throw new Error('No verification');
    return result.report.id;
  };

  it('are there for administrators, not even for who started the run', async () => {
    const id = await verified();
    const text = await replica.as(BOB).getReportBundle(id);
    expect(JSON.parse(text)).toMatchObject({
      schemaVersion: 1,
      report: { id },
    });
    await expect(replica.as(ADA).getReportBundle(id)).rejects.toMatchObject({
      statusCode: 403,
      cause: { message: expect.stringContaining('only an administrator') },
    });
  });

  it('go with their reports', async () => {
    const id = await verified();
    await verified();
    expect(await store.bundles.find(id)).toBeDefined();
    await store.reports.sweep({ perRef: 0, olderThan: 0 });
    expect(await store.reports.find(id)).toBeUndefined();
    expect(await store.bundles.find(id)).toBeUndefined();
    await expect(replica.as(BOB).getReportBundle(id)).rejects.toMatchObject({
      statusCode: 404,
    });
  });
});
