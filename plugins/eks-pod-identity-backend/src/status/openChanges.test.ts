import { TestDatabaseId } from '@backstage/backend-test-utils';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  follow,
  Replica,
  startReplica,
  teardown,
} from '../__testUtils__/testBackend';
import { API, recorderOn } from './__testUtils__/statusReports';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())(
  'a change that has not gone through, on %s',
  databaseId => {
    let world: FakeWorld;
    let replica: Replica;
    let denied: (user: string) => boolean;
    let store: ReturnType<typeof recorderOn>['store'];

    beforeEach(async () => {
      world = new FakeWorld();
      denied = () => false;
      const knex = await databases.init(databaseId as TestDatabaseId);
      replica = await startReplica({
        world,
        knex,
        deny: (user, permission) =>
          permission === 'eks-pod-identity.association.read' && denied(user),
      });
      ({ store } = recorderOn(knex));
    });

    afterEach(() => replica.stop());

    const card = (name = 'payments-api', user = ADA) =>
      replica
        .as(user)
        .getEntityIdentities({ kind: 'component', namespace: 'default', name });

    const run = async (
      request: ReturnType<typeof associate | typeof teardown>,
    ) => {
      const { id } = await replica.as(ADA).startOperation(request);
      await follow(replica.as(ADA), id);
    };

    /** The identity with a link to its component, which the fake AWS does not tag. */
    async function linked() {
      await store.entityRefs.add([
        {
          entityRef: 'component:default/payments-api',
          ref: API,
          source: 'aws-tag',
        },
      ]);
      return (await card()).identities[0];
    }

    /** Cancels an associate after its first write. */
    async function breakOff() {
      const held = world.hold('after role of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(associate());
      await held.reached;
      await replica.as(ADA).cancelOperation(id);
      await follow(replica.as(ADA), id);
    }

    it('is on the card of a component that had no identity, while it runs', async () => {
      const held = world.hold('after role of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(associate());
      await held.reached;
      const { canCreate, identities } = await card();
      expect(identities).toMatchObject([
        {
          ref: API,
          sources: [],
          status: 'could-not-check',
          change: { kind: 'associate', state: 'running' },
        },
      ]);
      expect(canCreate).toBe(false);
      expect((await card('payments-worker')).identities).toEqual([]);
      held.open();
      await follow(replica.as(ADA), id);
      const done = await linked();
      expect(done).not.toHaveProperty('change');
    });

    it('stays on it when it was cancelled half-way, until it was finished or removed', async () => {
      await breakOff();
      expect((await card()).identities).toMatchObject([
        {
          sources: [],
          change: { kind: 'associate', state: 'cancelled' },
          can: { remove: true },
        },
      ]);
      // What only planned, and what failed before it had changed anything, settles nothing
      await run(associate('api', { planOnly: true }));
      world.associations.set('prod/payments/api', { role: 'api' });
      const held = world.hold('before removal of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(teardown());
      await held.reached;
      await replica.as(ADA).cancelOperation(id);
      await follow(replica.as(ADA), id);
      expect((await card()).identities).toMatchObject([
        { change: { kind: 'associate', state: 'cancelled' } },
      ]);

      await run(teardown());
      expect((await card()).identities).toEqual([]);

      await breakOff();
      await run(associate());
      expect(await linked()).not.toHaveProperty('change');
    });

    it('is not on it when it had changed nothing', async () => {
      const held = world.hold('before role of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(associate());
      await held.reached;
      await replica.as(ADA).cancelOperation(id);
      await follow(replica.as(ADA), id);
      expect((await card()).identities).toEqual([]);
    });

    it('is for those who may read the identity', async () => {
      await breakOff();
      denied = user => user === BOB;
      await expect(card('payments-api', BOB)).rejects.toThrow(/403/);
    });

    it('offers no removal where the association is not of the portal', async () => {
      await breakOff();
      await store.associations.upsert([
        {
          ref: API,
          associationId: 'a-1',
          arn: 'arn',
          owner: 'external',
          roleArn: 'arn:aws:iam::111122223333:role/theirs',
          orphan: false,
          drift: false,
          listedAt: 1,
        },
      ]);
      const [identity] = (await card()).identities;
      expect(identity).toMatchObject({
        association: { owner: 'external' },
        can: { verify: true, remove: false },
      });
    });
  },
);
