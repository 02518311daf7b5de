import { request as httpRequest } from 'node:http';
import {
  mockCredentials,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { JsonObject } from '@backstage/types';
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
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const withLimits = (limits: JsonObject) => ({
  ...appConfig,
  eksPodIdentity: { ...appConfig.eksPodIdentity, limits },
});

const asBob = { entityRef: 'component:default/shop' };

/** What a caller reads, with the status. */
async function refusal(asked: Promise<unknown>): Promise<string> {
  const error: any = await asked.then(
    () => undefined,
    thrown => thrown,
  );
  return error && `${error.statusCode} ${error.cause?.message}`;
}

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('limits on %s', databaseId => {
  let world: FakeWorld;
  const replicas: Replica[] = [];

  const start = async (limits: JsonObject, count = 1) => {
    const knex = await databases.init(databaseId as TestDatabaseId);
    for (let index = 0; index < count; index += 1) {
      replicas.push(
        await startReplica({ world, knex, config: withLimits(limits) }),
      );
    }
    return replicas;
  };

  beforeEach(() => {
    world = new FakeWorld();
  });

  afterEach(() => Promise.all(replicas.splice(0).map(one => one.stop())));

  it('lets a user have so many operations under way, and says what to cancel', async () => {
    const [replica] = await start({ operationsPerUser: 2 });
    const ada = replica.as(ADA);
    const held = world.hold('before association of prod/payments/api');
    const keyed = { ...associate(), idempotencyKey: 'task:step' };
    const first = await ada.startOperation(keyed);
    await held.reached;
    const probing = world.hold('probe');
    const proof = await ada.startOperation(verify('worker'));
    await probing.reached;

    const told = await refusal(ada.startOperation(associate('other')));
    expect(told).toMatch(
      /^429 You have 2 operations waiting or running, and no user may have more at a time\. Wait until one of them has finished, or cancel one, such as the associate of prod\/payments\/api \(operation /,
    );
    expect(told).toContain(first.id);
    expect(await refusal(ada.startOperation(verify('other')))).toMatch(/^429/);

    // Nothing new: the same request again, and a proof that goes on already
    expect((await ada.startOperation(keyed)).id).toBe(first.id);
    const joined = await ada.startOperation(verify('worker'));
    // Nor does it concern anybody else
    const { id: bobs } = await replica
      .as(BOB)
      .startOperation(associate('shop', asBob));
    const { id: services } = await replica
      .asService()
      .startOperation(associate('service'));

    await ada.cancelOperation(proof.id);
    await ada.cancelOperation(joined.id);
    await follow(ada, joined.id);
    const next = await ada.startOperation(associate('other'));
    held.open();
    await Promise.all(
      [first.id, next.id, bobs, services].map(id =>
        follow(replica.asService(), id),
      ),
    );
  });

  it('lets so many changes of a service account wait, from all users and replicas', async () => {
    const [one, two] = await start({ changesPerServiceAccount: 3 }, 2);
    const held = world.hold('before association of prod/payments/api');
    const first = await one.as(ADA).startOperation(associate());
    await held.reached;

    const asked = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        [one, two][index % 2].as(index % 3 ? ADA : BOB).startOperation(
          associate('api', {
            ...(index % 3 ? {} : asBob),
            timeoutSeconds: 3600,
          }),
        ),
      ),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      2,
    );

    const told = await refusal(two.as(ADA).startOperation(teardown()));
    expect(told).toMatch(
      /^429 prod\/payments\/api has 3 changes waiting or running, and no service account may have more at a time\. Wait until one of them has finished, /,
    );
    expect(told).toContain(
      `or cancel one of your own, such as the associate of prod/payments/api (operation ${first.id}); then ask again`,
    );

    // What changes nothing does not wait either
    for (const body of [
      teardown('api', { planOnly: true }),
      verify(),
      teardown('worker'),
    ]) {
      const { id } = await two.as(ADA).startOperation(body);
      await follow(two.as(ADA), id);
    }
    held.open();
    for (const each of asked) {
      if (each.status !== 'fulfilled') continue;
      await follow(one.as(each.value.initiator!), each.value.id);
    }
    const { id } = await two.as(ADA).startOperation(teardown());
    await follow(two.as(ADA), id);
    expect(world.writes.at(-1)).toBe('removal of prod/payments/api');
  });

  it('lets one component and one owner have so many identities', async () => {
    const [replica] = await start({
      identitiesPerEntity: 2,
      identitiesPerOwner: 3,
    });
    const ada = replica.as(ADA);
    const made = async (serviceAccount: string, extra = {}) => {
      const { id } = await ada.startOperation(associate(serviceAccount, extra));
      await follow(ada, id);
    };
    await made('one');
    // Those that are about to be made count too
    const held = world.hold('before association of prod/payments/two');
    const { id } = await ada.startOperation(associate('two'));
    await held.reached;
    expect(await refusal(ada.startOperation(associate('three')))).toBe(
      '429 component:default/payments-api has 2 AWS identities, and no component may have more than 2 (limits.identitiesPerEntity). Remove one that is not used, or ask an administrator of this portal',
    );
    held.open();
    await follow(ada, id);
    const worker = { entityRef: 'component:default/payments-worker' };
    await made('three', worker);
    expect(
      await refusal(ada.startOperation(associate('four', worker))),
    ).toMatch(
      /^429 user:default\/ada has 3 AWS identities, and no owner may have more than 3 /,
    );
    // What exists can be changed, and a service is not limited
    await made('one', { tags: {} });
    const { id: services } = await replica
      .asService()
      .startOperation(associate('five'));
    await follow(replica.asService(), services);
  });

  it('keeps the last place on a service account for others', async () => {
    const [replica] = await start({ changesPerServiceAccount: 3 });
    const held = world.hold('before association of prod/payments/api');
    const ada = replica.as(ADA);
    const { id: first } = await ada.startOperation(associate());
    await held.reached;
    await ada.startOperation(associate());
    expect(await refusal(ada.startOperation(associate()))).toBe(
      `429 You have 2 changes of prod/payments/api waiting or running, and the last place is kept for others. Wait until one of them has finished, or cancel one of your own, such as the associate of prod/payments/api (operation ${first}); then ask again`,
    );
    const { id } = await replica
      .as(BOB)
      .startOperation(associate('api', asBob));
    held.open();
    await follow(replica.asService(), id);
  });

  it('finds an operation by its key although there is room for no other', async () => {
    const [one, two] = await start({ changesPerServiceAccount: 1 }, 2);
    const held = world.hold('before association of prod/payments/api');
    const keyed = { ...associate(), idempotencyKey: 'task:step' };
    const ids = await Promise.all(
      [one, two, one, two].map(replica =>
        replica.as(ADA).startOperation(keyed),
      ),
    );
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
    expect(
      await refusal(two.as(BOB).startOperation(associate('api', asBob))),
    ).toMatch(
      /^429 prod\/payments\/api has 1 change waiting or running,.* or ask the person who started one to cancel it; then ask again$/,
    );
    held.open();
    await follow(one.as(ADA), ids[0].id);
  });

  it('lets so many different proofs of a service account wait', async () => {
    const [replica] = await start({ proofsPerServiceAccount: 1 });
    const ada = replica.as(ADA);
    const probing = world.hold('probe');
    const first = await ada.startOperation(verify());
    await probing.reached;
    const asks = {
      expectedRoleArn: 'arn:aws:iam::111122223333:role/other',
    };
    expect(await refusal(ada.startOperation(verify('api', asks)))).toMatch(
      /^429 prod\/payments\/api has 1 verification waiting or running,/,
    );
    const joined = await ada.startOperation(verify());
    const looking = await ada.startOperation(
      verify('api', { ...asks, probe: 'none' }),
    );
    await follow(ada, looking.id);
    probing.open();
    await Promise.all([first.id, joined.id].map(id => follow(ada, id)));
    expect(await refusal(ada.startOperation(verify('api', asks)))).toBe(
      undefined,
    );
  });
});

