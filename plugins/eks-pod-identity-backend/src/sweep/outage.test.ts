/** @night `routes/replicas` outlives a database that goes away for a moment, `sweep/databases` goes on at the cursor */
import { tasksByHand } from '../__testUtils__/byHand';
import { countByOperation } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import type { Knex } from 'knex';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import {
  putBulkAssociations,
  slowDownLooks,
} from '../__testUtils__/bulkAssociations';
import { OwnPostgres, startOwnPostgres } from '../__testUtils__/ownPostgres';
import {
  ReplicaProcess,
  ReplicaProcesses,
} from '../__testUtils__/replicaProcesses';
import {
  sandboxConfig,
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { follow, Replica } from '../__testUtils__/testBackend';
import { createStore } from '../store';

const CLUSTER = 'payments-prod';
const COUNT = 120;
/** Of the longest outage that the tests make; longer than a lease lives. */
const OUTAGE_MS = 1_500;

const pause = (ms: number) =>
  new Promise(resolve => {
    setTimeout(resolve, ms);
  });

describe('a PostgreSQL that stops and starts', () => {
  let postgres: OwnPostgres;
  let portal: SandboxPortal;

  beforeAll(async () => {
    [postgres, portal] = await Promise.all([
      startOwnPostgres(),
      startSandboxPortal({
        sandbox: { clusters: [CLUSTER] },
        clusters: [{ name: CLUSTER }],
      }),
    ]);
  });

  afterAll(async () => {
    await portal?.stop();
    await postgres?.stop();
  });

  /** A cluster that nobody has swept yet. */
  async function seed() {
    putBulkAssociations(portal.sandbox, CLUSTER, COUNT, { namespaces: 24 });
    await slowDownLooks(portal.sandbox, CLUSTER, 60);
    portal.sandbox.calls.reset();
  }

  const storeOn = (knex: Knex) => createStore(knex, () => Date.now());
  const counts = () => countByOperation(portal.sandbox.calls.calls());
  const describes = () => counts()['eks:DescribePodIdentityAssociation'] ?? 0;

  const pods = () =>
    portal.sandbox.calls
      .calls()
      .filter(call => call.write && call.operation === 'create pods').length;

  /** Every association once, with its status, and a report of each. */
  async function expectWhole(knex: Knex) {
    const seen = await storeOn(knex).associations.ofCluster(CLUSTER);
    expect(seen).toHaveLength(COUNT);
    expect(new Set(seen.map(one => one.associationId)).size).toBe(COUNT);
    expect(seen.every(one => one.details && one.describedAt)).toBe(true);
    const states = await storeOn(knex).serviceAccounts.findMany(
      seen.map(one => one.ref),
    );
    expect(states.size).toBe(COUNT);
    for (const state of states.values()) {
      expect(state.status).toBeTruthy();
      expect(state.lookReportId).toBeTruthy();
    }
    const reports = await storeOn(knex).reports.findMany(
      [...states.values()].map(state => state.lookReportId!),
    );
    expect(reports.size).toBe(COUNT);
    expect(await knex('reports').count('* as count')).toEqual([
      { count: String(COUNT) },
    ]);
  }

  describe('under a backend process', () => {
    let processes: ReplicaProcesses;
    let replica: ReplicaProcess;
    let knex: Knex;

    beforeAll(async () => {
      await seed();
      knex = await postgres.database('eks-pod-identity');
      processes = new ReplicaProcesses({
        knex,
        nodeEnv: 'production',
        config: sandboxConfig(portal.sandbox, [{ name: CLUSTER }]),
      });
      replica = await processes.start();
      // Or it would be looked at meanwhile, with calls of its own
      await storeOn(knex).setups.set(CLUSTER, {
        lookedAt: Date.now(),
        answers: [],
      });
    });

    afterAll(() => processes?.stop());

    /** What a reader gets meanwhile. */
    async function expectClearError() {
      const answer = await replica.fetch('/v1/clusters');
      expect(answer.status).toBe(503);
      const text = await answer.text();
      expect(JSON.parse(text).error).toEqual({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(
          /^The portal's database cannot be reached right now\. .* try again in a minute\./,
        ),
      });
      expect(text).not.toMatch(/select|127\.0\.0\.1| at /);
    }

    it('delays a sweep, in describing and in looking, and loses nothing of it', async () => {
      await until(() => describes() >= 30);
      await postgres.crash();
      await expectClearError();
      const meanwhile = describes();
      await pause(OUTAGE_MS);
      // What was described waits to be stored; nothing more is asked for
      expect(describes()).toBeLessThanOrEqual(meanwhile + 25);
      const stillAt = describes();
      // wall time: it would have asked by then
      await pause(200);
      expect(describes()).toBe(stillAt);
      await postgres.resume();

      await until(
        async () =>
          (await storeOn(knex).clusterStates.find(CLUSTER)).cursor?.after !==
          undefined,
      );
      await postgres.halt();
      await expectClearError();
      await pause(OUTAGE_MS);
      await expectClearError();
      await postgres.resume();

      await until(() => replica.output().includes('Swept cluster'));
      expect(replica.alive()).toBe(true);
      expect(replica.output()).toContain(
        `Swept cluster ${CLUSTER}: ${COUNT} associations, ${COUNT} described, ${COUNT} looked at`,
      );
      expect(describes()).toBe(COUNT);
      await expectWhole(knex);
      const lines = replica.output();
      expect(
        lines.match(
          /The portal's database cannot be reached \([^)]+\); the sweep of cluster payments-prod waits for it and keeps its place/g,
        ),
      ).toHaveLength(2);
      expect(
        lines.match(
          /The portal's database is back after \d+ s; the sweep of cluster payments-prod goes on/g,
        ),
      ).toHaveLength(2);

      expect((await replica.fetch('/v1/clusters')).status).toBe(200);
      const page = await replica.client.listAssociations({ limit: 200 });
      expect(page.items).toHaveLength(COUNT);
    });

    /** Verifies an identity, and takes the database away while its pod starts. */
    async function verifyThroughOutage(
      serviceAccount: string,
      podStart: number,
    ) {
      portal.sandbox.latency.clear();
      portal.sandbox.delays.podStart = 0;
      const account = { namespace: 'payments', serviceAccount };
      const made = await replica.client.startOperation({
        kind: 'associate',
        input: {
          clusterName: CLUSTER,
          ...account,
          managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
          createServiceAccount: 'always',
        },
      });
      await follow(replica.client, made.id);
      portal.sandbox.calls.reset();
      portal.sandbox.delays.podStart = podStart;
      const { id } = await replica.client.startOperation({
        kind: 'verify',
        input: { clusterName: CLUSTER, ...account },
      });
      const following = follow(replica.client, id);
      await until(() => pods() > 0);
      await postgres.crash();
      await expectClearError();
      await pause(OUTAGE_MS);
      await postgres.resume();

      const events = await following;
      expect(
        events.filter(
          event => event.type === 'state' && event.data.state !== 'running',
        ),
      ).toMatchObject([
        { data: { state: 'queued' } },
        { data: { state: 'succeeded' } },
      ]);
      expect(await replica.client.getOperation(id)).toMatchObject({
        // The pods of the application cannot be listed here
        result: {
          status: 'could-not-check',
          proof: 'credentials',
          reused: false,
        },
      });
      const { items } = await replica.client.listReports({
        cluster: CLUSTER,
        ...account,
      });
      expect(items).toHaveLength(1);
      expect(await knex('leases').pluck('key')).toEqual([]);
      expect(replica.alive()).toBe(true);
      expect(replica.output()).not.toContain('Could not record the end');
    }

    it.each([
      ['ends meanwhile', 300],
      ['ends afterwards', 3_000],
    ])('keeps a verification that %s', async (when, podStart) => {
      await verifyThroughOutage(when.replace(' ', '-'), podStart);
      expect(pods()).toBe(1);
      expect(replica.output()).not.toContain('another process left');
    });

    it('leaves a verification to one of two replicas', async () => {
      const other = await processes.start();
      await verifyThroughOutage('of-two', 4_000);
      // Its lease has expired meanwhile: who comes first goes on, with a pod of its own where that is still needed
      const takenOver = other.output().includes('which another process left');
      expect(pods()).toBeLessThanOrEqual(takenOver ? 2 : 1);
      await other.terminate();
    });
  });

  it('lasts longer than a sweep may: the next one goes on at its cursor', async () => {
    await seed();
    const knex = await postgres.database();
    const { tasks, scheduler } = tasksByHand();
    const replica: Replica = await portal.start({
      knex,
      scheduler,
    });
    const sweep = tasks.get(`sweep:${CLUSTER}`)!;
    const cursor = async () =>
      (await storeOn(knex).clusterStates.find(CLUSTER)).cursor?.after;

    // The scheduler aborts what takes longer than its timeout
    const timeout = new AbortController();
    const first = Promise.resolve(sweep(timeout.signal));
    first.catch(() => undefined);
    await until(async () => (await cursor()) !== undefined);
    await postgres.halt();
    const messages = () => replica.logger.lines.map(line => line.message);
    await until(() =>
      messages().some(text =>
        text.includes('waits for it and keeps its place'),
      ),
    );
    timeout.abort();
    await expect(first).rejects.toThrow(
      `The sweep of cluster ${CLUSTER} was stopped before its end; the next one goes on where this one stopped`,
    );
    await postgres.resume();

    const refs = (await storeOn(knex).associations.ofCluster(CLUSTER))
      .map(({ ref }) => stringifyServiceAccountRef(ref))
      .sort();
    const left = COUNT - 1 - refs.indexOf((await cursor())!);
    expect(left).toBeLessThan(COUNT);
    await sweep(new AbortController().signal);
    expect(messages().at(-1)).toBe(
      `Swept cluster ${CLUSTER}: ${COUNT} associations, 3 described, ${left} looked at (resumed)`,
    );
    // 48 sweeps a day: beside each of them once, the share of the second one
    expect(describes()).toBe(COUNT + 3);
    await expectWhole(knex);
  });
});
