import { TestDatabases } from '@backstage/backend-test-utils';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  follow,
  PausableClock,
  Replica,
  restart,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the audit log', () => {
  let world: FakeWorld;
  let replicas: Replica[];

  const start = async (
    options: Omit<Parameters<typeof startReplica>[0], 'world'>,
  ) => {
    const replica = await startReplica({ world, ...options });
    replicas.push(replica);
    return replica;
  };

  beforeEach(() => {
    world = new FakeWorld();
    replicas = [];
  });

  afterEach(() => Promise.all(replicas.map(replica => replica.stop())));

  const audited = (replica: Replica) =>
    replica.logger.lines
      .filter(line => line.meta.isAuditEvent)
      .map(({ meta }) => meta as any);

  it('names who did what for which task, and how it ended', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    const ada = replica.as(ADA);
    const { id } = await replica.asTaskOf(ADA).startOperation({
      ...associate(),
      taskId: 'task-7',
    });
    await follow(ada, id);
    const events = audited(replica);
    expect(events).toHaveLength(2);
    for (const event of events) {
      expect(event).toMatchObject({
        plugin: 'eks-pod-identity',
        eventId: 'association-mutate',
        severityLevel: 'medium',
        actor: { actorId: ADA },
        request: { method: 'POST', url: '/api/eks-pod-identity/v1/operations' },
        meta: {
          actionType: 'associate',
          ref: 'prod/payments/api',
          entityRef: 'component:default/payments-api',
          taskId: 'task-7',
          actingPlugin: 'plugin:scaffolder',
        },
      });
    }
    expect(events[0].status).toBe('initiated');
    expect(events[1]).toMatchObject({
      status: 'succeeded',
      meta: {
        operationId: id,
        outcome: 'succeeded',
        changed: true,
        roleArn: 'arn:aws:iam::111122223333:role/api',
      },
    });
  });

  it.each([
    ['a user', ADA, (replica: Replica) => replica.as(ADA), 'user', undefined],
    [
      'a template of hers',
      ADA,
      (replica: Replica) => replica.asTaskOf(ADA),
      'action',
      'plugin:scaffolder',
    ],
  ])(
    'and the history tell what started a verification of %s, whatever the request says',
    async (_, initiator, clientOf, trigger, actingPlugin) => {
      const replica = await start({ knex: await databases.init('SQLITE_3') });
      const { id } = await clientOf(replica).startOperation({
        ...verify(),
        trigger: trigger === 'user' ? 'action' : 'user',
      } as ReturnType<typeof verify>);
      await follow(replica.as(ADA), id);
      const done = await replica.as(ADA).getOperation(id);
      expect(done).toMatchObject({
        initiator,
        result: { report: { trigger } },
      });
      expect(audited(replica)[0].meta.actingPlugin).toBe(actingPlugin);
    },
  );

  it('tells a restart from a change of the identity', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(restart());
    await follow(ada, id);
    const restarts = audited(replica).filter(
      ({ eventId }) => eventId === 'workload-restart',
    );
    expect(restarts).toMatchObject([
      { eventId: 'workload-restart', status: 'initiated' },
      {
        eventId: 'workload-restart',
        status: 'succeeded',
        meta: { operationId: id, actionType: 'restart', changed: true },
      },
    ]);
  });

  it('keeps refusals and failures', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    await expect(replica.as(BOB).startOperation(associate())).rejects.toThrow(
      '403',
    );
    world.failure = new Error('Role limit reached');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    await follow(ada, id);
    const failed = audited(replica).filter(event => event.status === 'failed');
    expect(failed).toMatchObject([
      { actor: { actorId: BOB }, meta: { actionType: 'associate' } },
      {
        actor: { actorId: ADA },
        meta: { operationId: id, outcome: 'failed' },
      },
    ]);
    expect(failed[0].error.message).toContain('belongs to user:default/ada');
    expect(failed[1].error.message).toBe('Role limit reached');
  });

  it('keeps who looked at a plan, and who was refused one', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    await replica.as(ADA).plan(associate());
    await expect(replica.as(BOB).plan(associate())).rejects.toThrow('403');
    const ended = audited(replica).filter(
      ({ status }) => status !== 'initiated',
    );
    const meta = { actionType: 'associate', ref: 'prod/payments/api' };
    expect(ended).toMatchObject([
      {
        eventId: 'association-plan',
        severityLevel: 'low',
        status: 'succeeded',
        actor: { actorId: ADA },
        meta,
      },
      {
        eventId: 'association-plan',
        status: 'failed',
        actor: { actorId: BOB },
      },
    ]);
  });

  it('keeps verifications and cancellations, each follower for itself', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    const held = world.hold('probe');
    const one = await replica.as(ADA).startOperation(verify());
    await held.reached;
    const two = await replica
      .as(BOB)
      .startOperation(verify('api', { entityRef: 'component:default/shop' }));
    held.open();
    await follow(replica.as(BOB), two.id);
    await follow(replica.as(ADA), one.id);
    expect(
      audited(replica)
        .filter(event => event.status === 'succeeded')
        .map(event => [event.eventId, event.actor.actorId, event.meta.status]),
    ).toEqual(
      expect.arrayContaining([
        ['verification-create', ADA, 'verified'],
        ['verification-create', BOB, 'verified'],
      ]),
    );

    const again = world.hold('before association of prod/payments/api');
    const { id } = await replica.as(ADA).startOperation(associate());
    await again.reached;
    await replica.as(ADA).cancelOperation(id);
    await follow(replica.as(ADA), id);
    expect(audited(replica)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          eventId: 'operation-mutate',
          status: 'succeeded',
          meta: { actionType: 'cancel', operationId: id },
        }),
        expect.objectContaining({
          eventId: 'association-mutate',
          status: 'failed',
          meta: expect.objectContaining({ outcome: 'cancelled' }),
        }),
      ]),
    );
  });

  it('names the initiator where another process brought it to its end', async () => {
    const knex = await databases.init('SQLITE_3');
    const clock = new PausableClock();
    const first = await start({ knex, clock });
    const second = await start({ knex });
    const held = world.hold('before association of prod/payments/api');
    const { id } = await first.as(ADA).startOperation(associate());
    await held.reached;
    await clock.die(knex);
    await follow(second.as(ADA), id);
    held.open();
    expect(audited(second).at(-1)).toMatchObject({
      status: 'succeeded',
      actor: { actorId: 'plugin:eks-pod-identity' },
      meta: { operationId: id, initiator: ADA, ref: 'prod/payments/api' },
    });
  });

  it('holds no token', async () => {
    const replica = await start({ knex: await databases.init('SQLITE_3') });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    await follow(ada, id);
    expect(JSON.stringify(audited(replica))).not.toContain('mock-user-token');
  });
});
