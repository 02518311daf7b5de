import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import type { Knex } from 'knex';
import { until } from 'eks-sandbox/patience';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  follow,
  Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';
import { startSignals } from './__testUtils__/signalsBackend';
import { API, recorderOn } from './__testUtils__/statusReports';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('a card that is open at somebody else', () => {
  let knex: Knex;
  let world: FakeWorld;
  let replica: Replica;

  beforeEach(async () => {
    knex = await databases.init('SQLITE_3');
    world = new FakeWorld();
  });

  afterEach(async () => {
    await replica.stop();
  });

  const card = (user: string) =>
    replica.as(user).getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name: 'payments-api',
    });

  const linked = () =>
    recorderOn(knex).store.entityRefs.add([
      {
        entityRef: 'component:default/payments-api',
        ref: API,
        source: 'aws-tag',
      },
    ]);

  describe('with the signals backend', () => {
    let signals: Awaited<ReturnType<typeof startSignals>>;
    let received: unknown[];

    beforeEach(async () => {
      signals = await startSignals();
      replica = await startReplica({ knex, world, features: [signals.bus] });
    });

    afterEach(() => signals.stop());

    /** Bob looks; the server knows of his subscription once a signal has come through. */
    async function bobLooks() {
      await linked();
      const { signalChannel } = await card(BOB);
      received = await signals.subscribe(BOB, [signalChannel!]);
      await until(async () => {
        const { id } = await replica.as(ADA).startOperation(verify());
        await follow(replica.as(ADA), id);
        return received.length > 0;
      });
      await quiet();
    }

    /** Signals follow the end of an operation within milliseconds. */
    async function quiet() {
      let before: number;
      do {
        before = received.length;
        await new Promise(resolve => {
          setTimeout(resolve, 100);
        });
      } while (received.length > before);
      received.length = 0;
      return before;
    }

    it('hears that a verification began, that its starter left, and that it ended', async () => {
      await bobLooks();
      const held = world.hold('probe');
      const { id } = await replica.as(ADA).startOperation(verify());
      await held.reached;
      await until(() => received.length > 0);
      expect((await card(BOB)).identities[0].verifying).toEqual({
        operationId: id,
        mine: false,
      });
      expect((await card(ADA)).identities[0].verifying?.mine).toBe(true);

      const joined = await replica.as(ADA).startOperation(verify());
      received.length = 0;
      await replica.as(ADA).cancelOperation(id);
      await until(() => received.length > 0);
      expect((await card(BOB)).identities[0].verifying).toEqual({
        operationId: joined.id,
        mine: false,
      });

      received.length = 0;
      held.open();
      await until(() => received.length > 0);
      await until(async () => !(await card(BOB)).identities[0].verifying);
    });

    it('hears the end of one that wrote no other headline: cancelled, or failed', async () => {
      await bobLooks();
      const held = world.hold('probe');
      const { id } = await replica.as(ADA).startOperation(verify());
      await held.reached;
      await until(() => received.length > 0);
      received.length = 0;
      await replica.as(ADA).cancelOperation(id);
      await follow(replica.as(ADA), id);
      await until(() => received.length > 0);
      expect((await card(BOB)).identities[0].verifying).toBeUndefined();

      await quiet();
      world.failure = new Error('AWS said no');
      const failing = await replica.as(ADA).startOperation(associate());
      await follow(replica.as(ADA), failing.id);
      // Its beginning and its end
      await until(() => received.length >= 2);
    });

    it('hears that the identity was taken away, though it is its no longer', async () => {
      world.associations.set('prod/payments/api', { role: 'api' });
      await bobLooks();
      const held = world.hold('after removal of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(teardown());
      await held.reached;
      await until(() => received.length > 0);
      await quiet();
      held.open();
      await follow(replica.as(ADA), id);
      await until(() => received.length > 0);
      expect((await card(BOB)).identities).toEqual([]);
    });

    it('hears of a first setup, which nothing but its request links to it, and that it failed', async () => {
      const { signalChannel } = await card(BOB);
      received = await signals.subscribe(BOB, [signalChannel!]);
      // The server knows of his subscription once a signal has come through
      await until(async () => {
        world.failure = new Error('AWS said no');
        const { id } = await replica.as(ADA).startOperation(associate());
        await follow(replica.as(ADA), id);
        return received.length > 0;
      });
      await quiet();
      world.failure = new Error('AWS said no');
      const held = world.hold('after role of prod/payments/api');
      const { id } = await replica.as(ADA).startOperation(associate());
      await held.reached;
      await until(() => received.length > 0);
      await quiet();
      held.open();
      await follow(replica.as(ADA), id);
      await until(() => received.length > 0);
      expect((await card(BOB)).identities).toMatchObject([
        { change: { kind: 'associate', state: 'failed' } },
      ]);
    });

    it('hears a dry run only when it has ended', async () => {
      await bobLooks();
      const { id } = await replica
        .as(ADA)
        .startOperation(associate('api', { planOnly: true }));
      await follow(replica.as(ADA), id);
      await until(() => received.length > 0);
      expect(await quiet()).toBe(1);
    });
  });

  it.each([
    [
      'that fails',
      () => Promise.reject(new Error('the bus is away')) as Promise<void>,
    ],
    ['that never answers', () => new Promise<void>(() => {})],
  ])(
    'a signal %s neither fails nor delays an operation',
    async (_, publish) => {
      let asked = 0;
      replica = await startReplica({
        knex,
        world,
        features: [
          createServiceFactory({
            service: signalsServiceRef,
            deps: {},
            factory: () => ({
              publish: () => {
                asked += 1;
                return publish();
              },
            }),
          }),
          mockServices.events.factory(),
        ],
      });
      await linked();
      const held = world.hold('probe');
      const { id } = await replica.as(ADA).startOperation(verify());
      await held.reached;
      await until(() => asked > 0);
      held.open();
      const events = await follow(replica.as(ADA), id);
      expect(events.at(-1)).toMatchObject({
        type: 'state',
        data: { state: 'succeeded' },
      });
      await until(
        async () => (await card(ADA)).identities[0].status === 'verified',
      );
    },
  );
});
