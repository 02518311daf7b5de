import { TestDatabases } from '@backstage/backend-test-utils';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  follow,
  type Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('a portal that only watches', () => {
  let world: FakeWorld;
  let replica: Replica;
  beforeAll(async () => {
    world = new FakeWorld();
    const { clusters } = appConfig.eksPodIdentity;
    replica = await startReplica({
      world,
      knex: await databases.init('SQLITE_3'),
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          clusters: clusters.map(one => ({
            ...one,
            allow: { changes: false },
          })),
        },
      },
    });
  });
  afterAll(() => replica.stop());

  it.each([
    ['associate', associate()],
    ['teardown', teardown()],
  ])('refuses to %s, and says where to change it', async (_, body) => {
    await expect(replica.as(ADA).startOperation(body)).rejects.toMatchObject({
      cause: {
        name: 'NotAllowedError',
        message: expect.stringMatching(
          /changes nothing on cluster prod.*Change the identity where it is made/,
        ),
      },
    });
    expect(world.writes).toEqual([]);
  });

  it('verifies', async () => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify());
    await follow(ada, id);
    expect((await ada.getOperation(id)).state).toBe('succeeded');
  });

  it('offers nothing else on its pages', async () => {
    const ada = replica.as(ADA);
    expect(
      await ada.getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'payments-worker',
      }),
    ).toMatchObject({ canCreate: false });
    for (const { can } of await ada.listClusters()) {
      expect(can).toEqual({
        create: false,
        installAgent: false,
        createNamespace: false,
        sweep: true,
        setup: false,
      });
    }
  });
});
