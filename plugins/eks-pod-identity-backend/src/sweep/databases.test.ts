import { notificationsTo, tasksByHand } from '../__testUtils__/byHand';
import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import { TestDatabaseId } from '@backstage/backend-test-utils';
import { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import knexFactory, { Knex } from 'knex';
import {
  putBulkAssociations,
  letPodsBeListed,
  slowDownLooks,
} from '../__testUtils__/bulkAssociations';
import { createTestDatabases, postgresIds } from '../__testUtils__/databases';
import {
  idleWorkload,
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  follow,
  Replica,
  verify,
} from '../__testUtils__/testBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { createStore } from '../store';

const databases = createTestDatabases();

const CLUSTERS = ['payments-prod', 'orders-legacy'];
const [CLUSTER] = CLUSTERS;
const EACH = 40;
/** Of a day's many sweeps, each describes this many again. */
const SHARE = 1;

let portal: SandboxPortal;

beforeAll(async () => {
  portal = await startSandboxPortal({
    sandbox: { clusters: CLUSTERS },
    clusters: CLUSTERS.map(name => ({ name })),
  });
});

afterAll(() => portal?.stop());

beforeEach(() => {
  for (const name of CLUSTERS) {
    putBulkAssociations(portal.sandbox, name, EACH, {
      entityOf: index =>
        index === 7 ? 'component:default/left-us' : undefined,
    });
  }
  portal.sandbox.calls.reset();
});

const storeOn = (knex: Knex) => createStore(knex, () => Date.now());
const counts = () => countByOperation(portal.sandbox.calls.calls());

const linesOf = (replica: Replica, start: string) =>
  replica.logger.lines
    .map(line => line.message)
    .filter(message => message.startsWith(start));

describe.each(databases.eachSupportedId())('a sweep on %s', databaseId => {
  let knex: Knex;
  let replica: Replica;
  let clock: ShiftedClock;
  const { tasks, scheduler } = tasksByHand();

  beforeEach(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
    clock = new ShiftedClock();
    replica = await portal.start({
      knex,
      clock,
      scheduler,
    });
  });

  const sweep = async (signal = new AbortController().signal) =>
    tasks.get(`sweep:${CLUSTER}`)!(signal);
  const associations = () => storeOn(knex).associations.ofCluster(CLUSTER);
  const reports = async () =>
    Number((await knex('reports').count('* as count'))[0].count);

  it('writes each association, its status and its report once', async () => {
    await sweep();
    // A catalog that is as new as the portal may still be reading its files, however often it is asked
    expect((await associations()).filter(one => one.orphan)).toEqual([]);
    await sweep();
    expect((await associations()).filter(one => one.orphan)).toEqual([]);
    clock.shift = 150_000;
    await sweep();
    expect(linesOf(replica, 'Swept cluster')).toEqual([
      `Swept cluster ${CLUSTER}: ${EACH} associations, ${EACH} described, ${EACH} looked at`,
      `Swept cluster ${CLUSTER}: ${EACH} associations, ${SHARE} described, ${EACH} looked at`,
      `Swept cluster ${CLUSTER}: ${EACH} associations, ${SHARE} described, ${EACH} looked at`,
    ]);
    expect(counts()['eks:DescribePodIdentityAssociation']).toBe(
      EACH + 2 * SHARE,
    );
    const seen = await associations();
    expect(new Set(seen.map(one => one.associationId)).size).toBe(EACH);
    expect(seen.filter(one => one.orphan).map(one => one.ref)).toMatchObject([
      { serviceAccount: 'sa-007' },
    ]);
    const states = await storeOn(knex).serviceAccounts.findMany(
      seen.map(one => one.ref),
    );
    expect(states.size).toBe(EACH);
    expect(await reports()).toBe(EACH);

    // What was an orphan stays one where another process has just started
    clock.shift = 0;
    await sweep();
    expect((await associations()).filter(one => one.orphan)).toHaveLength(1);

    const { associationId } = portal.sandbox.aws.eks.associations(CLUSTER)[0];
    portal.sandbox.aws.eks.deleteAssociation(CLUSTER, associationId);
    await sweep();
    expect(await associations()).toHaveLength(EACH - 1);
  });

  it('is left to the next turn when its process ends, with all that it saw', async () => {
    portal.sandbox.latency.set('eks:DescribePodIdentityAssociation', 20);
    const describes = () => counts()['eks:DescribePodIdentityAssociation'] ?? 0;
    const swept = sweep();
    await until(() => describes() > 5);
    await replica.stop();
    portal.sandbox.latency.clear();
    await swept;
    expect(linesOf(replica, 'Left the sweep')).toEqual([
      `Left the sweep of cluster ${CLUSTER} to the next one: this process is shutting down`,
    ]);
    const stored = (await associations()).filter(one => one.details).length;
    // The one that was cut off in the very call is not
    expect(describes() - stored).toBeLessThanOrEqual(1);
    expect(stored).toBeLessThan(EACH);
  });

  it('goes on where it was stopped, and asks for nothing twice', async () => {
    const interrupt = async (met: () => Promise<boolean>) => {
      const controller = new AbortController();
      const stopped = sweep(controller.signal).catch(error => error);
      await until(met);
      controller.abort();
      expect(String(await stopped)).toContain(
        `The sweep of cluster ${CLUSTER} was stopped before its end`,
      );
    };
    // Two are met in describing, one in looking
    portal.sandbox.latency.set('eks:DescribePodIdentityAssociation', 20);
    for (const described of [5, 30]) {
      await interrupt(
        async () =>
          (counts()['eks:DescribePodIdentityAssociation'] ?? 0) > described,
      );
    }
    portal.sandbox.latency.clear();
    await slowDownLooks(portal.sandbox, CLUSTER, 50);
    const cursor = async () =>
      (await storeOn(knex).clusterStates.find(CLUSTER)).cursor?.after;
    // Seen as it is stored: asked for, it could come when the sweep has ended
    let stored = false;
    knex.on('query-response', (_answer, { bindings }) => {
      stored ||= JSON.stringify(bindings ?? []).includes('\\"after\\":');
    });
    await interrupt(async () => stored);
    portal.sandbox.latency.clear();
    const refs = (await associations())
      .map(({ ref }) => stringifyServiceAccountRef(ref))
      .sort();
    const left = EACH - 1 - refs.indexOf((await cursor())!);
    await sweep();
    expect(linesOf(replica, 'Swept cluster')).toEqual([
      `Swept cluster ${CLUSTER}: ${EACH} associations, ${SHARE} described, ${left} looked at (resumed)`,
    ]);
    // What was cut off in the very call is asked for again; the third and fourth take their share
    expect(counts()['eks:DescribePodIdentityAssociation']).toBeLessThanOrEqual(
      EACH + 2 + 2 * SHARE,
    );
    expect(await reports()).toBe(EACH);
  });
});

