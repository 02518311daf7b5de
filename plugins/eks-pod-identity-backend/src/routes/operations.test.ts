import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { until } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  BOB,
  follow,
  Replica,
  restart,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = createTestDatabases();

it('runs on the PostgreSQL it was given', () => {
  if (!process.env.EKS_POD_IDENTITY_TEST_POSTGRES) return;
  expect(databases.eachSupportedId().flat().join()).toContain('POSTGRES');
});

describe.each(databases.eachSupportedId())('operations on %s', databaseId => {
  let world: FakeWorld;
  let replica: Replica;

  beforeEach(async () => {
    world = new FakeWorld();
    replica = await startReplica({
      world,
      knex: await databases.init(databaseId as TestDatabaseId),
    });
  });

  afterEach(() => replica?.stop());

  const waitingMessages = (events: Awaited<ReturnType<typeof follow>>) =>
    events.flatMap(event =>
      event.type === 'step' && event.data.status === 'waiting'
        ? [event.data.message]
        : [],
    );

  it('associates, verifies, restarts and tears down, with every event in order', async () => {
    const ada = replica.as(ADA);
    const started = await ada.startOperation(associate());
    expect(started).toMatchObject({ kind: 'associate', initiator: ADA });
    const events = await follow(ada, started.id);
    expect(events.map(event => event.seq)).toEqual(
      events.map((_, index) => index + 1),
    );
    expect(events.map(event => event.type)).toEqual([
      'state',
      'state',
      'plan',
      'result',
      'state',
    ]);
    expect(await ada.getOperation(started.id)).toMatchObject({
      state: 'succeeded',
      plan: { changes: true },
      result: { kind: 'associate', changed: true },
      lastSeq: events.length,
    });
    expect(world.writes).toEqual([
      'role of prod/payments/api',
      'association of prod/payments/api',
    ]);

    const verified = await ada.startOperation(verify());
    await follow(ada, verified.id);
    const { result } = await ada.getOperation(verified.id);
    expect(result).toMatchObject({ kind: 'verify', status: 'verified' });
    const reportId = result?.kind === 'verify' && result.report.id;
    expect(await ada.getReport(reportId as string)).toMatchObject({
      proof: 'credentials',
    });

    // What was proven of the identity stays so
    const restarted = await ada.startOperation(restart());
    await follow(ada, restarted.id);
    expect((await ada.getOperation(restarted.id)).result).toMatchObject({
      kind: 'restart',
      changed: true,
    });
    const ref = { cluster: 'prod', namespace: 'payments' };
    expect(
      await ada.getIdentity({ ...ref, serviceAccount: 'api' }),
    ).toMatchObject({ status: 'verified' });

    const removed = await ada.startOperation(teardown());
    await follow(ada, removed.id);
    expect(await ada.getOperation(removed.id)).toMatchObject({
      state: 'succeeded',
      result: { changed: true },
    });
    expect(world.associations.size).toBe(0);
  });

  it('verifies what was restarted, also where no page follows it', async () => {
    const ada = replica.as(ADA);
    const given = await ada.startOperation(associate());
    await follow(ada, given.id);
    const ref = { cluster: 'prod', namespace: 'payments' };
    const statusOf = async () =>
      (await ada.getIdentity({ ...ref, serviceAccount: 'api' })).status;
    expect(await statusOf()).not.toBe('verified');
    await ada.startOperation(restart());
    const verified = async () => (await statusOf()) === 'verified';
    expect(await until(verified)).toBe(true);
  });

  it('stores a failure as class and sentence', async () => {
    world.failure = Object.assign(new Error('Role limit reached; ask AWS'), {
      name: 'ServiceUnavailableError',
    });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    const events = await follow(ada, id);
    const error = {
      name: 'ServiceUnavailableError',
      message: 'Role limit reached; ask AWS',
    };
    expect(events.at(-1)).toMatchObject({
      type: 'state',
      data: { state: 'failed', error },
    });
    expect(await ada.getOperation(id)).toMatchObject({
      state: 'failed',
      error,
    });
  });

  it('lets a second change wait, saying who holds the service account', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    const first = await ada.startOperation(associate());
    await held.reached;
    const second = await ada.startOperation(teardown());
    const other = await ada.startOperation(associate('worker'));
    await follow(ada, other.id);
    expect(await ada.getOperation(second.id)).toMatchObject({
      state: 'queued',
    });

    held.open();
    const events = await follow(ada, second.id);
    expect(waitingMessages(events)[0]).toMatch(
      new RegExp(
        `^Waiting for prod/payments/api: associate of prod/payments/api started by ${ADA} \\(operation ${first.id}\\) has held it since 20`,
      ),
    );
    expect(world.writes.at(-1)).toBe('removal of prod/payments/api');
    expect((await ada.getOperation(first.id)).state).toBe('succeeded');
  });

  it('gives up waiting at its deadline', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    await ada.startOperation(associate());
    await held.reached;
    const second = await ada.startOperation(
      teardown('api', { timeoutSeconds: 1 }), // wall time: what it waits for does not come
    );
    await follow(ada, second.id);
    const { state, error } = await ada.getOperation(second.id);
    expect(state).toBe('failed');
    expect(error).toMatchObject({
      name: 'ConflictError',
      message: expect.stringContaining('Gave up waiting for prod/payments/api'),
    });
    expect(world.writes).toEqual(['role of prod/payments/api']);
    held.open();
  });

  it('waits for a role that another service account is writing', async () => {
    const held = world.hold('before role of prod/payments/api');
    const ada = replica.as(ADA);
    await ada.startOperation(associate());
    await held.reached;
    // The same role name on the other cluster: another ref, the same role.
    const second = await ada.startOperation(
      associate('api', { clusterName: 'test' }),
    );
    const waiting = new Promise<void>(resolve => {
      (async () => {
        for await (const event of ada.followOperation(second.id)) {
          if (event.type === 'step') resolve();
        }
      })();
    });
    await waiting;
    held.open();
    const events = await follow(ada, second.id);
    const [message] = waitingMessages(events);
    expect(message).toContain(
      'Waiting for role arn:aws:iam::111122223333:role/api: another operation has held it since',
    );
    expect(message).not.toMatch(/prod|ada/);
    expect((await ada.getOperation(second.id)).state).toBe('succeeded');
  });

  it('cancels for its starter only, between two steps', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    await held.reached;
    await expect(replica.as(BOB).cancelOperation(id)).rejects.toThrow('403');
    await ada.cancelOperation(id);
    const events = await follow(ada, id);
    expect(events.at(-1)).toMatchObject({ data: { state: 'cancelled' } });
    expect(await ada.getOperation(id)).toMatchObject({
      state: 'cancelled',
      error: {
        name: 'CancelledError',
        message: expect.stringContaining(`Cancelled by ${ADA}`),
      },
    });
    expect(world.writes).toEqual(['role of prod/payments/api']);
    expect((await ada.cancelOperation(id)).state).toBe('cancelled');

    const again = await ada.startOperation(associate());
    await follow(ada, again.id);
    expect((await ada.getOperation(again.id)).state).toBe('succeeded');
  });

  it('cancels for an administrator what another holds an identity with', async () => {
    await replica.stop();
    replica = await startReplica({
      world,
      knex: await databases.init(databaseId as TestDatabaseId),
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...(appConfig.eksPodIdentity as JsonObject),
          administrators: [BOB],
        },
      },
    });
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    await held.reached;
    await replica.as(BOB).cancelOperation(id);
    await follow(ada, id);
    expect(await ada.getOperation(id)).toMatchObject({
      state: 'cancelled',
      error: { message: expect.stringContaining(`Cancelled by ${BOB}`) },
    });
  });

  it('cancels one that still waits for its turn', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    const first = await ada.startOperation(associate());
    await held.reached;
    const second = await ada.startOperation(teardown());
    await ada.cancelOperation(second.id);
    await follow(ada, second.id);
    expect((await ada.getOperation(second.id)).state).toBe('cancelled');
    held.open();
    await follow(ada, first.id);
    expect(world.associations.size).toBe(1);
  });

  it('plans only without waiting for anybody', async () => {
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    await ada.startOperation(associate());
    await held.reached;
    const planned = await ada.startOperation(
      associate('api', { planOnly: true }),
    );
    await follow(ada, planned.id);
    expect(await ada.getOperation(planned.id)).toMatchObject({
      state: 'succeeded',
      result: { applied: false, plan: { changes: true } },
    });
    held.open();
  });

  describe('idempotency key', () => {
    const keyed = { idempotencyKey: 'task1/step1' };

    it('finds the running operation again, for the same initiator and input', async () => {
      const held = world.hold('before association of prod/payments/api');
      const ada = replica.as(ADA);
      const first = await ada.startOperation({ ...associate(), ...keyed });
      await held.reached;
      const again = await ada.startOperation({ ...associate(), ...keyed });
      expect(again.id).toBe(first.id);
      await expect(
        ada.startOperation({ ...associate('worker'), ...keyed }),
      ).rejects.toThrow('409');
      await expect(
        ada.startOperation({ ...teardown(), ...keyed }),
      ).rejects.toThrow('409');
      const service = await replica
        .asService()
        .startOperation({ ...associate('worker'), ...keyed });
      expect(service.id).not.toBe(first.id);
      held.open();
      await follow(ada, first.id);
      await follow(ada, service.id);
    });

    it('may be empty, and is a key like any other', async () => {
      const ada = replica.as(ADA);
      const empty = { ...associate(), idempotencyKey: '' };
      const first = await ada.startOperation(empty);
      expect((await ada.startOperation(empty)).id).toBe(first.id);
      await follow(ada, first.id);
    });

    it('two at once get one operation', async () => {
      const ada = replica.as(ADA);
      const ids = await Promise.all(
        [1, 2, 3, 4].map(() =>
          ada.startOperation({ ...associate(), ...keyed }),
        ),
      );
      expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
      await follow(ada, ids[0].id);
      expect(world.writes).toHaveLength(2);
    });

    it('gives a fresh success again, but not when something came after it', async () => {
      const ada = replica.as(ADA);
      const first = await ada.startOperation({ ...associate(), ...keyed });
      await follow(ada, first.id);
      const again = await ada.startOperation({ ...associate(), ...keyed });
      expect(again.id).toBe(first.id);
      const removal = await ada.startOperation(teardown());
      await follow(ada, removal.id);
      const retried = await ada.startOperation({ ...associate(), ...keyed });
      expect(retried.id).not.toBe(first.id);
      await follow(ada, retried.id);
      expect(world.associations.size).toBe(1);
    });

    it('never gives a failure again', async () => {
      world.failure = new Error('no');
      const ada = replica.as(ADA);
      const first = await ada.startOperation({ ...associate(), ...keyed });
      await follow(ada, first.id);
      const retried = await ada.startOperation({ ...associate(), ...keyed });
      expect(retried.id).not.toBe(first.id);
      await follow(ada, retried.id);
      expect((await ada.getOperation(retried.id)).state).toBe('succeeded');
    });
  });

  it('succeeds when there is nothing to take away', async () => {
    const ada = replica.as(ADA);
    const removal = await ada.startOperation(teardown());
    await follow(ada, removal.id);
    expect(await ada.getOperation(removal.id)).toMatchObject({
      state: 'succeeded',
      result: { changed: false },
    });
  });
});
