import { mockCredentials, TestDatabaseId } from '@backstage/backend-test-utils';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  Deny,
  follow,
  Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('timelines on %s', databaseId => {
  let world: FakeWorld;
  let replica: Replica;
  let denied: Deny;

  beforeEach(async () => {
    world = new FakeWorld();
    denied = () => false;
    replica = await startReplica({
      world,
      knex: await databases.init(databaseId as TestDatabaseId),
      deny: (...args) => denied(...args),
    });
  });

  afterEach(() => replica?.stop());

  const refusalOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      thrown => thrown,
    );
    return { status: error?.statusCode, message: error?.cause?.message };
  };

  it('are there once the operation has ended, with what it waited for', async () => {
    const ada = replica.as(ADA);
    const held = world.hold('before association of prod/payments/api');
    const first = await ada.startOperation(associate());
    await held.reached;
    const second = await ada.startOperation(teardown(), { timeline: true });
    expect(await refusalOf(ada.getTimeline(second.id))).toEqual({
      status: 404,
      message: `The timeline of operation ${second.id} can be read once it has ended`,
    });
    for await (const { data } of ada.followOperation(second.id, {
      intervalMs: 10,
    })) {
      if ('status' in data && data.status === 'waiting') break;
    }
    // wall time: how long it waits, at least
    await new Promise(resolve => setTimeout(resolve, 150));
    held.open();
    await follow(ada, second.id);
    const timeline = await ada.getTimeline(second.id);
    expect(timeline.entries[0]).toMatchObject({ type: 'pause', why: 'turn' });
    expect(timeline.cut).toBe(0);
    expect(timeline.durationMs).toBeGreaterThanOrEqual(100);

    expect(await refusalOf(ada.getTimeline(first.id))).toEqual({
      status: 404,
      message: `Operation ${first.id} recorded no timeline; add ?timeline when you start one`,
    });
  });

  it('are kept of operations that failed', async () => {
    world.failure = new Error('Role limit reached');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate(), { timeline: true });
    await follow(ada, id);
    expect(await ada.getOperation(id)).toMatchObject({ state: 'failed' });
    expect(await ada.getTimeline(id)).toMatchObject({ entries: [], cut: 0 });
  });

  it('are named by the report of their run', async () => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify(), { timeline: true });
    await follow(ada, id);
    const { result } = await ada.getOperation(id);
    if (result?.kind !== 'verify') throw new Error('No verification');
    const report = await ada.getReport(result.report.id);
    expect(report.timelineOf).toBe(id);
    expect(await ada.getTimeline(report.timelineOf!)).toMatchObject({ cut: 0 });
  });

  it('belong to a run of their own, which an equal request for one joins', async () => {
    const ada = replica.as(ADA);
    const first = world.hold('probe');
    const plain = await ada.startOperation(verify());
    await first.reached;
    const second = world.hold('probe');
    const recorded = await ada.startOperation(verify(), { timeline: true });
    await second.reached;
    const joined = await ada.startOperation(verify(), { timeline: true });
    expect(world.podsCreated).toBe(2);
    first.open();
    second.open();
    for (const { id } of [plain, recorded, joined]) await follow(ada, id);
    expect(world.podsCreated).toBe(2);
    expect(await refusalOf(ada.getTimeline(plain.id))).toMatchObject({
      status: 404,
    });
    expect(await ada.getTimeline(joined.id)).toEqual(
      await ada.getTimeline(recorded.id),
    );
  });

  it('are only for those who may read about the service account', async () => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify(), { timeline: true });
    await follow(ada, id);
    denied = (user, name) =>
      user === BOB && name === 'eks-pod-identity.association.read';
    expect(await refusalOf(replica.as(BOB).getTimeline(id))).toMatchObject({
      status: 403,
    });
  });

  it('are asked for with ?timeline, also without a value', async () => {
    const start = (query: string) =>
      fetch(`${replica.baseUrl}/v1/operations${query}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: mockCredentials.user.header(ADA),
        },
        body: JSON.stringify(verify()),
      });
    expect((await start('?timeline=yes')).status).toBe(400);
    const { id } = await (await start('?timeline')).json();
    await follow(replica.as(ADA), id);
    expect(await replica.as(ADA).getTimeline(id)).toMatchObject({ cut: 0 });
  });
});