postgresIds(databases).forEach(databaseId => {
  describe(`two replicas with the scheduler of Backstage on ${databaseId}`, () => {
    let pools: Knex[];
    let sent: NotificationSendOptions[];
    let knex: Knex;
    let replicas: Replica[];

    beforeEach(async () => {
      pools = [];
      sent = [];
      knex = await databases.init(databaseId);
      const start = () => {
        const pool = knexFactory(knex.client.config);
        pools.push(pool);
        return portal.start({
          knex: pool,
          scheduler: schedulerServiceFactory,
          section: { sweep: { schedule: { frequency: { seconds: 3 } } } },
          features: [notificationsTo(one => sent.push(one))],
        });
      };
      // At once, on a database without a table
      replicas = await Promise.all([start(), start()]);
      // Or they would be looked at meanwhile, with calls of their own
      const setUp = { lookedAt: Date.now(), answers: [] };
      await Promise.all(
        CLUSTERS.map(name => storeOn(knex).setups.set(name, setUp)),
      );
    });

    afterEach(async () => {
      await Promise.all(replicas.map(replica => replica.stop()));
      await Promise.all(pools.map(pool => pool.destroy()));
    });

    const swept = (cluster: string) =>
      replicas.flatMap(replica =>
        linesOf(replica, `Swept cluster ${cluster}:`),
      );

    /** Waits until every cluster was swept so often since both replicas started. */
    const untilSwept = (times: number) =>
      until(() => CLUSTERS.every(cluster => swept(cluster).length >= times));

    /** As many calls as one replica alone would make: no cluster is swept by two at a time. */
    function expectCallsOfOne() {
      for (const cluster of CLUSTERS) {
        const calls = portal.sandbox.calls
          .calls()
          .filter(call => call.cluster === cluster && !call.internal);
        const of = countByOperation(calls);
        const sweeps = of['eks:ListPodIdentityAssociations'];
        const running = sweeps - swept(cluster).length;
        expect([0, 1]).toContain(running);
        const describes = of['eks:DescribePodIdentityAssociation'];
        expect(describes).toBeLessThanOrEqual(EACH + (sweeps - 1) * SHARE);
        expect(describes).toBeGreaterThanOrEqual(
          EACH + (sweeps - 1 - running) * SHARE,
        );
      }
    }

    /** No row twice, by any writer. */
    async function expectOnce(inFirst: number) {
      for (const [index, cluster] of CLUSTERS.entries()) {
        const rows = await storeOn(knex).associations.ofCluster(cluster);
        expect(rows).toHaveLength(index === 0 ? inFirst : EACH);
        expect(new Set(rows.map(row => row.associationId)).size).toBe(
          rows.length,
        );
        expect(
          await knex('service_accounts').where({ cluster }).count('* as count'),
        ).toEqual([{ count: String(rows.length) }]);
      }
    }

    it('@night share the sweeps, and tell once what changed', async () => {
      await untilSwept(1);
      expectCallsOfOne();
      await expectOnce(EACH);

      const [one, other] = replicas;
      const ada = one.as(ADA);
      const till = { clusterName: CLUSTER };
      await portal.sandbox.cluster(CLUSTER).apply(idleWorkload('till'));
      const made = await ada.startOperation(
        associate('till', {
          ...till,
          managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
          createServiceAccount: 'always',
        }),
      );
      await follow(ada, made.id);
      await letPodsBeListed(portal.sandbox, CLUSTER);
      const proof = await ada.startOperation(verify('till', till));
      await follow(other.as(ADA), proof.id);
      const { result } = await ada.getOperation(made.id);
      expect(await ada.getOperation(proof.id)).toMatchObject({
        result: { status: 'verified' },
      });

      const roleArn = result?.kind === 'associate' ? result.roleArn! : '';
      portal.sandbox.aws.iam.updateRole(roleArn, {
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'ec2.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        },
      });
      await until(() => sent.length > 0);
      await untilSwept(swept(CLUSTER).length + 2);
      await expectOnce(EACH + 1);
      expect(sent).toMatchObject([
        {
          recipients: { entityRef: 'component:default/payments-api' },
          payload: {
            severity: 'high',
            title: 'Broken: AWS identity of payments-api',
          },
        },
      ]);
    });
  });
});
