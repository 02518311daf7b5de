import { createServiceFactory } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { countByOperation } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import type { Knex } from 'knex';
import { tasksByHand } from '../__testUtils__/byHand';
import { componentOf } from '../__testUtils__/changingCatalog';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, BOB, claiming, type Replica } from '../__testUtils__/testBackend';
import { createStore } from '../store';

const CLUSTERS = ['payments-prod', 'platform-auto'];
const [CLUSTER] = CLUSTERS;
const QUARTER = 15 * 60_000;
const DAY = 86_400_000;
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const inNamespace = (namespace: string, entity: Entity): Entity => ({
  ...entity,
  metadata: {
    ...entity.metadata,
    annotations: { 'backstage.io/kubernetes-namespace': namespace },
  },
});

const ENTITIES = [
  claiming(`${CLUSTER}/shop/api`, componentOf('payments-api', ADA)),
  inNamespace('shop', componentOf('shop', BOB)),
  inNamespace('shop', componentOf('shop-front', BOB)),
  inNamespace('one', componentOf('only', BOB)),
  inNamespace('both', componentOf('adas', ADA)),
  inNamespace('both', componentOf('bobs', BOB)),
];

const ROLE = 'arn:aws:iam::111122223333:role/shop-api';

async function seed({ sandbox }: SandboxPortal) {
  const kube = sandbox.cluster(CLUSTER);
  sandbox.aws.iam.putRole({
    name: 'shop-api',
    tags: {
      'backstage.io/entity-ref': 'component:default/shop',
      'backstage.io/entity-uid': 'shop-first',
    },
  });
  const account = (namespace: string, name: string, role = ROLE) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name,
      namespace,
      annotations: { 'eks.amazonaws.com/role-arn': role },
    },
  });
  await kube.apply([
    ...['shop', 'one', 'both'].map(name => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    account('shop', 'api'),
    account('shop', 'gone', `${ROLE}-gone`),
    account('one', 'api'),
    account('both', 'api'),
  ]);
}

