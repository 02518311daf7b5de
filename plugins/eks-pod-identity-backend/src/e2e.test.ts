import { TestDatabases } from '@backstage/backend-test-utils';
import { until } from 'eks-sandbox/patience';
import { ShiftedClock } from './__testUtils__/ShiftedClock';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from './__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  follow,
  Replica,
  teardown,
  verify,
} from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

async function run(
  replica: Replica,
  body: Parameters<ReturnType<Replica['as']>['startOperation']>[0],
  options?: Parameters<ReturnType<Replica['as']>['startOperation']>[1],
) {
  return runAs(replica.as(ADA), body, options);
}

async function runAs(
  client: ReturnType<Replica['as']>,
  body: Parameters<typeof client.startOperation>[0],
  options?: Parameters<typeof client.startOperation>[1],
) {
  const { id } = await client.startOperation(body, options);
  const events = await follow(client, id);
  return { events, operation: await client.getOperation(id) };
}

describe('the backend on the AWS side of the sandbox', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        {
          name: 'payments-prod',
          id: 'prod',
          kubernetes: { access: 'none' },
        },
      ],
    });
    replica = await portal.start({ knex: await databases.init('SQLITE_3') });
  });

  afterAll(() => portal?.stop());

  const input = {
    managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  };

  it('associates, looks, associates again without a write, tears down, and again', async () => {
    portal.callsSince();
    const first = await run(replica, associate('checkout', input));
    expect(first.operation.error).toBeUndefined();
    expect(first.operation).toMatchObject({
      state: 'succeeded',
      result: {
        kind: 'associate',
        applied: true,
        changed: true,
        effective: 'unknown',
        associationId: expect.stringMatching(/^a-/),
      },
    });
    expect(portal.callsSince().writes).toContain(
      'eks:CreatePodIdentityAssociation',
    );

    const look = await run(replica, verify('checkout'), { timeline: true });
    const timeline = await replica.as(ADA).getTimeline(look.operation.id);
    const called = timeline.entries.map(entry =>
      entry.type === 'call' ? `${entry.service}:${entry.operation}` : entry.why,
    );
    expect(called.sort()).toEqual(portal.callsSince().all.sort());
    // Only what is asked, never about what.
    expect(JSON.stringify(timeline)).not.toMatch(/checkout|arn:|payments/);

    expect(look.operation.result).toMatchObject({
      kind: 'verify',
      status: 'looks-right',
      proof: 'none',
      failed: 0,
    });

    portal.callsSince();
    const again = await run(replica, associate('checkout', input));
    expect(again.operation.result).toMatchObject({ changed: false });
    expect(portal.callsSince().writes).toEqual([]);

    const gone = await run(replica, teardown('checkout'));
    expect(gone.operation).toMatchObject({
      state: 'succeeded',
      result: { changed: true },
    });
    portal.callsSince();
    const twice = await run(replica, teardown('checkout'));
    expect(twice.operation).toMatchObject({
      state: 'succeeded',
      result: { changed: false },
    });
    expect(portal.callsSince().writes).toEqual([]);
  });
});

