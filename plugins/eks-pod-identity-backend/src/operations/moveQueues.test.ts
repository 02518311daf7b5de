import { randomUUID } from 'node:crypto';
import {
  notificationService,
  type NotificationSendOptions,
} from '@backstage/plugin-notifications-node';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import { until } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  BOB,
  PausableClock,
  type Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import { createStore } from '../store';
import type { StoredAccess } from '../store/AccessStore';

const PAYMENTS = 'component:default/payments-api';
const SHOP = 'component:default/shop';
const CAROL = 'user:default/carol';
const databases = createTestDatabases();
const ref = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount,
});

const row = (
  name: string,
  more: Partial<StoredAccess> & { verdict?: 'blocked' } = {},
): StoredAccess => ({
  row: {
    ref: ref(name),
    roads: ['irsa'],
    verdict: more.verdict ?? 'ready',
    sentence: 'Said.',
    reasons: [],
    workloads: [],
    pods: 1,
    compute: [],
  },
  entity: more.entity ?? { entityRef: PAYMENTS, by: 'tag' },
});

describe.each(databases.eachSupportedId())(
  'queues of moves on %s',
  databaseId => {
    let world: FakeWorld;
    let knex: Knex;
    let clock: PausableClock;
    let replicas: Replica[];
    let sent: NotificationSendOptions[];

    const start = async (options: { clock?: PausableClock } = {}) => {
      const replica = await startReplica({
        world,
        knex,
        ...options,
        config: {
          ...appConfig,
          eksPodIdentity: {
            ...appConfig.eksPodIdentity,
            administrators: [CAROL],
          },
        },
        features: [
          createServiceFactory({
            service: notificationService,
            deps: {},
            factory: () => ({
              send: async message => {
                sent.push(message);
              },
            }),
          }),
        ],
      });
      replicas.push(replica);
      return replica;
    };

    const know = (...found: StoredAccess[]) =>
      createStore(knex, Date.now).access.replace(
        { cluster: 'prod', at: '2026-11-30T10:00:00.000Z', gaps: [] },
        found,
      );

    const queue = (replica: Replica, names: string[], user = ADA) =>
      replica.as(user).startMoveQueue({ ownedBy: user, refs: names.map(ref) });

    const ended = (replica: Replica, user = ADA) =>
      until(async () => {
        const { items } = await replica.as(user).listMoveQueues();
        return items[0]?.state === 'ended' ? items[0] : undefined;
      });

    const states = ({ moves }: { moves: { state: string }[] }) =>
      moves.map(({ state }) => state);

    beforeEach(async () => {
      world = new FakeWorld();
      knex = await databases.init(databaseId);
      clock = new PausableClock();
      replicas = [];
      sent = [];
    });

    afterEach(async () => {
      await Promise.all(replicas.map(replica => replica.stop()));
    });

    it('moves one after the other, in the order asked, each with the rights of its starter, and says when all is moved', async () => {
      const replica = await start();
      await know(row('api'), row('jobs'), row('worker'));
      const held = world.hold('before move of prod/payments/worker');
      const begun = await queue(replica, ['worker', 'api', 'jobs', 'api']);
      expect(begun).toMatchObject({
        state: 'running',
        ownedBy: ADA,
        initiator: ADA,
        moves: [
          { ref: ref('worker'), entityRef: PAYMENTS, state: 'moving' },
          { ref: ref('api'), state: 'waiting' },
          { ref: ref('jobs'), state: 'waiting' },
        ],
      });
      await held.reached;
      expect(await knex('operations')).toHaveLength(1);
      held.open();
      const end = await ended(replica);
      expect(states(end)).toEqual(['moved', 'moved', 'moved']);
      expect(end.why).toBeUndefined();
      expect(world.writes).toEqual([
        'move of prod/payments/worker',
        'move of prod/payments/api',
        'move of prod/payments/jobs',
      ]);
      expect(world.granted[0]).toContain('eks-pod-identity.migration.create');
      const operation = await replica
        .as(ADA)
        .getOperation(end.moves[0].operationId!);
      expect(operation).toMatchObject({ kind: 'migrate', initiator: ADA });
      const titles = () => sent.map(({ payload }) => payload.title);
      await until(() => titles().includes('3 of 3 moved to Pod Identity: ada'));
      expect(titles()).toContain('Moved: AWS identity of payments-api');
    });

    it.each([
      ['failure', /^Its roll-out did not end$/],
      ['waits', /^It waits for you: confirm on its card that Deployment api/],
    ] as const)('ends with a move that is a %s', async (ending, message) => {
      const replica = await start();
      await know(row('api'), row('jobs'), row('worker'));
      world.moveEndings.set('jobs', ending);
      await queue(replica, ['api', 'jobs', 'worker']);
      const end = await ended(replica);
      expect(states(end)).toEqual(['moved', 'failed', 'waiting']);
      expect(end.moves[1].message).toMatch(message);
      expect(end.why).toBe('The move of prod/payments/jobs ended it.');
      expect(world.writes).not.toContain('move of prod/payments/worker');
    });

    it('leaves out what is refused before anything is written, and goes on', async () => {
      const replica = await start();
      await know(
        row('api'),
        row('jobs'),
        row('blocked', { verdict: 'blocked' }),
        row('team', { entity: { entityRef: PAYMENTS, by: 'team' } }),
        row('foreign', { entity: { entityRef: SHOP, by: 'tag' } }),
      );
      world.moveEndings.set('jobs', 'conflict');
      await queue(replica, [
        'jobs',
        'blocked',
        'team',
        'foreign',
        'unknown',
        'api',
      ]);
      const end = await ended(replica);
      const unknown = 'It is not known as one of a component of this owner.';
      expect(end.why).toBeUndefined();
      expect(end.moves.map(({ state, message }) => [state, message])).toEqual([
        ['left-out', 'Its SDK is too old'],
        ['left-out', 'It is not ready to be moved.'],
        ['left-out', unknown],
        ['left-out', unknown],
        ['left-out', unknown],
        ['moved', undefined],
      ]);
    });

    it('moves nothing of others, and tells nothing of it', async () => {
      const replica = await start();
      await know(row('api'));
      const bob = replica.as(BOB);
      for (const ownedBy of [ADA, BOB]) {
        await expect(
          bob.startMoveQueue({ ownedBy, refs: [ref('api')] }),
        ).rejects.toMatchObject({ statusCode: 400 });
      }
      expect(world.writes).toEqual([]);
      const held = world.hold('before move of prod/payments/api');
      const { id } = await queue(replica, ['api']);
      await held.reached;
      expect((await bob.listMoveQueues()).items).toEqual([]);
      await expect(bob.stopMoveQueue(id)).rejects.toMatchObject({
        statusCode: 403,
      });
      expect((await replica.as(CAROL).listMoveQueues()).items).toMatchObject([
        { id, state: 'running' },
      ]);
      await expect(queue(replica, ['api'])).rejects.toMatchObject({
        statusCode: 409,
      });
      held.open();
      await ended(replica);
    });

    it('stops after what moves now', async () => {
      const replica = await start();
      await know(row('api'), row('jobs'));
      const held = world.hold('before move of prod/payments/api');
      const { id } = await queue(replica, ['api', 'jobs']);
      await held.reached;
      expect(await replica.as(ADA).stopMoveQueue(id)).toMatchObject({
        state: 'stopping',
      });
      held.open();
      const end = await ended(replica);
      expect(states(end)).toEqual(['moved', 'waiting']);
      expect(end.why).toBe('It was stopped.');
      // Another one may begin now
      await queue(replica, ['jobs']);
      expect(states(await ended(replica))).toEqual(['moved']);
    });

    it('is carried on by another process', async () => {
      const first = await start({ clock });
      await know(row('api'), row('jobs'));
      const held = world.hold('before move of prod/payments/api');
      await queue(first, ['api', 'jobs']);
      await held.reached;
      const second = await start();
      await clock.die(knex);
      const end = await ended(second);
      expect(states(end)).toEqual(['moved', 'moved']);
    });

    it('begins again what was written down and had not begun', async () => {
      const first = await start();
      await know(row('api'), row('jobs'));
      const held = world.hold('before move of prod/payments/api');
      const { moves } = await queue(first, ['api', 'jobs']);
      await held.reached;
      held.open();
      await ended(first);
      await first.stop();
      replicas = [];
      // As if the process had ended between the two
      const { operationId } = moves[0];
      await knex('move_queues').update({
        state: 'running',
        running_of: ADA,
        finished_at: null,
      });
      await knex('queued_moves')
        .where({ operation_id: operationId })
        .update({ state: 'moving', operation_id: randomUUID() });
      const second = await start();
      expect(states(await ended(second))).toEqual(['moved', 'moved']);
      expect(
        world.writes.filter(one => one === 'move of prod/payments/api'),
      ).toHaveLength(2);
    });
  },
);
