import { TestDatabaseId } from '@backstage/backend-test-utils';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  follow,
  Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

jest.setTimeout(30_000);

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

  afterEach(() => replica.stop());

  it('associates, verifies and tears down, with every event in order', async () => {
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

    const removed = await ada.startOperation(teardown());
    await follow(ada, removed.id);
    expect(await ada.getOperation(removed.id)).toMatchObject({
      state: 'succeeded',
      result: { changed: true },
    });
    expect(world.associations.size).toBe(0);
  });
});