describe('limits of a process', () => {
  const sqlite = TestDatabases.create({ ids: ['SQLITE_3'] });
  let world: FakeWorld;
  let replica: Replica;
  /** Plans that are being made, by what ends them. */
  const planning = new Set<AbortSignal>();
  let finishPlans: () => void;
  let plansMayFinish: Promise<void>;

  beforeAll(async () => {
    world = new FakeWorld();
    const { planTeardown } = world.lifecycle;
    replica = await startReplica({
      knex: await sqlite.init('SQLITE_3'),
      config: withLimits({ plansPerCaller: 2 }),
      engine: options => ({
        ...world.engine(options),
        lifecycle: {
          ...world.lifecycle,
          planTeardown: async (request, context) => {
            planning.add(context.signal);
            try {
              await Promise.race([
                plansMayFinish,
                new Promise((_, reject) => {
                  context.signal.addEventListener('abort', () =>
                    reject(context.signal.reason),
                  );
                }),
              ]);
              return await planTeardown(request, context);
            } finally {
              planning.delete(context.signal);
            }
          },
        },
      }),
    });
  });

  beforeEach(() => {
    plansMayFinish = new Promise(resolve => {
      finishPlans = resolve;
    });
  });

  afterEach(() => finishPlans());

  afterAll(() => replica.stop());

  it('makes so many plans for a caller at a time', async () => {
    const ada = replica.as(ADA);
    const fresh = { ...teardown(), fresh: true };
    const first = [ada.plan(fresh), ada.plan(fresh)];
    await until(() => planning.size === 2);
    expect(await refusal(ada.plan(fresh))).toMatch(
      /^429 You are waiting for 2 plans already, .* then try again$/,
    );
    // Shares what is being made
    const shared = ada.plan(teardown());
    const others = replica.as(BOB).plan({ ...teardown('api', asBob) });
    await until(() => planning.size === 3);
    finishPlans();
    await Promise.all([...first, shared, others]);
    await ada.plan(fresh);
  });

  it('stops a plan when everybody who asked for it has left, and not before', async () => {
    const ada = replica.as(ADA);
    const leaving = [new AbortController(), new AbortController()];
    const [one, other] = leaving.map(({ signal }) =>
      ada
        .plan(teardown('left'), { signal })
        .then(() => 'planned')
        .catch(error => error.name),
    );
    await until(() => planning.size === 1);
    // The second has been let in when the same question is answered by the same work
    await new Promise(resolve => {
      // wall time: a second plan would have begun by then
      setTimeout(resolve, 100);
    });
    expect(planning.size).toBe(1);

    leaving[0].abort();
    expect(await one).toBe('AbortError');
    await new Promise(resolve => {
      // wall time: it would have been stopped by then
      setTimeout(resolve, 100);
    });
    expect(planning.size).toBe(1);

    leaving[1].abort();
    expect(await other).toBe('AbortError');
    await until(() => planning.size === 0);

    // Nobody gets what was given up
    const again = ada.plan(teardown('left'));
    await until(() => planning.size === 1);
    finishPlans();
    expect((await again).kind).toBe('teardown');
    expect(replica.logger.lines.filter(line => line.level === 'error')).toEqual(
      [],
    );
  });

  it('holds so many event streams open for a caller, and lets the next one poll', async () => {
    const held = world.hold('before association of prod/payments/watched');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate('watched'));
    await held.reached;
    const streams = await Promise.all(
      Array.from(
        { length: 30 },
        () =>
          new Promise<{ status?: number; close(): void }>((resolve, reject) => {
            const request = httpRequest(
              `${replica.baseUrl}/v1/operations/${id}/events`,
              {
                agent: false,
                headers: { authorization: mockCredentials.user.header(ADA) },
              },
              response => {
                response.on('error', () => undefined).resume();
                resolve({
                  status: response.statusCode,
                  close: () => request.destroy(),
                });
              },
            );
            request.on('error', reject);
            request.end();
          }),
      ),
    );
    expect(new Set(streams.map(({ status }) => status))).toEqual(
      new Set([200]),
    );
    const ask = async (caller: string) => {
      const leave = new AbortController();
      const response = await fetch(
        `${replica.baseUrl}/v1/operations/${id}/events`,
        {
          headers: { authorization: caller },
          signal: leave.signal,
        },
      );
      const refused = !response.ok && (await response.json());
      leave.abort();
      return refused ? `${response.status} ${refused.error.message}` : 'open';
    };
    expect(await ask(mockCredentials.user.header(ADA))).toMatch(
      /^429 You follow 30 operations here already: /,
    );
    expect(await ask(mockCredentials.service.header())).toBe('open');

    const seen: string[] = [];
    for await (const event of ada.followOperation(id, { intervalMs: 10 })) {
      seen.push(event.type);
      // Until now no stream has ended
      if (event.type === 'plan') held.open();
    }
    expect(seen).toEqual(['state', 'state', 'plan', 'result', 'state']);
    expect(await ask(mockCredentials.user.header(ADA))).toBe('open');
    streams.forEach(stream => stream.close());
  });
});