describe('the backend on the whole sandbox', () => {
  let portal: SandboxPortal;
  let first: Replica;
  let second: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    const knex = await databases.init('SQLITE_3');
    first = await portal.start({ knex });
    second = await portal.start({ knex });
  });

  afterAll(() => portal?.stop());

  const input = {
    managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    createServiceAccount: 'always',
  };
  const listsBuckets = {
    permissionChecks: [{ name: 'list-buckets', command: ['s3', 'ls'] }],
  };

  it('gives an identity, proves it from inside a pod, and takes it away', async () => {
    portal.callsSince();
    const made = await run(first, associate('till', input));
    expect(made.operation.error).toBeUndefined();
    expect(made.operation.result).toMatchObject({
      changed: true,
      effective: 'yes',
    });

    const proven = await run(first, verify('till', listsBuckets));
    expect(proven.operation.error).toBeUndefined();
    expect(proven.operation.result).toMatchObject({
      kind: 'verify',
      status: 'no-workload',
      proof: 'credentials',
      callerArn: expect.stringMatching(
        /^arn:aws:sts::111122223333:assumed-role\/eks-payments-prod-payments-till-[0-9a-f]{8}\/eks-/,
      ),
      failed: 0,
    });

    portal.callsSince();
    const again = await run(second, associate('till', input));
    expect(again.operation.result).toMatchObject({ changed: false });
    expect(portal.callsSince().writes).toEqual([]);

    // A template within a minute, and at another replica: the stored proof, and no pod
    const shown = await runAs(
      second.asTaskOf(ADA),
      verify('till', listsBuckets),
    );
    expect(shown.operation.result).toMatchObject({
      status: 'no-workload',
      reused: true,
    });
    expect(portal.callsSince().writes).toEqual([]);

    const gone = await run(first, teardown('till'));
    expect(gone.operation.error).toBeUndefined();
    expect(gone.operation.result).toMatchObject({ changed: true });
    portal.callsSince();
    const twice = await run(second, teardown('till'));
    expect(twice.operation.result).toMatchObject({ changed: false });
    expect(portal.callsSince().writes).toEqual([]);
  });

  it('runs one pod for two people who ask at once', async () => {
    await run(first, associate('counter', input));
    portal.callsSince();
    const [one, two] = await Promise.all([
      run(first, verify('counter')),
      run(second, verify('counter')),
    ]);
    expect(one.operation.result).toEqual(two.operation.result);
    expect(one.operation.result).toMatchObject({ status: 'no-workload' });
    expect(
      portal.callsSince().writes.filter(call => call.includes('create pods')),
    ).toHaveLength(1);
    await run(first, teardown('counter'));
  });

  it('lets another question wait with its pod after a proof at another replica', async () => {
    const knex = await databases.init('SQLITE_3');
    const clock = new ShiftedClock();
    const section = { timings: { ...TIMINGS, probeInterval: 90_000 } };
    const [one, other] = [
      await portal.start({ knex, section, clock }),
      await portal.start({ knex, section, clock }),
    ];
    await run(one, associate('scales', input));
    const { operation } = await run(one, verify('scales'));
    expect(operation.result).toMatchObject({ status: 'no-workload' });
    const provenAt = Date.parse(operation.finishedAt!);
    portal.callsSince();

    const asking = runAs(other.asTaskOf(ADA), verify('scales', listsBuckets));
    const waits = () =>
      knex('operation_events').where('data', 'like', '%may start in%');
    await until(async () => (await waits()).length > 0);
    const asked = await clock.hurry(asking, 90_000);
    expect(asked.operation.result).toMatchObject({
      status: 'no-workload',
      reused: false,
    });
    expect(asked.events).toContainEqual(
      expect.objectContaining({
        type: 'log',
        data: {
          level: 'info',
          message: expect.stringMatching(
            /^A pod proved this identity \d+ s ago; the next one may start in \d+ s, and this verification waits for that\.$/,
          ),
        },
      }),
    );
    const begun = asked.events.find(event => event.type === 'check');
    expect(Date.parse(begun!.at) - provenAt).toBeGreaterThan(80_000);
    await run(one, teardown('scales'));
  });

  it('leaves no pod behind when a verification is cancelled', async () => {
    await run(first, associate('drawer', input));
    const ada = first.as(ADA);
    portal.callsSince();
    portal.sandbox.delays.podStart = 60_000;
    const { id } = await ada.startOperation(verify('drawer'));
    const created = () =>
      portal.sandbox.calls
        .calls()
        .some(call => call.write && call.operation === 'create pods');
    while (!created()) {
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    await second.as(ADA).cancelOperation(id);
    await follow(ada, id);
    portal.sandbox.delays.podStart = 0;
    expect((await ada.getOperation(id)).state).toBe('cancelled');
    expect(portal.callsSince().writes).toContain('kubernetes:delete pods');
    await run(first, teardown('drawer'));
  });
});
