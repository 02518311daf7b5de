import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { OperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  follow,
  Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('a busy day on %s', databaseId => {
  const replicas: Replica[] = [];

  afterEach(() => Promise.all(replicas.splice(0).map(one => one.stop())));

  it('keeps the changes of each service account apart, and leaves no lease behind', async () => {
    const world = new FakeWorld();
    const knex = await databases.init(databaseId as TestDatabaseId);
    const config = {
      ...appConfig,
      eksPodIdentity: {
        ...appConfig.eksPodIdentity,
        limits: { changesPerServiceAccount: 9 },
      },
    };
    replicas.push(await startReplica({ world, knex, config }));
    replicas.push(await startReplica({ world, knex, config }));
    const names = ['a', 'b', 'c'];
    const makers = [associate, teardown, verify];

    const started = await Promise.all(
      Array.from({ length: 36 }, async (_, index) => {
        const body = makers[Math.floor(index / 3) % 3](names[index % 3]);
        const asked = replicas[index % 2].as(ADA);
        const { id } = await asked.startOperation(body);
        // Followed at the other replica than it was started at
        return { id, client: replicas[(index + 1) % 2].as(ADA) };
      }),
    );
    const ends = await Promise.all(
      started.map(async ({ id, client }) => (await follow(client, id)).at(-1)),
    );

    expect(new Set(ends.map(end => stateOf(end)))).toEqual(
      new Set(['succeeded']),
    );
    for (const name of names) {
      const own = world.writes
        .filter(write => write.endsWith(`/${name}`))
        .map(write => write.split(' ')[0]);
      // Never a step of one change inside another: role and association, then removal, and again
      expect(own.join(' ')).toMatch(
        /^role association( removal role association)*( removal)?$/,
      );
    }
    expect(world.pods.size).toBe(0);
    expect(await knex('leases').select('key')).toEqual([]);
  });
});

function stateOf(event: OperationEvent | undefined) {
  return event?.type === 'state' ? event.data.state : event?.type;
}