describe('the look at all AWS access beside a sweep', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  /** What only the look waits for. */
  let catalogAnswers = async () => {};
  const { tasks, scheduler } = tasksByHand();

  const start = (inventory: { enabled?: boolean } = {}) =>
    portal.start({
      knex,
      scheduler,
      catalog: createServiceFactory({
        service: catalogServiceRef,
        deps: {},
        factory: () => {
          const catalog = catalogServiceMock({ entities: ENTITIES });
          return new Proxy(catalog, {
            get: (_, name) => {
              if (name === 'streamEntities') {
                return async function* streamed(...args: [any, any]) {
                  await catalogAnswers();
                  yield* catalog.streamEntities(...args);
                };
              }
              const value = Reflect.get(catalog, name);
              return typeof value === 'function' ? value.bind(catalog) : value;
            },
          });
        },
      }),
      section: { evidence: { cloudTrail: true }, inventory },
    });

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: CLUSTERS },
      clusters: CLUSTERS.map(name => ({ name })),
    });
    await seed(portal);
    knex = await databases.init('SQLITE_3');
    replica = await start();
    await tasks.get('catalog-annotations')!(new AbortController().signal);
  });

  afterAll(() => portal?.stop());

  const store = () => createStore(knex, () => Date.now());
  const state = async (cluster = CLUSTER) =>
    (await store().access.states()).get(cluster);
  const sweep = async (cluster = CLUSTER) => {
    portal.sandbox.calls.reset();
    await tasks.get(`sweep:${cluster}`)!(new AbortController().signal);
    const calls = portal.sandbox.calls.calls().filter(call => !call.internal);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ write }) => write)).toEqual([]);
    return countByOperation(calls);
  };
  /** As after a quarter of an hour: tokens for the cluster would not bear another clock. */
  const later = () =>
    knex('access_looks').update({
      tried_at: knex.raw('tried_at - ?', [QUARTER]),
    });
  const rows = async (cluster = CLUSTER) => {
    const { items } = await store().access.page(
      { cluster },
      { limit: 100, sort: { by: 'serviceAccount' } },
    );
    return new Map(
      items.map(item => [
        `${item.row.ref.namespace}/${item.row.ref.serviceAccount}`,
        item,
      ]),
    );
  };

  it('keeps every AWS identity of the cluster, and lists nothing twice', async () => {
    const counts = await sweep();
    expect(counts).toMatchObject({
      'iam:GetAccountAuthorizationDetails': 1,
      'eks:DescribeCluster': 1,
      'eks:ListAddons': 1,
      // Each add-on once, that of the agent by the sweep.
      'eks:DescribeAddon': 5,
      // One in each of two regions for the calls by IRSA, and one for each of two nodes.
      'cloudtrail:LookupEvents': 2 + 2,
      // They serve the sweep, too.
      'kubernetes:list serviceaccounts': 1,
      'kubernetes:list networkpolicies': 1,
      'kubernetes:list deployments': 1,
      'kubernetes:list jobs': 1,
      'kubernetes:list nodes': 1,
      // The agent is among them.
      'kubernetes:list daemonsets': 1,
      'kubernetes:list pods': 1,
    });
    const associations = await store().associations.ofCluster(CLUSTER);
    expect(counts['eks:DescribePodIdentityAssociation']).toBe(
      associations.length,
    );
    const found = await rows();
    expect(found.get('shop/gone')!.row).toMatchObject({
      roads: ['irsa'],
      verdict: 'broken',
    });
    expect(found.get('payments/payments-ledger')!.row.roads).toEqual([
      'pod-identity',
    ]);
    const { agent } = await store().clusterStates.find(CLUSTER);
    expect(agent).toMatchObject({ needed: 3 });
    expect(await state()).toMatchObject({
      gaps: [],
      failure: undefined,
      nodeGroups: [{ kind: 'node-group', name: 'general', lookedAt: 2 }],
    });
    const [today] = await store().access.days([CLUSTER]);
    expect(today).toMatchObject({
      byPodIdentity: associations.length,
      total: found.size,
    });
  });

  it('links what a tag names, what an entity claims, and what is of one owner in its namespace', async () => {
    const found = await rows();
    const entityOf = (name: string) => found.get(name)!.entity;
    expect(entityOf('shop/api')).toEqual({
      entityRef: 'component:default/payments-api',
      by: 'annotation',
    });
    expect(entityOf('shop/gone')).toEqual({
      entityRef: 'component:default/shop',
      by: 'team',
    });
    expect(entityOf('one/api')).toEqual({
      entityRef: 'component:default/only',
      by: 'namespace',
    });
    expect(entityOf('both/api')).toBeUndefined();
    expect(entityOf('payments/payments-ledger')).toBeUndefined();
    // A role says itself whose it is, whatever claims the service account
    expect(found.get('shop/api')!.holder).toEqual({
      entityRef: 'component:default/shop',
      uid: 'shop-first',
      ownerRefs: [],
    });
    expect(found.get('shop/gone')!.holder).toBeUndefined();
    const owners = await knex('access_days').orderBy('owner_ref');
    expect(owners.map(row => [row.owner_ref, Number(row.total)])).toEqual([
      ['', expect.any(Number)],
      [ADA, 1],
      [BOB, 2],
    ]);
  });

  it('reads what AWS recorded once for all clusters of an account and region', async () => {
    const counts = await sweep(CLUSTERS[1]);
    expect(counts['eks:ListAddons']).toBe(1);
    // The nodes are its own: two of Auto Mode and one of a node group.
    expect(counts['cloudtrail:LookupEvents']).toBe(3);
    expect((await state(CLUSTERS[1]))!.usedSince).toBeDefined();
  });

  it('comes again after a quarter of an hour, or when a person orders a sweep', async () => {
    const first = (await state())!.lookedAt!;
    const look = async () => (await sweep())['eks:ListAddons'];
    expect(await look()).toBeUndefined();
    await store().clusterStates.order(CLUSTER);
    expect(await look()).toBe(1);
    expect((await state())!.lookedAt).toBeGreaterThan(first);
    expect(await look()).toBeUndefined();
    await later();
    expect(await look()).toBe(1);
  });

  it('remembers the program of a service account that did not ask since', async () => {
    const { row } = (await rows()).get('shop/gone')!;
    expect(row.programs).toEqual([]);
    const lastAt = new Date(Date.now() - 4 * DAY).toISOString();
    const boto3 = { name: 'boto3', age: 'works', lastAt };
    const { searched } = (await store().access.seen(CLUSTER))!;
    expect(searched.map(({ region }) => region)).toEqual([
      'eu-west-1',
      'us-east-1',
    ]);
    const lookAfter = async (before: object) => {
      const seen = { ...before, programs: [['shop/gone', [boto3]]] };
      await knex('access_looks')
        .where({ cluster: CLUSTER })
        .update({ seen: JSON.stringify(seen) });
      await later();
      await sweep();
      expect((await rows()).get('shop/gone')!.row.programs).toEqual([boto3]);
      return (await state())!.usedSince!;
    };
    // From before it was said of each region
    expect((await lookAfter({})) > lastAt).toBe(true);
    const since = searched.map(one => ({ ...one, since: lastAt }));
    expect(await lookAfter({ searched: since })).toBe(lastAt);
  });

  it('says of a component whose pods have no road that they may be what acts as their nodes', async () => {
    const { aws } = portal.sandbox;
    const kube = portal.sandbox.cluster(CLUSTER);
    const metadata = { name: 'batch', namespace: 'one' };
    const labels = { app: 'batch' };
    // All on one node, which has the most pods then: a look searches for two of a group
    const host = 'kubernetes.io/hostname';
    const [node] = kube.list('nodes');
    const pods = {
      containers: [{ name: 'app', image: 'busybox' }],
      nodeSelector: { [host]: node.metadata.labels![host] },
    };
    await kube.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 5,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pods },
      },
    });
    await until(
      async () =>
        kube.list('pods', 'one').filter(({ spec }) => spec.nodeName).length ===
        5,
    );
    const ofOnly = async () => {
      await later();
      await sweep();
      const at = { kind: 'component', namespace: 'default', name: 'only' };
      return (await replica.as(BOB).getEntityIdentities(at)).asNode;
    };
    expect(await ofOnly()).toBeUndefined();
    for (const { spec } of kube.list('nodes')) {
      const id = spec.providerID.split('/').pop();
      aws.cloudTrail.putEvent({
        EventName: 'ListQueues',
        EventSource: 'sqs.amazonaws.com',
        EventTime: new Date(Date.now() - 60_000).toISOString(),
        Username: id,
        CloudTrailEvent: {
          userAgent: 'Boto3/1.34.0 md/Botocore#1.34.0',
          userIdentity: {
            type: 'AssumedRole',
            arn: `arn:aws:sts::111122223333:assumed-role/nodes/${id}`,
          },
        },
      });
    }
    expect(await ofOnly()).toEqual([
      expect.objectContaining({
        ref: { cluster: CLUSTER, namespace: 'one', serviceAccount: 'default' },
        linkedBy: 'namespace',
        workloads: ['Deployment batch'],
        pods: 5,
      }),
    ]);
  });

  it('keeps no sweep from its end, and none from its turn', async () => {
    await later();
    const began = Date.now();
    let answer = () => {};
    const answered = new Promise<void>(resolve => {
      answer = resolve;
    });
    catalogAnswers = () => answered;
    const sweptSince = (at: number) =>
      until(async () => {
        const states = await store().clusterStates.all();
        return CLUSTERS.every(name => states.get(name)!.sweptAt! >= at);
      });
    const sweepAll = () => CLUSTERS.map(name => sweep(name));
    // Two sweeps have their turn at a time
    const sweeps = sweepAll();
    try {
      await sweptSince(began);
      const again = Date.now();
      sweeps.push(...sweepAll());
      await sweptSince(again);
      expect((await state())!.triedAt).toBeLessThan(began);
    } finally {
      answer();
      await Promise.all(sweeps);
    }
    expect((await state())!.lookedAt).toBeGreaterThanOrEqual(began);
  });

  it('ends with its sweep where an answer never comes, and stores nothing of it later', async () => {
    const before = await rows();
    await later();
    const began = Date.now();
    let answer = () => {};
    let isAsked = false;
    const answered = new Promise<void>(resolve => {
      answer = resolve;
    });
    catalogAnswers = () => {
      isAsked = true;
      return answered;
    };
    const timeout = new AbortController();
    const swept = tasks.get(`sweep:${CLUSTER}`)!(timeout.signal);
    await until(async () => {
      const { sweptAt } = await store().clusterStates.find(CLUSTER);
      return isAsked && sweptAt! >= began;
    });
    timeout.abort();
    await swept;
    const failed = {
      failure: expect.stringMatching(/^The look did not end within the time/),
    };
    expect(await state()).toMatchObject(failed);
    answer();
    catalogAnswers = async () => {};
    // Longer than it takes to store what was found
    for (let round = 0; round < 20; round += 1) await rows();
    expect(await state()).toMatchObject(failed);
    expect(await rows()).toEqual(before);
  });

  it('leaves the sweep whole, and the rows as they were, where it fails', async () => {
    const before = await rows();
    await later();
    const began = Date.now();
    catalogAnswers = async () => {
      throw new Error('The catalog is away');
    };
    await sweep();
    catalogAnswers = async () => {};
    const { sweptAt, stale } = await store().clusterStates.find(CLUSTER);
    expect(sweptAt).toBeGreaterThanOrEqual(began);
    expect(stale).toBeUndefined();
    expect(await rows()).toEqual(before);
    const failure = expect.stringContaining('The catalog is away');
    expect(await state()).toMatchObject({ failure });
    expect((await state())!.lookedAt).toBeLessThan(began);
    expect(replica.logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(
          /^All AWS access of cluster payments-prod could not be listed: .*catalog is away/,
        ),
      }),
    );
    await later();
    await sweep();
    expect(await state()).toMatchObject({ failure: undefined });
  });

  it('says what it is not allowed to read, after one call of each kind', async () => {
    const { aws, credentials } = portal.sandbox;
    const arn = credentials.roles.read;
    const { inline } = aws.iam.role(arn);
    const denied = {
      Effect: 'Deny' as const,
      Action: 'iam:GetAccountAuthorizationDetails',
      Resource: '*',
    };
    aws.iam.updateRole(arn, {
      inline: {
        ...Object.fromEntries(
          Object.entries(inline).map(([name, text]) => [
            name,
            JSON.parse(text),
          ]),
        ),
        denied: { Version: '2012-10-17', Statement: [denied] },
      },
    });
    await later();
    const counts = await sweep();
    expect(counts['iam:GetAccountAuthorizationDetails']).toBe(1);
    expect((await state())!.gaps).toEqual([
      expect.objectContaining({
        what: 'roles',
        sentence: expect.stringContaining('GetAccountAuthorizationDetails'),
      }),
    ]);
    expect((await rows()).get('shop/api')!.holder).toBeUndefined();
  });

  it('reads and keeps nothing where app-config has it off', async () => {
    await replica.stop();
    replica = await start({ enabled: false });
    expect((await rows()).size).toBe(0);
    expect(await store().access.days(CLUSTERS)).toEqual([]);
    await later();
    expect((await sweep())['eks:ListAddons']).toBeUndefined();
    expect(await state()).toBeUndefined();
    expect(await replica.as(ADA).getAccessProgress()).toEqual({
      clusters: [],
      owners: [],
      days: [],
    });
  });
});
