import { notificationsTo, tasksByHand } from '../__testUtils__/byHand';
import { TestDatabases } from '@backstage/backend-test-utils';
import { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation, letPortalPass } from 'eks-sandbox';
import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import type { Knex } from 'knex';
import {
  idleWorkload,
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  claiming,
  entities,
  follow,
  Replica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { FOREIGN } from '../status/__testUtils__/cardCatalog';
import { createStore, Store } from '../store';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CLUSTER = 'payments-prod';
const HERE = { clusterName: CLUSTER };
const READ_ONLY = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';

describe('a sweep, beside what else happens', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  const clock = new ShiftedClock();
  let knex: Knex;
  let store: Store;
  let sent: NotificationSendOptions[];
  const { tasks, scheduler } = tasksByHand();
  const refOf = (serviceAccount: string) => ({
    cluster: CLUSTER,
    namespace: 'payments',
    serviceAccount,
  });

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER }],
    });
    knex = await databases.init('SQLITE_3');
    store = createStore(knex, () => clock.now());
    sent = [];
    replica = await portal.start({
      knex,
      clock,
      scheduler,
      // Of what Terraform made
      entities: entities.map(one =>
        claiming(`${CLUSTER}/payments/payments-ledger`, one),
      ),
      section: {
        // Less than a look may take
        timings: { ...TIMINGS, requestTimeout: 20_000 },
        guardrails: { roles: { adopt: ['arn:aws:iam::*:role/half-*'] } },
        proof: { maxAge: '1d' },
      },
      features: [notificationsTo(one => sent.push(one))],
    });
  });

  afterAll(() => portal?.stop());

  beforeEach(() => {
    sent.length = 0;
    portal.sandbox.calls.reset();
  });

  afterEach(() => {
    portal.sandbox.latency.clear();
  });

  const sweep = async () =>
    tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
  const eks = () => portal.sandbox.aws.eks;
  const iam = () => portal.sandbox.aws.iam;
  const counts = () => countByOperation(portal.sandbox.calls.calls());

  async function run(
    start: Parameters<PodIdentityClient['startOperation']>[0],
  ) {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(start);
    await follow(ada, id);
    return ada.getOperation(id);
  }

  const give = (serviceAccount: string, more: Record<string, unknown> = {}) =>
    run(
      associate(serviceAccount, {
        ...HERE,
        managedPolicyArns: [READ_ONLY],
        createServiceAccount: 'always',
        ...more,
      }),
    );
  const deploy = (serviceAccount: string) =>
    portal.sandbox.cluster(CLUSTER).apply(idleWorkload(serviceAccount));
  const prove = (serviceAccount: string) => run(verify(serviceAccount, HERE));
  const associationOf = (serviceAccount: string) =>
    eks()
      .associations(CLUSTER)
      .find(
        one =>
          one.namespace === 'payments' && one.serviceAccount === serviceAccount,
      )!;
  const stateOf = async (serviceAccount: string) =>
    (await store.serviceAccounts.find(refOf(serviceAccount)))!;
  const rowOf = async (serviceAccount: string) =>
    (
      await replica.as(ADA).listAssociations({ cluster: CLUSTER, limit: 200 })
    ).items.find(item => item.ref.serviceAccount === serviceAccount);
  const linksOf = (serviceAccount: string) =>
    store.entityRefs.ofRef(refOf(serviceAccount));
  const roleLike = (serviceAccount: string, name: string) =>
    iam().putRole({
      name,
      trust: JSON.parse(
        iam().role(associationOf(serviceAccount).roleArn).trust,
      ),
    });

  it('believes a pod that saw another role than the last description', async () => {
    await prove('payments-ledger');
    await sweep();
    const { arn } = roleLike('payments-ledger', 'ledger-two');
    const before = associationOf('payments-ledger');
    eks().updateAssociation(CLUSTER, before.associationId, { roleArn: arn });
    const { result } = await prove('payments-ledger');
    expect(result).toMatchObject({ proof: 'credentials' });
    expect(await rowOf('payments-ledger')).toMatchObject({ roleArn: arn });
    const { status } = await stateOf('payments-ledger');
    await sweep();
    expect((await stateOf('payments-ledger')).status).toBe(status);
    iam().deleteRole(before.roleArn);
    await sweep();
    expect((await stateOf('payments-ledger')).status).toBe(status);
  });

  it.each([
    ['all roles are read at once', false],
    ['each is read by itself', true],
  ])(
    'does not call a role gone or closed that its association has left, where %s',
    async (_, alone) => {
      const reader = portal.sandbox.credentials.roles.read;
      const inline = Object.fromEntries(
        Object.entries(iam().role(reader).inline).map(([name, text]) => [
          name,
          JSON.parse(text),
        ]),
      );
      const deny = {
        Effect: 'Deny',
        Action: 'iam:GetAccountAuthorizationDetails',
        Resource: '*',
      };
      const denied = { Version: '2012-10-17', Statement: [deny as any] };
      if (alone) iam().updateRole(reader, { inline: { ...inline, denied } });
      for (const closed of [false, true]) {
        const name = `left${alone ? '-alone' : ''}${closed ? '-closed' : ''}`;
        await deploy(name);
        await give(name);
        await sweep();
        expect((await stateOf(name)).status).toBe('looks-right');
        sent.length = 0;
        const before = associationOf(name);
        const { arn } = roleLike(name, `${name}-two`);
        eks().updateAssociation(CLUSTER, before.associationId, {
          roleArn: arn,
        });
        if (closed) {
          iam().updateRole(before.roleArn, {
            trust: JSON.parse(iam().role(reader).trust),
          });
        } else {
          iam().deleteRole(before.roleArn);
        }
        await sweep();
        // Another tool than this portal changed it
        expect((await stateOf(name)).headline).toBe(
          `The association has role ${arn} instead of ${before.roleArn}.`,
        );
        expect(await rowOf(name)).toMatchObject({ roleArn: arn });
        expect(JSON.stringify(sent)).not.toMatch(/not exist|let it in/);
      }
      iam().updateRole(reader, { inline });
    },
  );

  it('does not trust what it knew when a change broke off half-way', async () => {
    await give('half');
    await prove('half');
    await sweep();
    const { arn } = roleLike('half', 'half-two');
    letPortalPass(portal.sandbox.aws, portal.sandbox.credentials, [arn]);
    // While it waits for a webhook that does not answer, the association is changed already
    portal.sandbox.cluster(CLUSTER).setWebhook({ down: true });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(
      associate('half', {
        ...HERE,
        roleArn: arn,
        replaceRole: true,
        createServiceAccount: 'always',
      }),
    );
    await until(() => associationOf('half').roleArn === arn);
    await ada.cancelOperation(id);
    await follow(ada, id);
    portal.sandbox.cluster(CLUSTER).setWebhook({ down: false });
    expect((await ada.getOperation(id)).state).toBe('cancelled');
    expect(await stateOf('half')).toMatchObject({
      status: 'looks-right',
      changedSince: 'proof',
    });
    await sweep();
    expect(await rowOf('half')).toMatchObject({ roleArn: arn });
    // Not what the last associate that went through gave it
    const { status, headline } = await stateOf('half');
    expect(status).toBe('broken');
    expect(headline).toContain('half-two');
  });

  it('lets a proof fade that is older than the time that is set', async () => {
    await deploy('faded');
    await give('faded');
    await prove('faded');
    const { status, proofReportId: id } = await stateOf('faded');
    expect(status).toBe('verified');
    const proof = (await store.reports.lastProof(refOf('faded')))!;
    const at = Date.now() - 25 * 3_600_000;
    const report = { ...proof, finishedAt: new Date(at).toISOString() };
    await knex('reports')
      .where({ id })
      .update({ finished_at: at, report: JSON.stringify(report) });
    // Its association is older than that
    await knex('service_accounts')
      .where({ proof_report_id: id })
      .update({ reset_at: null });
    await sweep();
    expect(await stateOf('faded')).toMatchObject({
      status: 'looks-right',
      headline: 'It was proven 1 day ago. Verify it again to renew the proof.',
    });
  });

  it('lets a proof fade that was made with another agent, without a notification', async () => {
    await deploy('renewed');
    await give('renewed');
    await prove('renewed');
    await sweep();
    expect((await stateOf('renewed')).status).toBe('verified');
    sent.length = 0;
    const kubernetes = portal.sandbox.cluster(CLUSTER);
    const agent = ['kube-system', 'eks-pod-identity-agent'] as const;
    await kubernetes.change('daemonsets', ...agent, ({ spec }) => {
      const [container] = spec.template.spec.containers;
      container.image = container.image.replace(/:.*/, ':v9.9.9');
    });
    await kubernetes.waitFor(
      'daemonsets',
      ...agent,
      one => one?.status?.updatedNumberScheduled === one?.status?.numberReady,
    );
    await sweep();
    expect(await stateOf('renewed')).toMatchObject({
      status: 'looks-right',
      headline: expect.stringMatching(
        /^It was last proven on \d{4}-\d\d-\d\d, with another agent\. Verify it/,
      ),
    });
    expect(await rowOf('renewed')).toMatchObject({ proofFaded: true });
    const { version, platformVersion } = eks().cluster(CLUSTER);
    eks().updateCluster(CLUSTER, { version: '1.34', platformVersion: 'eks.1' });
    await sweep();
    expect((await stateOf('renewed')).headline).toContain(
      'another agent and version of Kubernetes.',
    );
    expect(sent).toEqual([]);
    await prove('renewed');
    await sweep();
    expect((await stateOf('renewed')).status).toBe('verified');
    expect((await rowOf('renewed'))?.proofFaded).toBeUndefined();
    eks().updateCluster(CLUSTER, { version, platformVersion });
  });

  it('keeps a finding while nobody can look, and tells of it once', async () => {
    await deploy('shadow');
    await give('shadow');
    await prove('shadow');
    await sweep();
    const kubernetes = portal.sandbox.cluster(CLUSTER);
    await kubernetes.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'with-keys', namespace: 'payments' },
      spec: {
        serviceAccountName: 'shadow',
        containers: [
          {
            name: 'app',
            image: 'public.ecr.aws/docker/library/busybox:1',
            env: [{ name: 'AWS_ACCESS_KEY_ID', value: 'AKIASECRETSECRETSECR' }],
          },
        ],
      },
    });
    await until(
      () =>
        kubernetes.get('pods', 'payments', 'with-keys')?.status?.phase ===
        'Running',
    );
    await sweep();
    // Pods come and go with an autoscaler: it counts after five minutes
    expect((await stateOf('shadow')).status).toBe('verified');
    clock.shift += 5 * 60_000;
    await sweep();
    const { status, headline } = await stateOf('shadow');
    expect(status).toBe('no-pod-has-it');
    expect(headline).toContain('AWS_ACCESS_KEY_ID');
    expect(sent.map(({ payload }) => payload.severity)).toEqual(['high']);

    // The API server hangs for longer than the portal waits
    portal.sandbox.latency.set('kubernetes:list pods', 2 * PATIENCE_MS);
    await clock.hurry(sweep(), PATIENCE_MS, 250);
    portal.sandbox.latency.clear();
    expect(await stateOf('shadow')).toMatchObject({ status, headline });
    const [cluster] = await replica.as(ADA).listClusters();
    expect(cluster.stale?.reason).toContain('Kubernetes API did not answer');
    expect(sent).toHaveLength(1);

    await kubernetes.delete('pods', 'payments', 'with-keys');
    await sweep();
    expect((await stateOf('shadow')).status).toBe('verified');
    expect((await replica.as(ADA).listClusters())[0].stale).toBeUndefined();
    expect(sent.map(({ payload }) => payload.severity)).toEqual([
      'high',
      'normal',
    ]);
  });

  it('finds a NetworkPolicy that cuts pods off, from the agent or from all else', async () => {
    const idle = idleWorkload('cut');
    const kubernetes = portal.sandbox.cluster(CLUSTER);
    await kubernetes.apply({ ...idle, spec: { ...idle.spec, replicas: 1 } });
    const started = () =>
      kubernetes
        .list('pods', 'payments')
        .some(
          ({ metadata, status }) =>
            metadata.labels?.app === 'cut' && status?.phase === 'Running',
        );
    await give('cut', { restartWorkloads: true });
    await until(started);
    await prove('cut');
    await sweep();
    expect((await stateOf('cut')).status).toBe('verified');
    const limit = (egress: object[], podSelector: object) =>
      kubernetes.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'limit', namespace: 'payments' },
        spec: {
          podSelector,
          policyTypes: ['Egress'],
          egress,
        },
      });
    const dns = { ports: [{ protocol: 'UDP', port: 53 }] };
    const ofPods = { matchLabels: { app: 'cut' } };
    const onNetwork = async () => {
      const look = await store.reports.lastLook(refOf('cut'));
      expect(look).toMatchObject({ probe: 'none' });
      return look!.checks.find(({ id }) => id === 'workloads.network')!;
    };
    await limit([dns], ofPods);
    await sweep();
    // A lack counts after its second look.
    clock.shift += 5 * 60_000;
    await sweep();
    const found = await stateOf('cut');
    expect(found.status).toBe('no-pod-has-it');
    expect(found.headline).toContain('NetworkPolicy limit selects');
    const agent = { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }] };
    await limit([dns, agent], ofPods);
    await sweep();
    expect((await stateOf('cut')).headline).toContain(
      'might reach the agent and nothing of AWS',
    );
    // A network plugin that enforces no policy lets the test pod through.
    kubernetes.enforceNetworkPolicies(false);
    await limit([dns, agent], {});
    await prove('cut');
    await sweep();
    expect((await stateOf('cut')).status).toBe('verified');
    expect(await onNetwork()).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(
        /limit bar 1 of 1 .* but a test pod .* got through on 20/,
      ),
    });
    // The same name with other rules: no pod has tried these.
    await limit([dns], {});
    await sweep();
    expect(await onNetwork()).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('might not reach the agent'),
    });
    kubernetes.enforceNetworkPolicies(true);
    await kubernetes.delete('networkpolicies', 'payments', 'limit');
  });

  it('keeps a lack of the pods on one node group until its role may ask EKS Auth', async () => {
    const kubernetes = portal.sandbox.cluster(CLUSTER);
    const CNI = 'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy';
    const role = iam().putRole({
      name: 'gpu-nodes',
      trust: FOREIGN,
      attached: [CNI],
    });
    const gpu = { 'eks.amazonaws.com/nodegroup': 'gpu' };
    await kubernetes.addNode({
      kind: 'managed',
      roleArn: role.arn,
      labels: gpu,
    });
    eks().putNodegroup(CLUSTER, { nodegroupName: 'gpu', nodeRole: role.arn });
    await give('render');
    // The test pod goes where the newest is, which is the last, or the first by name within a second
    for (const [name, nodegroup] of [
      ['render-gpu', 'gpu'],
      ['render', 'general'],
    ]) {
      await kubernetes.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'payments' },
        spec: {
          serviceAccountName: 'render',
          nodeSelector: { 'eks.amazonaws.com/nodegroup': nodegroup },
          containers: [
            { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
          ],
        },
      });
    }
    await until(() =>
      ['render', 'render-gpu'].every(
        name =>
          kubernetes.get('pods', 'payments', name)?.status?.phase === 'Running',
      ),
    );
    await prove('render');
    const { status, headline } = await stateOf('render');
    expect(status).toBe('partly-works');
    expect(headline).toContain('node group gpu');
    await sweep();
    expect(await stateOf('render')).toMatchObject({ status, headline });
    const worker = 'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy';
    iam().updateRole(role.arn, { attached: [CNI, worker] });
    await sweep();
    expect((await stateOf('render')).status).toBe('verified');
  });

  it('learns from the tags whose an identity is', async () => {
    await give('tagged');
    await sweep();
    const owner = await store.owners.find(refOf('tagged'));
    expect(owner).toMatchObject({
      entityRef: 'component:default/payments-api',
      ownerRefs: [ADA],
    });
    await store.owners.remove(refOf('tagged'));
    await sweep();
    expect(await store.owners.find(refOf('tagged'))).toEqual(owner);
  });

  it('gives a foreign successor to nobody', async () => {
    await give('heir');
    await sweep();
    expect(await linksOf('heir')).toHaveLength(1);
    const { associationId, roleArn } = associationOf('heir');
    eks().deleteAssociation(CLUSTER, associationId);
    eks().putAssociation(CLUSTER, {
      namespace: 'payments',
      serviceAccount: 'heir',
      roleArn,
    });
    await sweep();
    expect(await rowOf('heir')).toMatchObject({ owner: 'external' });
    expect((await rowOf('heir'))!.entityRef).toBeUndefined();
    expect(await linksOf('heir')).toEqual([]);
    expect(await store.owners.find(refOf('heir'))).toBeUndefined();
  });

  it('tells whose identity was deleted behind the portal, and forgets it', async () => {
    await deploy('lost');
    await give('lost');
    await prove('lost');
    await sweep();
    eks().deleteAssociation(CLUSTER, associationOf('lost').associationId);
    await sweep();
    expect(sent).toMatchObject([
      {
        recipients: { entityRef: 'component:default/payments-api' },
        payload: {
          severity: 'high',
          title: 'Broken: AWS identity of payments-api',
        },
      },
    ]);
    expect((await stateOf('lost')).status).toBe('broken');
    expect(await linksOf('lost')).toEqual([]);
    expect(await store.owners.find(refOf('lost'))).toBeUndefined();
    await sweep();
    expect(sent).toHaveLength(1);
  });

  it('leaves what was taken away while it looked, and what was made while it listed', async () => {
    await give('ghost');
    portal.sandbox.latency.set('eks:DescribePodIdentityAssociation', 150);
    const listed = () => counts()['eks:DescribePodIdentityAssociation'] ?? 0;
    // All is due again, so that there is time
    await knex('associations').update({ described_at: 0 });
    portal.sandbox.calls.reset();
    const swept = sweep();
    await until(() => listed() > 0);
    await run(teardown('ghost', HERE));
    await swept;
    portal.sandbox.latency.clear();
    expect(await rowOf('ghost')).toBeUndefined();
    expect(await linksOf('ghost')).toEqual([]);
    expect(await store.owners.find(refOf('ghost'))).toBeUndefined();

    portal.sandbox.calls.reset();
    portal.sandbox.latency.set('eks:ListPodIdentityAssociations', 500);
    const listing = sweep();
    await until(() => (counts()['eks:ListPodIdentityAssociations'] ?? 0) > 0);
    // As an associate of another replica writes it
    await store.associations.upsert([
      {
        ref: refOf('fresh'),
        associationId: 'a-fresh',
        arn: 'arn:aws:eks:x',
        owner: 'portal',
        entityRef: 'component:default/payments-api',
        orphan: false,
        drift: false,
        listedAt: clock.now(),
      },
    ]);
    await listing;
    expect(await rowOf('fresh')).toMatchObject({ owner: 'portal' });
    await store.associations.removeRef(refOf('fresh'));
  });

  it('misses nothing of what an operation looked after meanwhile, though it changed nothing', async () => {
    await deploy('idle');
    await give('idle');
    await prove('idle');
    await sweep();
    await knex('associations').update({ described_at: 0 });
    portal.sandbox.latency.set('eks:DescribePodIdentityAssociation', 150);
    portal.sandbox.calls.reset();
    const swept = sweep();
    await until(
      () => (counts()['eks:DescribePodIdentityAssociation'] ?? 0) > 0,
    );
    const { result } = await give('idle');
    expect(result).toMatchObject({ changed: false });
    await swept;
    expect((await stateOf('idle')).status).toBe('verified');
    expect(await linksOf('idle')).toHaveLength(1);
  });

  it('does not judge by what it saw before a change', async () => {
    portal.sandbox.latency.set('kubernetes:list pods', 400);
    const swept = sweep();
    await until(() => (counts()['kubernetes:list pods'] ?? 0) > 0);
    await deploy('during');
    await give('during');
    const { status } = await stateOf('during');
    await swept;
    expect((await stateOf('during')).status).toBe(status);
    expect((await stateOf('during')).headline).not.toContain('does not exist');
    await sweep();
    expect((await stateOf('during')).status).toBe('looks-right');
  });
});
