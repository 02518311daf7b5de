import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { type Clock, systemClock } from 'eks-pod-identity-engine';
import { until } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  BOB,
  Deny,
  follow,
  PausableClock,
  Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('two replicas on %s', databaseId => {
  let world: FakeWorld;
  let knex: Knex;
  let clock: PausableClock;
  let first: Replica;
  let second: Replica;
  let denied: Deny;

  const start = (options: { clock?: Clock; config?: JsonObject } = {}) =>
    startReplica({
      world,
      knex,
      ...options,
      deny: (...args) => denied(...args),
    });

  beforeEach(async () => {
    world = new FakeWorld();
    knex = await databases.init(databaseId as TestDatabaseId);
    clock = new PausableClock();
    denied = () => false;
    first = await start({ clock });
    second = await start();
  });

  afterEach(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  it('streams at one replica what runs in the other', async () => {
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    const following = follow(second.as(ADA), id);
    held.open();
    const events = await following;
    expect(events.at(-1)).toMatchObject({ data: { state: 'succeeded' } });
    expect(events.map(event => event.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('cancels at one replica what runs in the other', async () => {
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    await second.as(ADA).cancelOperation(id);
    await follow(second.as(ADA), id);
    expect((await first.as(ADA).getOperation(id)).state).toBe('cancelled');
    expect(world.writes).toEqual(['role of prod/payments/api']);
  });

  it('honours a cancel before the next write, however slow the news is', async () => {
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    clock.pause();
    await second.as(ADA).cancelOperation(id);
    held.open();
    await follow(second.as(ADA), id);
    expect((await second.as(ADA).getOperation(id)).state).toBe('cancelled');
    expect(world.writes).toEqual(['role of prod/payments/api']);
  });

  it('takes over from a process that went silent, which then writes nothing more', async () => {
    const before = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await before.reached;
    await clock.die(knex);
    // The policy changed meanwhile: what was granted at acceptance still holds, and nothing else is asked.
    denied = (_user, permission) => permission.endsWith('.create');
    const events = await follow(second.as(ADA), id);
    expect(events.at(-1)).toMatchObject({ data: { state: 'succeeded' } });
    before.open();
    // wall time: it would have written by then
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(world.writes).toEqual([
      'role of prod/payments/api',
      'role of prod/payments/api',
      'association of prod/payments/api',
    ]);
    expect(world.granted[1]).toEqual(world.granted[0]);
    expect(
      second.authorizeCalls.every(call =>
        call.permissions.every(name => name.endsWith('.read')),
      ),
    ).toBe(true);
    const after = await follow(second.as(ADA), id);
    expect(after).toHaveLength(events.length);
  });

  it('leaves a run on a cluster that it has not heard of to others', async () => {
    await second.stop();
    const { clusters } = appConfig.eksPodIdentity;
    const sleep = jest.fn(systemClock.sleep);
    const ignorant = await start({
      clock: { now: systemClock.now, sleep },
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          clusters: clusters.filter(({ name }) => name !== 'prod'),
        },
      },
    });
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    const died = clock.die(knex);
    await until(async () => {
      const [one] = await knex('leases').min('expires_at as at');
      return Number(one.at) === 0;
    });
    // Its loops are three: each has looked since
    const looks = sleep.mock.calls.length;
    await until(() => sleep.mock.calls.length > looks + 9);
    second = await start();
    await died;
    const events = await follow(second.as(ADA), id);
    expect(events.at(-1)).toMatchObject({ data: { state: 'succeeded' } });
    const lines = ignorant.logger.lines.map(line => line.message);
    expect(lines.join()).not.toContain('Carrying on');
    held.open();
    await ignorant.stop();
  });

  it('counts what an interrupted attempt did as done by the operation', async () => {
    const made = world.hold('after association of prod/payments/api');
    const ada = second.as(ADA);
    const { id } = await first.as(ADA).startOperation(associate());
    await made.reached;
    await clock.die(knex);
    await follow(ada, id);
    expect(await ada.getOperation(id)).toMatchObject({
      state: 'succeeded',
      plan: { changes: true },
      result: { changed: true, plan: { changes: false } },
    });
    const [{ wrote }] = await knex('operations').where({ id }).select('wrote');
    expect(Boolean(wrote)).toBe(true);
    expect(await knex('owners').select('entity_ref')).toEqual([
      { entity_ref: 'component:default/payments-api' },
    ]);
    made.open();
    await first.stop();

    clock = new PausableClock();
    first = await start({ clock });
    const gone = world.hold('after removal of prod/payments/api');
    const removal = await first.as(ADA).startOperation(teardown());
    await gone.reached;
    await clock.die(knex);
    await follow(ada, removal.id);
    expect(await ada.getOperation(removal.id)).toMatchObject({
      state: 'succeeded',
      result: {
        changed: true,
        removed: [{ kind: 'association', name: 'prod/payments/api' }],
      },
    });
    expect(await knex('owners').select('entity_ref')).toEqual([]);
    gone.open();
  });

  it('outlives a database that goes away for a moment', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = first.as(ADA);
    const { id } = await ada.startOperation(associate());
    await held.reached;
    // knex tells the console of every connection it does not get
    const silence = jest.spyOn(console, 'log').mockImplementation();
    const { pool } = knex.client;
    const { acquire } = pool;
    pool.acquire = () => ({
      promise: Promise.reject(
        Object.assign(new Error('connect ECONNREFUSED'), {
          code: 'ECONNREFUSED',
        }),
      ),
    });
    held.open();
    await new Promise(resolve => {
      // wall time: how long it is away, at least
      setTimeout(resolve, 400);
    });
    expect(world.writes).toEqual(['role of prod/payments/api']);
    pool.acquire = acquire;
    silence.mockRestore();
    await follow(ada, id);
    expect((await ada.getOperation(id)).state).toBe('succeeded');
    expect(world.writes).toEqual([
      'role of prod/payments/api',
      'association of prod/payments/api',
    ]);
  });

  it('hands over at shutdown without waiting for the lease to end', async () => {
    const held = world.hold('probe');
    const { id } = await first.as(ADA).startOperation(verify());
    await held.reached;
    await first.stop();
    expect(world.cleanups).toEqual(['probe-1']);
    await follow(second.as(ADA), id);
    expect(await second.as(ADA).getOperation(id)).toMatchObject({
      state: 'succeeded',
      result: { status: 'verified' },
    });
    expect(world.podsCreated).toBe(2);
    expect(world.pods.size).toBe(0);
    first = await start();
  });

  it('gives up on a run that keeps taking processes down', async () => {
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    await knex('operations').where({ id }).update({ attempts: 5 });
    await clock.die(knex);
    await follow(second.as(ADA), id);
    expect(await second.as(ADA).getOperation(id)).toMatchObject({
      state: 'failed',
      error: {
        name: 'TimeoutError',
        message: expect.stringContaining('Given up after 6 interrupted'),
      },
    });
    held.open();
  });

  it('does not use the rights of long ago', async () => {
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    await knex('operations')
      .where({ id })
      .update({ updated_at: Date.now() - 2 * 3600_000 });
    await clock.die(knex);
    await follow(second.as(ADA), id);
    expect(await second.as(ADA).getOperation(id)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('within an hour') },
    });
    held.open();
  });

  describe('equal verifications', () => {
    // Bob may verify what belongs to Ada's component through a component of his own.
    const asBob = () => verify('api', { entityRef: 'component:default/shop' });

    it('share one run, one pod and one report', async () => {
      const held = world.hold('probe');
      const one = await first.as(ADA).startOperation(verify());
      await held.reached;
      const two = await second.as(BOB).startOperation(asBob());
      expect(two.id).not.toBe(one.id);
      const streams = [
        follow(first.as(ADA), one.id),
        follow(second.as(BOB), two.id),
      ];
      held.open();
      const [ours, theirs] = await Promise.all(streams);
      const [a, b] = await Promise.all([
        second.as(ADA).getOperation(one.id),
        first.as(BOB).getOperation(two.id),
      ]);
      expect(a.result).toEqual(b.result);
      expect(a.state).toBe('succeeded');
      expect(world.podsCreated).toBe(1);
      // Both saw the check that came before the second one joined; only the second one reads that it joined.
      expect(ours.filter(event => event.type === 'check')).toEqual(
        theirs.filter(event => event.type === 'check'),
      );
      expect(theirs.filter(event => event.type === 'log')).toMatchObject([
        { data: { message: expect.stringContaining('following it') } },
      ]);
      expect(ours.filter(event => event.type === 'log')).toEqual([]);
    });

    it('at once on both replicas make one run', async () => {
      const held = world.hold('probe');
      const started = await Promise.all(
        [first, second, first, second].map(replica =>
          replica.as(ADA).startOperation(verify()),
        ),
      );
      await held.reached;
      held.open();
      await Promise.all(started.map(({ id }) => follow(second.as(ADA), id)));
      expect(world.podsCreated).toBe(1);
    });

    it('ask different things in runs of their own', async () => {
      const held = world.hold('probe');
      const one = await first.as(ADA).startOperation(verify());
      await held.reached;
      const two = await first
        .as(ADA)
        .startOperation(verify('api', { probe: 'none' }));
      await follow(first.as(ADA), two.id);
      expect((await first.as(ADA).getOperation(one.id)).state).toBe('running');
      held.open();
    });

    it('end for the one who cancels and go on for the others, until the last one leaves', async () => {
      const held = world.hold('probe');
      const one = await first.as(ADA).startOperation(verify());
      await held.reached;
      const two = await second.as(BOB).startOperation(asBob());

      expect((await second.as(ADA).cancelOperation(one.id)).state).toBe(
        'cancelled',
      );
      const events = await follow(first.as(ADA), one.id);
      expect(events.at(-1)).toMatchObject({
        data: {
          state: 'cancelled',
          error: { message: expect.stringContaining('goes on for the others') },
        },
      });
      expect((await first.as(BOB).getOperation(two.id)).state).toBe('running');
      expect(world.pods.size).toBe(1);

      await first.as(BOB).cancelOperation(two.id);
      // Nobody joins a run that is being given up.
      const three = await first.as(ADA).startOperation(verify());
      await follow(first.as(BOB), two.id);
      await follow(first.as(ADA), three.id);
      expect((await first.as(BOB).getOperation(two.id)).state).toBe(
        'cancelled',
      );
      expect((await first.as(ADA).getOperation(three.id)).state).toBe(
        'succeeded',
      );
      expect(world.podsCreated).toBe(2);
      expect(world.cleanups).toEqual(['probe-1']);
      // What came after its own end is not part of an operation.
      expect((await follow(first.as(ADA), one.id)).at(-1)?.seq).toBe(
        events.at(-1)?.seq,
      );
    });

    it('are carried on for a follower whose leader left and whose process died', async () => {
      const held = world.hold('probe');
      const one = await first.as(ADA).startOperation(verify());
      await held.reached;
      const two = await second.as(BOB).startOperation(asBob());
      await first.as(ADA).cancelOperation(one.id);
      await clock.die(knex);
      await follow(second.as(BOB), two.id);
      expect((await second.as(BOB).getOperation(two.id)).state).toBe(
        'succeeded',
      );
      held.open();
    });
  });
});
