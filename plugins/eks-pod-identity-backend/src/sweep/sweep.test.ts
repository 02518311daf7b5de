import { carryOut, tasksByHand } from '../__testUtils__/byHand';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { countByOperation } from 'eks-sandbox';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import {
  type PodIdentityClusterDefinition,
  podIdentityClusterSupplierExtensionPoint,
} from 'backstage-plugin-eks-pod-identity-node';
import type { Knex } from 'knex';
import { putBulkAssociations } from '../__testUtils__/bulkAssociations';
import wildcardCheck from '../__testUtils__/examples/wildcardCheck';
import {
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  BOB,
  follow,
  Replica,
} from '../__testUtils__/testBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { createStore } from '../store';
import { databaseNow } from '../store/values';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CLUSTERS = ['payments-prod', 'platform-auto', 'orders-legacy'];
/** Of which AWS lists 100 at a time. */
const EACH = 120;
const PER_SECOND = 50;
const CAROL = 'user:default/carol';
/** The catalog has had time to read its files. */
const CATALOG_SETTLED = 150_000;
const WEEK = 7 * 24 * 3600_000;

describe('the sweep of three clusters with 120 associations each', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  const clock = new ShiftedClock();
  const { tasks, triggered, scheduler } = tasksByHand();
  const supplied: PodIdentityClusterDefinition[] = [];
  const supplier = createBackendModule({
    pluginId: 'eks-pod-identity',
    moduleId: 'supplier',
    register(env) {
      env.registerInit({
        deps: { clusters: podIdentityClusterSupplierExtensionPoint },
        async init({ clusters }) {
          clusters.addClusterSupplier({
            getClusters: async () => supplied,
            refresh: { minutes: 1 },
          });
        },
      });
    },
  });

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: CLUSTERS },
      clusters: CLUSTERS.map(name => ({ name })),
    });
    for (const name of CLUSTERS) {
      putBulkAssociations(portal.sandbox, name, EACH, {
        entityOf: index =>
          index === 7 ? 'component:default/left-us' : undefined,
      });
    }
    const { eks, iam } = portal.sandbox.aws;
    iam.updateRole(eks.associations(CLUSTERS[0])[0].roleArn, {
      inline: {
        wide: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
        },
      },
    });
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      clock,
      scheduler,
      deny: (user, permission) =>
        user === CAROL && permission === 'eks-pod-identity.cluster.sweep',
      features: [wildcardCheck, supplier],
      section: {
        administrators: [BOB],
        pacing: { eksPerSecond: PER_SECOND, iamPerSecond: 50 },
      },
    });
    clock.shift = CATALOG_SETTLED;
  });

  afterAll(() => portal?.stop());

  const store = () => createStore(knex, () => clock.now());
  const sweep = async (
    cluster: string,
    signal = new AbortController().signal,
  ) => tasks.get(`sweep:${cluster}`)!(signal);
  const lastLine = () =>
    replica.logger.lines
      .map(line => line.message)
      .filter(message => message.startsWith('Swept cluster'))
      .at(-1);

  async function sweepAll() {
    portal.sandbox.calls.reset();
    for (const cluster of CLUSTERS) await sweep(cluster);
    const calls = portal.sandbox.calls.calls().filter(call => !call.internal);
    return { calls, counts: countByOperation(calls) };
  }

  it('goes on where it was interrupted, in describing and in looking', async () => {
    const cluster = 'payments-prod';
    const interrupt = async (until: () => Promise<boolean>) => {
      const controller = new AbortController();
      const swept = Promise.resolve(sweep(cluster, controller.signal)).then(
        () => 'done',
        () => 'interrupted',
      );
      while (!(await until())) {
        await new Promise(resolve => {
          setTimeout(resolve, 5);
        });
      }
      controller.abort(new Error('killed'));
      expect(await swept).toBe('interrupted');
    };
    portal.sandbox.calls.reset();
    await interrupt(async () =>
      (
        await store().associations.ofCluster(cluster)
      ).some(association => association.details),
    );
    const described = (await store().associations.ofCluster(cluster)).filter(
      association => association.details,
    ).length;
    expect(described).toBeLessThan(EACH);

    await interrupt(
      async () =>
        (await store().clusterStates.find(cluster)).cursor?.after !== undefined,
    );
    const { after } = (await store().clusterStates.find(cluster)).cursor!;
    await sweep(cluster);
    const refs = (await store().associations.ofCluster(cluster))
      .map(association => stringifyServiceAccountRef(association.ref))
      .sort();
    const left = EACH - refs.indexOf(after!) - 1;
    expect(left).toBeLessThan(EACH);
    expect(lastLine()).toBe(
      `Swept cluster ${cluster}: ${EACH} associations, 3 described, ${left} looked at (resumed)`,
    );
    const counts = countByOperation(portal.sandbox.calls.calls());
    const describes = counts['eks:DescribePodIdentityAssociation'];
    // Those of the step that was lost are asked for again, and a third sweep takes its daily share
    expect(describes).toBeLessThanOrEqual(EACH + 25 + 3);
    expect(await knex('reports').count('* as count')).toEqual([
      { count: EACH },
    ]);
    await knex('associations').delete();
    await knex('reports').delete();
    await knex('service_accounts').delete();
    await knex('cluster_states').delete();
  });

  it('reads much once, little afterwards, and never faster than allowed', async () => {
    const started = Date.now();
    const first = await sweepAll();
    const seconds = (Date.now() - started) / 1000;
    const second = await sweepAll();
    process.stdout.write(
      `First sweep of ${CLUSTERS.length} × ${EACH}: ${JSON.stringify(
        first.counts,
      )} in ${seconds.toFixed(1)} s\nSecond, unchanged: ${JSON.stringify(
        second.counts,
      )}\n`,
    );
    const aws = (counts: Record<string, number>) =>
      Object.entries(counts)
        .filter(([name]) => /^(eks|iam):/.test(name))
        .reduce((sum, [, count]) => sum + count, 0);
    expect(first.counts['eks:DescribePodIdentityAssociation']).toBe(
      CLUSTERS.length * EACH,
    );
    // A day has 48 sweeps: each describes its share
    expect(second.counts['eks:DescribePodIdentityAssociation']).toBe(
      CLUSTERS.length * Math.ceil(EACH / 48),
    );
    expect(second.counts['iam:GetRole']).toBeUndefined();
    // With the look at all AWS access and without it, the documents for the check come with the list of the roles
    for (const { counts } of [first, second]) {
      expect(counts).not.toHaveProperty('iam:GetRolePolicy');
    }
    // The clusters share the account, and so the role
    const wide = knex('reports').where(
      'report',
      'like',
      '%by a pattern in its inline policies%',
    );
    expect(await wide.count('* as count')).toEqual([
      { count: CLUSTERS.length },
    ]);
    expect(aws(second.counts)).toBeLessThan(aws(first.counts) / 10);
    expect(first.calls.filter(call => call.write)).toEqual([]);

    // One bucket for the account and region: a burst of one second's worth, then its pace
    const at = first.calls
      .filter(call => call.service === 'eks')
      .map(call => call.at);
    for (let index = 2 * PER_SECOND + 10; index < at.length; index += 1) {
      expect(
        at[index] - at[index - 2 * PER_SECOND - 10],
      ).toBeGreaterThanOrEqual(1000);
    }
    expect(await knex('service_accounts').count('* as count')).toEqual([
      { count: CLUSTERS.length * EACH },
    ]);
  });

  it('is ordered by those who may, once a minute for all of them', async () => {
    const [cluster] = CLUSTERS;
    await expect(replica.as(CAROL).sweepCluster(cluster)).rejects.toMatchObject(
      {
        statusCode: 403,
        cause: { message: expect.stringContaining('cluster.sweep') },
      },
    );
    expect(triggered).toEqual([]);
    const order = (user: string) => replica.as(user).sweepCluster(cluster);
    expect(await order(ADA)).toEqual({ cluster, started: true });
    expect(await order(BOB)).toEqual({ cluster, started: false });
    expect(triggered).toEqual([`sweep:${cluster}`]);
    const offered = async (user: string) =>
      (await replica.as(user).listClusters()).map(({ can }) => [
        can.sweep,
        can.setup,
      ])[0];
    expect(await offered(ADA)).toEqual([true, false]);
    expect(await offered(CAROL)).toEqual([false, false]);
    expect(await offered(BOB)).toEqual([true, true]);
  });

  it('is beside the setup check, which administrators read and order', async () => {
    const [cluster] = CLUSTERS;
    const bob = replica.as(BOB);
    for (const refused of [
      () => replica.as(ADA).getSetup(),
      () => replica.as(ADA).getClusterSetup(cluster),
      () => replica.as(ADA).refreshClusterSetup(cluster),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        statusCode: 403,
        cause: { message: expect.stringContaining('only an administrator') },
      });
    }
    const before = await bob.getSetup();
    expect(before.clusters[0]).toEqual({
      cluster,
      title: cluster,
      answers: [],
    });
    expect(before.portal.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'portal-id pass',
      'permissions fail',
      'administrators pass',
      'templates fail',
      'docs unknown',
      'notifications fail',
      'signals fail',
    ]);

    const { write } = portal.sandbox.credentials.roles;
    portal.sandbox.aws.eks.deleteAccessEntry(cluster, write);
    portal.sandbox.calls.reset();
    const looked = await bob.refreshClusterSetup(cluster);
    portal.sandbox.aws.eks.putAccessEntry(cluster, {
      principalArn: write,
      groups: ['backstage-writers'],
    });
    expect(
      looked.answers.flatMap(({ role, subject, status }) =>
        status === 'pass' ? [] : [`${role} ${subject} ${status}`],
      ),
    ).toEqual([
      // The sandbox binds its roles everywhere, and gives none the optional right
      'verify policies unknown',
      'verify namespaces unknown',
      'write kubernetes fail',
    ]);
    expect(looked.answers).toHaveLength(15);
    const calls = portal.sandbox.calls.calls();
    expect(calls.filter(call => call.write && !call.internal)).toEqual([]);
    // Looking again so soon asks nothing; the sandbox writes a call down after its answer
    for (let turn = 0; turn < 20; turn++) {
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    portal.sandbox.calls.reset();
    // However long the first look took, its pace is not over
    await knex('leases')
      .where({ key: `setup/${cluster}` })
      .update({ expires_at: databaseNow(knex, WEEK) as any });
    expect(await bob.refreshClusterSetup(cluster)).toEqual(looked);
    expect(await bob.getClusterSetup(cluster)).toEqual(looked);
    expect(portal.sandbox.calls.calls()).toEqual([]);
    await expect(bob.getClusterSetup('payments-prd')).rejects.toMatchObject({
      statusCode: 404,
      cause: { message: expect.stringContaining(`did you mean "${cluster}"`) },
    });
    // The log of each start says so too
    replica.logger.lines.length = 0;
    await tasks.get('setup-check')!(new AbortController().signal);
    const warnings = replica.logger.lines
      .filter(({ level }) => level === 'warn')
      .map(({ message }) => message);
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /^The setup of cluster payments-prod lacks 1 of 15 things: \(write\) The cluster does not know the role: it answered 401\. An administrator finds what to apply/,
      ),
    );
    expect(warnings.at(-1)).toMatch(
      /^The portal's own setup: The permission framework is off: .*notifications backend is not installed/,
    );
  });

  it('sweeps two clusters at once; a third one waits, as long as its turn lasts', async () => {
    portal.sandbox.calls.reset();
    portal.sandbox.latency.set('eks:ListPodIdentityAssociations', 100);
    const [first, second, third] = CLUSTERS;
    const short = new AbortController();
    const swept = [sweep(first), sweep(second), sweep(third, short.signal)];
    short.abort(new Error('timed out'));
    await Promise.all(swept);
    const lists = () =>
      countByOperation(portal.sandbox.calls.calls())[
        'eks:ListPodIdentityAssociations'
      ];
    expect(lists()).toBe(2 * 2);
    expect(replica.logger.lines.map(line => line.message)).toContainEqual(
      expect.stringMatching(/^Could not sweep cluster orders-legacy: 2 other/),
    );

    await Promise.all(CLUSTERS.map(name => sweep(name)));
    portal.sandbox.latency.clear();
    expect(lists()).toBe(2 * 2 + 3 * 2);
  });

  it('sweeps a cluster that came after the start, and keeps what it saw of one that went', async () => {
    const { sandbox } = portal;
    await sandbox.createCluster({ name: 'late' });
    putBulkAssociations(sandbox, 'late', 2);
    const ask = () => tasks.get('clusters')!(new AbortController().signal);
    const ids = async () =>
      (await replica.as(ADA).listClusters()).map(({ id }) => id);
    supplied.push({
      name: 'late',
      region: sandbox.region,
      accountId: sandbox.accountId,
      roles: { ...sandbox.credentials.roles },
    });
    await ask();
    expect(await ids()).toContain('late');
    await sweep('late');
    expect(lastLine()).toBe(
      'Swept cluster late: 2 associations, 2 described, 2 looked at',
    );
    const listed = async () =>
      (await replica.as(ADA).listAssociations({ cluster: 'late' })).totalItems;
    expect(await listed()).toBe(2);

    clock.shift += 60_000;
    supplied.pop();
    await ask();
    expect(await ids()).not.toContain('late');
    expect(await store().associations.ofCluster('late')).toHaveLength(2);
    await tasks.get('retention')!(new AbortController().signal);
    expect(await store().associations.ofCluster('late')).toHaveLength(2);
    // Days later
    await store().clusterStates.keepOnly(CLUSTERS, Number.MAX_SAFE_INTEGER);
    expect(await listed()).toBe(0);
  });

  it('sees orphans, what is gone, and what drifted', async () => {
    const ada = replica.as(ADA);
    await carryOut(
      ada,
      associate('till', {
        clusterName: 'payments-prod',
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    const { eks, iam } = portal.sandbox.aws;
    const association = (serviceAccount: string) =>
      eks
        .associations('payments-prod')
        .find(each => each.serviceAccount === serviceAccount)!;
    eks.updateAssociation('payments-prod', association('till').associationId, {
      roleArn: iam.putRole({ name: 'somebody-elses' }).arn,
    });
    const paid = await ada.startOperation(
      associate('paid', {
        clusterName: 'payments-prod',
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    await follow(ada, paid.id);
    iam.updateRole(association('paid').roleArn, { attached: [] });
    // Marks of another service account are worth nothing here
    eks.putAssociation('payments-prod', {
      namespace: association('paid').namespace,
      serviceAccount: 'copied',
      roleArn: association('paid').roleArn,
      tags: association('paid').tags,
    });
    for (const gone of ['sa-000', 'sa-001', 'sa-002']) {
      eks.deleteAssociation('payments-prod', association(gone).associationId);
    }
    await sweep('payments-prod');

    const orphans = await ada.listAssociations({ orphan: true });
    expect(orphans.items.map(item => item.ref.serviceAccount)).toEqual([
      'sa-007',
      'sa-007',
      'sa-007',
    ]);
    const drifted = await ada.listAssociations({
      drift: true,
      sort: 'serviceAccount',
    });
    expect(drifted.items).toMatchObject([
      {
        ref: { serviceAccount: 'paid' },
        driftReason:
          'The role no longer has AmazonS3ReadOnlyAccess, which the last associate gave it',
      },
      {
        ref: { serviceAccount: 'till' },
        owner: 'portal',
        entityRef: 'component:default/payments-api',
        driftReason: expect.stringContaining('role/somebody-elses'),
      },
    ]);
    const copied = await ada.listAssociations({ q: 'copied' });
    expect(copied.items).toMatchObject([{ owner: 'external' }]);
    expect(copied.items[0]).not.toHaveProperty('entityRef');
    expect((await ada.listAssociations({ q: 'sa-000' })).items).toHaveLength(2);
  });

  it('keeps the last truth of a cluster that cannot be read for a week', async () => {
    const ada = replica.as(ADA);
    const { iam } = portal.sandbox.aws;
    const { read } = portal.sandbox.credentials.roles;
    const before = { ...iam.role(read) };
    iam.updateRole(read, { inline: {}, attached: [] });
    await sweep('payments-prod');
    const since = (await ada.listClusters()).find(
      cluster => cluster.id === 'payments-prod',
    )!.stale!.since;
    clock.shift = WEEK;
    await sweep('payments-prod');

    const [stale] = (await ada.listClusters()).filter(
      cluster => cluster.id === 'payments-prod',
    );
    expect(stale.stale).toEqual({
      since,
      reason: expect.stringContaining('ListPodIdentityAssociations'),
    });
    const card = await ada.getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name: 'payments-api',
    });
    expect(card.identities[0]).toMatchObject({
      sources: ['aws-tag'],
      association: { owner: 'portal' },
      stale: { since },
    });
    expect(
      (await ada.listAssociations({ cluster: 'payments-prod' })).totalItems,
    ).toBe(EACH);

    Object.assign(iam.role(read), before);
    portal.sandbox.calls.reset();
    await sweep('payments-prod');
    expect(lastLine()).toBe(
      `Swept cluster payments-prod: ${EACH} associations, ${EACH} described, ${EACH} looked at`,
    );
    const staleNow = async () =>
      (await ada.listClusters()).find(
        cluster => cluster.id === 'payments-prod',
      )!.stale;
    // Tokens from the future: AWS was seen whole, the Kubernetes API was not
    expect(await staleNow()).toEqual({
      since,
      reason: expect.stringContaining('401'),
    });
    clock.shift = 0;
    await sweep('payments-prod');
    expect(await staleNow()).toBeUndefined();
  });

  it('opens a card without a call to AWS or Kubernetes', async () => {
    portal.callsSince();
    await replica.as(ADA).getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name: 'payments-api',
    });
    await replica.as(ADA).listAssociations();
    await replica.as(ADA).listClusters();
    expect(portal.callsSince().all).toEqual([]);
  });
});
