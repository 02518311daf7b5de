import { randomUUID } from 'node:crypto';
import {
  notificationService,
  type NotificationSendOptions,
} from '@backstage/plugin-notifications-node';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import { MAX_QUEUED_MOVES } from 'backstage-plugin-eks-pod-identity-common';
import { systemClock } from 'eks-pod-identity-engine';
import { until } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { componentOf } from '../__testUtils__/changingCatalog';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  BOB,
  PausableClock,
  type Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import { createStore, migrationsDirectory } from '../store';
import { MoveQueues, type MoveQueuesOptions } from './MoveQueues';
import { QuotaError, TooManyRequestsError } from './TooManyRequestsError';
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

    const start = async (
      options: { clock?: PausableClock; entities?: Entity[] } = {},
    ) => {
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

    const queue = (
      replica: Replica,
      names: string[],
      user = ADA,
      ownedBy = user,
    ) => replica.as(user).startMoveQueue({ ownedBy, refs: names.map(ref) });

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
      const audited = () =>
        replica.logger.lines
          .map(({ meta }) => meta as any)
          .filter(({ meta }) => meta?.actionType === 'migrate')
          .map(({ status, meta }) => [status, meta.ref, meta.initiator]);
      // Before it has ended
      expect(audited()).toEqual([['initiated', 'prod/payments/worker', ADA]]);
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
      expect(new Set(sent.map(({ payload }) => payload.topic))).toEqual(
        new Set(['AWS identity: move']),
      );
      expect(audited().slice(0, 3)).toEqual([
        ['initiated', 'prod/payments/worker', ADA],
        ['succeeded', 'prod/payments/worker', ADA],
        ['initiated', 'prod/payments/api', ADA],
      ]);
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
      expect(end.why).toBe('The move of prod/payments/jobs ended the queue.');
      expect(world.writes).not.toContain('move of prod/payments/worker');
    });

    it('moves fifty components in the order shown, one at a time, up to the first that breaks', async () => {
      const names = Array.from(
        { length: 50 },
        (_, at) => `app${at}-v${at % 3}`,
      );
      const replica = await start({
        entities: names.map(name => componentOf(name, ADA)),
      });
      await know(
        ...names.map(name => {
          const entityRef = `component:default/${name}`;
          return row(name, { entity: { entityRef, by: 'tag' } });
        }),
      );
      const ada = replica.as(ADA);
      // As the dialog asks that shows them
      const { items } = await ada.listAccess({
        ownedBy: ADA,
        verdict: 'ready',
        sort: 'serviceAccount',
        limit: MAX_QUEUED_MOVES,
      });
      const refs = items.map(item => item.ref);
      const order = refs.map(({ serviceAccount }) => serviceAccount);
      expect(order).not.toEqual(names);
      expect([...order].sort()).toEqual([...names].sort());
      world.moveEndings.set(order[12], 'failure');
      const { migrate } = world.moves;
      let under = 0;
      let most = 0;
      world.moves.migrate = async (...asked) => {
        under += 1;
        most = Math.max(most, under);
        // Long enough for another to begin beside it
        for (let at = 0; at < 20; at += 1) await knex('operations').first('id');
        return migrate(...asked).finally(() => {
          under -= 1;
        });
      };
      await ada.startMoveQueue({ ownedBy: ADA, refs });
      const end = await ended(replica);
      const why = `The move of prod/payments/${order[12]} ended the queue.`;
      expect(end.why).toBe(why);
      expect(
        end.moves.map(move => [
          move.ref.serviceAccount,
          move.entityRef,
          move.state,
          move.message,
        ]),
      ).toEqual(
        order.map((name, at) => {
          const entityRef = `component:default/${name}`;
          if (at < 12) return [name, entityRef, 'moved', undefined];
          return at === 12
            ? [name, entityRef, 'failed', 'Its roll-out did not end']
            : [name, entityRef, 'waiting', why];
        }),
      );
      expect(world.writes).toEqual(
        order.slice(0, 13).map(name => `move of prod/payments/${name}`),
      );
      expect(most).toBe(1);
      // Nothing of the rest is left behind that could begin
      expect(await knex('operations').where({ kind: 'migrate' })).toHaveLength(
        13,
      );
      expect(await knex('queued_moves').whereNotNull('asked')).toEqual([]);
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
      const several = expect.stringContaining('Several components share');
      expect(end.why).toBeUndefined();
      expect(end.moves.map(({ state, message }) => [state, message])).toEqual([
        ['left-out', 'Its SDK is too old'],
        ['left-out', 'It is not ready to be moved.'],
        ['left-out', several],
        ['left-out', unknown],
        ['left-out', unknown],
        ['moved', undefined],
      ]);
    });

    it('moves nothing of others, and tells nothing of it', async () => {
      const replica = await start();
      await know(row('api'));
      const bob = replica.as(BOB);
      const said = (ownedBy: string, name: string) =>
        bob.startMoveQueue({ ownedBy, refs: [ref(name)] }).then(
          () => 'begun',
          ({ statusCode, body }) =>
            `${statusCode} ${body.error.message.replace(name, '…')}`,
        );
      // The same of what is there and of what is not
      for (const ownedBy of [ADA, BOB]) {
        expect(await said(ownedBy, 'api')).toMatch(/^40[03] /);
        expect(await said(ownedBy, 'api')).toBe(await said(ownedBy, 'absent'));
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
      expect([end.why, end.moves[1].message]).toEqual([
        'The queue was stopped.',
        'The queue was stopped.',
      ]);
      // Another one may begin now. It takes longer than its starter's rights count
      const again = world.hold('before move of prod/payments/jobs');
      const next = await queue(replica, ['jobs', 'api']);
      await again.reached;
      await knex('move_queues')
        .where({ id: next.id })
        .update({ created_at: Date.now() - 25 * 3_600_000 });
      again.open();
      const { moveQueues } = createStore(knex, Date.now);
      const old = await until(async () => {
        const found = await moveQueues.find(next.id);
        return found?.state === 'ended' ? found : undefined;
      });
      expect(states(old)).toEqual(['moved', 'waiting']);
      expect(old.moves[1].message).toMatch(
        /^The queue has run for 24 hours, and what its starter may do/,
      );
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

    describe('step by step', () => {
      const store = () => createStore(knex, Date.now);
      const held = async (names: string[]) => {
        const replica = await start();
        await know(...names.map(name => row(name)));
        const barrier = world.hold(`before move of prod/payments/${names[0]}`);
        const { id } = await queue(replica, names);
        await barrier.reached;
        return { replica, id, barrier };
      };

      it('begins nothing after it was stopped, and does not end while a move is under way', async () => {
        const { barrier, id, replica } = await held(['api', 'jobs']);
        const { moveQueues } = store();
        const { moves } = (await moveQueues.find(id))!;
        expect(await moveQueues.end(id, 1, 'too early')).toBe(false);
        await replica.as(ADA).stopMoveQueue(id);
        // Another process that has read the queue before
        expect(await moveQueues.take({ id }, moves[1], randomUUID())).toBe(
          false,
        );
        barrier.open();
        expect(states(await ended(replica))).toEqual(['moved', 'waiting']);
        expect(await moveQueues.take({ id }, moves[1], randomUUID())).toBe(
          false,
        );
        // What its starter may do is not kept
        expect(await knex('queued_moves').whereNotNull('asked')).toEqual([]);
      });

      const tookJobs = (operationId: string) =>
        knex('queued_moves')
          .where({ service_account: 'jobs' })
          .update({ state: 'moving', operation_id: operationId });

      it('begins what another process took and did not begin', async () => {
        const { barrier, id, replica } = await held(['api', 'jobs']);
        const { moveQueues } = store();
        const [, jobs] = (await moveQueues.find(id))!.moves;
        const operationId = randomUUID();
        // Never beside one that moves
        expect(await moveQueues.take({ id }, jobs, operationId)).toBe(false);
        await tookJobs(operationId);
        barrier.open();
        expect(states(await ended(replica))).toEqual(['moved', 'moved']);
        expect(world.writes).toEqual([
          'move of prod/payments/api',
          'move of prod/payments/jobs',
        ]);
      });

      it('puts back only what has no operation, and then stores none', async () => {
        const { barrier, id, replica } = await held(['api', 'jobs']);
        const { moveQueues } = store();
        const [api, jobs] = (await moveQueues.find(id))!.moves;
        expect(await moveQueues.putBack({ id }, api)).toBe(false);
        const operationId = randomUUID();
        await tookJobs(operationId);
        const taken = { ...jobs, state: 'moving', operationId } as const;
        expect(await moveQueues.putBack({ id }, taken)).toBe(true);
        const isTaken = await knex.transaction(tx =>
          moveQueues.isTaken(operationId, tx),
        );
        expect(isTaken).toBe(false);
        barrier.open();
        expect(states(await ended(replica))).toEqual(['moved', 'moved']);
      });

      it('waits where its cluster is gone', async () => {
        const { barrier, id, replica } = await held(['api', 'jobs']);
        const { moveQueues } = store();
        await knex('queued_moves')
          .where({ service_account: 'jobs' })
          .update({ cluster: 'gone' });
        barrier.open();
        const why = await until(async () => (await moveQueues.find(id))?.why);
        expect(why).toBe('gone/payments/jobs: its cluster is not there now');
        expect(states((await moveQueues.find(id))!)).toEqual([
          'moved',
          'waiting',
        ]);
        await replica.as(ADA).stopMoveQueue(id);
        expect(states(await ended(replica))).toEqual(['moved', 'waiting']);
      });

      it('shows what has not ended before all that has', async () => {
        const { barrier, id, replica } = await held(['api']);
        const { moveQueues } = store();
        for (let at = 1; at <= 25; at++) {
          const one = { id: randomUUID(), ownedBy: `user:default/u${at}` };
          await moveQueues.insert({
            ...one,
            initiator: ADA,
            state: 'running',
            createdAt: Date.now() + at,
            moves: [],
          });
          await moveQueues.end(one.id, Date.now());
        }
        const { items } = await replica.as(ADA).listMoveQueues();
        expect(items[0].id).toBe(id);
        const unfinished = { moving: 1, waiting: 0 };
        expect(await moveQueues.unfinished()).toEqual({
          queues: unfinished,
          moves: unfinished,
        });
        barrier.open();
        await until(async () => (await moveQueues.open()).length === 0);
      });
    });

    it.each([
      ['an outage', new Error('Connection terminated'), 'moving', 'running'],
      ['a refusal', new ConflictError('It changed'), 'failed', 'ended'],
      ['a quota', new QuotaError('Too many'), 'left-out', 'ended'],
      ['a limit', new TooManyRequestsError('Later'), 'waiting', 'running'],
      ['a guardrail of a module', 'frozen', 'failed', 'ended'],
    ] as const)(
      'takes %s for what it is as a move begins',
      async (_, error, move, state) => {
        await knex.migrate.latest({ directory: migrationsDirectory });
        const store = createStore(knex, Date.now);
        const id = randomUUID();
        await store.moveQueues.insert({
          id,
          ownedBy: ADA,
          initiator: ADA,
          state: 'running',
          createdAt: Date.now(),
          moves: [
            {
              ref: ref('api'),
              position: 0,
              state: 'waiting',
              asked: {} as any,
            },
          ],
        });
        const begun: string[] = [];
        const queues = new MoveQueues({
          acceptance: {
            guard: async () => {
              if (error !== 'frozen') return;
              begun.push('none');
              throw new Error('Nothing is moved on Fridays');
            },
          },
          audit: {
            begun: async (...[, begin]: [unknown, () => Promise<unknown>]) =>
              begin(),
          },
          clock: systemClock,
          clusters: { list: () => [{ id: 'prod' }] },
          logger: mockServices.logger.mock(),
          operations: {
            begin: async (asked: { id: string }) => {
              begun.push(asked.id);
              throw error;
            },
          },
          onEnd: async () => {},
          store,
        } as unknown as MoveQueuesOptions);
        queues.run();
        await until(() => begun.length > 0);
        await queues.close();
        const { moves, state: now } = (await store.moveQueues.find(id))!;
        expect([moves[0].state, now]).toEqual([move, state]);
        // What has no operation is not under way, whatever its row says
        const waiting = state === 'ended' ? 0 : 1;
        expect(await store.moveQueues.unfinished()).toEqual({
          queues: { moving: 0, waiting },
          moves: { moving: 0, waiting },
        });
      },
    );

    it('is seen and stopped by a member of its team', async () => {
      const replica = await start();
      await know(row('api'));
      const held = world.hold('before move of prod/payments/api');
      const { id } = await queue(replica, ['api'], CAROL, ADA);
      await held.reached;
      expect((await replica.as(ADA).listMoveQueues()).items).toMatchObject([
        { id },
      ]);
      expect(await replica.as(ADA).stopMoveQueue(id)).toMatchObject({
        state: 'stopping',
      });
      held.open();
      await ended(replica);
    });
  },
);
