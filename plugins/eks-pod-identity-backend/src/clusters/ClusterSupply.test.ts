import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { JsonObject } from '@backstage/types';
import type { PodIdentityClusterSupplier } from 'backstage-plugin-eks-pod-identity-node';
import {
  createEngine,
  readEngineConfig,
  systemClock,
} from 'eks-pod-identity-engine';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { ClusterSupply } from './ClusterSupply';

const ACCOUNT = '111122223333';
const MINUTE = 60_000;
const named = (name: string, more: object = {}) => ({
  name,
  region: 'eu-west-1',
  accountId: ACCOUNT,
  ...more,
});
const arnOf = (name: string, place = `eu-west-1:${ACCOUNT}`) =>
  `arn:aws:eks:${place}:cluster/${name}`;

/** The clusters of one process, as they come and go. */
async function supplied(options: {
  suppliers?: PodIdentityClusterSupplier[];
  section?: JsonObject;
  config?: JsonObject;
  entities?: Entity[];
}) {
  const { entities } = options;
  const rootConfig = mockServices.rootConfig({
    data: {
      app: { baseUrl: 'https://portal.example.com' },
      eksPodIdentity: { clusters: [named('prod')], ...options.section },
      ...options.config,
    },
  });
  const config = readEngineConfig(rootConfig);
  const clock = new ShiftedClock();
  const logger = new CapturingLogger();
  const supply = new ClusterSupply({
    auth: mockServices.auth(),
    catalog: {
      ...catalogServiceMock.mock(),
      // As they are when it is asked
      streamEntities: (...args) =>
        catalogServiceMock({ entities }).streamEntities(...args),
    },
    clock,
    config,
    logger,
    rootConfig,
    suppliers: options.suppliers ?? [],
  });
  const { clusters } = createEngine({
    config,
    moreClusters: await supply.first(),
    credentials: {} as any,
    clock: systemClock,
    logger,
  });
  let task: ((signal: AbortSignal) => unknown) | undefined;
  let asked = 0;
  await supply.schedule(
    mockServices.scheduler.mock({
      scheduleTask: async ({ fn }) => {
        task = fn as typeof task;
      },
    }),
    clusters,
    async () => {
      asked += 1;
    },
  );
  return {
    supply,
    clusters,
    ids: () => clusters.list().map(({ id }) => id),
    isScheduled: () => task !== undefined,
    /** How often others were told to look at the clusters again. */
    asked: () => asked,
    /** So many minutes pass, one after the other. */
    async pass(minutes: number, signal = new AbortController().signal) {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.shift += MINUTE;
        await task!(signal);
      }
    },
    /** What the log said since the last time. */
    said: () => logger.lines.splice(0).map(line => line.message),
  };
}

describe('Clusters of a supplier', () => {
  const changing = (refresh = { minutes: 5 }) => {
    const supplier = {
      refresh,
      calls: 0,
      answer: async (): Promise<any> => [named('a')],
      async getClusters(): Promise<any> {
        supplier.calls += 1;
        return supplier.answer();
      },
    };
    return supplier;
  };

  it('come, change and go without a restart, at the times of the supplier', async () => {
    const supplier = changing();
    const { asked, clusters, ids, pass, said } = await supplied({
      suppliers: [supplier],
    });
    expect(ids()).toEqual(['prod', 'a']);
    supplier.answer = async () => [named('a', { title: 'A' }), named('b')];
    await pass(4);
    expect([supplier.calls, asked(), ids()]).toEqual([1, 0, ['prod', 'a']]);
    await pass(1);
    expect([supplier.calls, asked(), ids()]).toEqual([
      2,
      1,
      ['prod', 'a', 'b'],
    ]);
    expect(clusters.get('a').title).toBe('A');
    expect(said()).toContain(
      'Clusters changed; new: b; with other settings: a',
    );
    supplier.answer = async () => [named('b')];
    await pass(5);
    expect(ids()).toEqual(['prod', 'b']);
    expect(said()).toEqual(['Clusters changed; gone: a']);
    await pass(5);
    expect(said()).toEqual([]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no route')), 'no route'],
    [
      'names a wrong one',
      async () => [named('b'), named('c', { region: 'mars' })],
      'cluster 2 of cluster supplier 1.region must be an AWS region',
    ],
    [
      'names one twice',
      async () => [named('b'), named('b')],
      'cluster 2 of cluster supplier 1 has the id "b"',
    ],
    ['gives no list', async () => ({ error: 'x' }), 'is not a function'],
  ])(
    'stay where it %s, which the log says once',
    async (_, answer, message) => {
      const supplier = changing();
      const { ids, pass, said } = await supplied({ suppliers: [supplier] });
      said();
      supplier.answer = answer;
      await pass(30);
      expect(ids()).toEqual(['prod', 'a']);
      const lines = said();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('Could not ask cluster supplier 1');
      expect(lines[0]).toContain(message);
      expect(lines[0]).toContain('What it named before stays (1)');
      // At 5, 6, 8, 12, then every 5 minutes
      expect(supplier.calls).toBe(1 + 4 + 3);

      supplier.answer = async () => [named('b')];
      await pass(5);
      expect(said()).toEqual([
        'Could ask cluster supplier 1 for clusters again',
        'Clusters changed; new: b; gone: a',
      ]);
      expect(ids()).toEqual(['prod', 'b']);
    },
  );

  it('stay where it does not answer in time', async () => {
    const supplier = changing();
    const { ids, pass, said } = await supplied({ suppliers: [supplier] });
    supplier.answer = () => new Promise(() => {});
    await pass(5, AbortSignal.abort(new Error('timed out')));
    expect(ids()).toEqual(['prod', 'a']);
    expect(said().at(-1)).toContain('clusters: timed out.');
  });

  it('come later where a supplier that is asked again does not answer at start', async () => {
    const supplier = changing();
    const { answer } = supplier;
    supplier.answer = () => Promise.reject(new Error('starting'));
    const { ids, pass, said, supply } = await supplied({
      suppliers: [supplier],
    });
    expect([ids(), supply.isWhole]).toEqual([['prod'], false]);
    expect(said()).toEqual([
      expect.stringMatching(/starting\. What it named before stays \(0\)$/),
    ]);
    supplier.answer = answer;
    await pass(1);
    expect([ids(), supply.isWhole]).toEqual([['prod', 'a'], true]);
  });

  it('are needed at start where it is asked only then', async () => {
    const { isScheduled, ids, supply } = await supplied({
      suppliers: [{ getClusters: async () => [named('a')] }],
    });
    expect([ids(), isScheduled()]).toEqual([['prod', 'a'], false]);
    expect(supply.isWhole).toBe(true);
    await expect(
      supplied({
        suppliers: [{ getClusters: () => Promise.reject(new Error('away')) }],
      }),
    ).rejects.toThrow('away');
  });

  it.each([
    ['at once', 5],
    ['after it was gone', 10],
  ])(
    'do not take over the id of a cluster of another account, %s',
    async (_, minutes) => {
      const supplier = changing();
      const { clusters, ids, pass, said } = await supplied({
        suppliers: [supplier],
      });
      if (minutes > 5) {
        supplier.answer = async () => [];
        await pass(5);
      }
      const moved = named('a', { accountId: '999988887777' });
      supplier.answer = async () => [moved, named('b')];
      await pass(5);
      expect(ids()).toEqual(['prod', 'b']);
      expect(said()).toContain(
        `Left out clusters of cluster supplier 1: a: its id was that of ${arnOf(
          'a',
        )}; give it another id`,
      );
      supplier.answer = async () => [{ ...moved, id: 'moved' }, named('a')];
      await pass(5);
      expect(clusters.list().map(({ arn }) => arn)).toEqual([
        arnOf('prod'),
        arnOf('a', 'eu-west-1:999988887777'),
        arnOf('a'),
      ]);
    },
  );

  it('give way to those of app-config and of suppliers before it, and the log says so once', async () => {
    const first = changing();
    const second = changing();
    first.answer = async () => [
      named('prod', { title: 'Another' }),
      named('mine'),
    ];
    second.answer = async () => [
      named('mine', { id: 'theirs' }),
      named('other', { id: 'prod' }),
    ];
    const { clusters, ids, pass, said } = await supplied({
      suppliers: [first, second],
    });
    expect(ids()).toEqual(['prod', 'mine']);
    expect(clusters.get('prod')).toMatchObject({ name: 'prod', title: 'prod' });
    expect(said()).toEqual([
      'Left out clusters of cluster supplier 1: prod: eksPodIdentity.clusters has it',
      'Left out clusters of cluster supplier 2: theirs: cluster supplier 1 has it. prod: eksPodIdentity.clusters has its id',
    ]);
    await pass(10);
    expect(said()).toEqual([]);
  });
});

describe('Clusters of locators', () => {
  const accounts = [
    {
      accountId: ACCOUNT,
      regions: ['eu-west-1'],
      roles: { read: `arn:aws:iam::${ACCOUNT}:role/read` },
    },
  ];
  const idOf = (name: string) => `${name}.eu-west-1.${ACCOUNT}`;
  const resource = (
    name: string,
    arn?: string,
    more: { type?: string } = {},
  ): Entity => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Resource',
    metadata: {
      name,
      title: 'Trust me',
      annotations: {
        ...(arn && { 'amazonaws.com/arn': arn }),
        'kubernetes.io/api-server': 'https://evil.example.com',
        'kubernetes.io/aws-assume-role': 'arn:aws:iam::999988887777:role/evil',
      },
    },
    spec: { type: 'kubernetes-cluster', owner: 'guests', ...more },
  });

  it('of the catalog are none unless configured, whatever is registered', async () => {
    const entities = [resource('a', arnOf('a'))];
    const off = await supplied({ entities });
    expect([off.ids(), off.isScheduled()]).toEqual([['prod'], false]);
    const other = await supplied({
      entities,
      section: { locators: { kubernetes: true, accounts } },
    });
    await other.pass(10);
    expect(other.ids()).toEqual(['prod']);
  });

  it('of the catalog are those of accounts that app-config names: a planted entity adds nothing', async () => {
    const entities = [
      resource('planted', arnOf('evil', 'eu-west-1:999988887777')),
      resource('elsewhere', arnOf('evil', `us-east-1:${ACCOUNT}`)),
      resource('odd', `arn:aws:iam::${ACCOUNT}:role/evil`),
      resource('oddest', `${arnOf('evil')}:x`),
      resource('odder', arnOf('x/../y')),
      resource('database', arnOf('evil'), { type: 'database' }),
      resource('gke'),
    ];
    const { ids, pass, said } = await supplied({
      entities,
      section: { locators: { catalog: true, accounts } },
    });
    await pass(1);
    expect(ids()).toEqual(['prod']);
    expect(said()).toEqual([
      'Left out clusters of the catalog: resource:default/odd, resource:default/oddest: the annotation amazonaws.com/arn is not the ARN of an EKS cluster. resource:default/elsewhere, resource:default/planted: eksPodIdentity.locators.accounts does not name account, region and name of the cluster. resource:default/odder: its name is not that of an EKS cluster, or is too long',
    ]);
    await pass(20);
    expect(said()).toEqual([]);
  });

  it('of the catalog give name, region and account alone, and come and go with their entities', async () => {
    const entities = [
      resource('b', arnOf('orders')),
      resource('a', arnOf('orders')),
      resource('own', arnOf('prod')),
    ];
    const { clusters, ids, pass, said, supply } = await supplied({
      entities,
      section: { locators: { catalog: true, refresh: '5m', accounts } },
    });
    // The catalog starts together with the plugin
    expect([ids(), supply.isWhole]).toEqual([['prod'], false]);
    await pass(1);
    expect(ids()).toEqual(['prod', idOf('orders')]);
    expect(supply.isWhole).toBe(true);
    expect(clusters.get(idOf('orders'))).toMatchObject({
      arn: arnOf('orders'),
      title: `orders (eu-west-1, ${ACCOUNT})`,
      roles: { read: `arn:aws:iam::${ACCOUNT}:role/read` },
    });
    expect(said()).toEqual([
      `Left out clusters of the catalog: resource:default/b: another one names the same cluster. ${idOf(
        'prod',
      )}: eksPodIdentity.clusters has it`,
      `Clusters changed; new: ${idOf('orders')}`,
    ]);
    entities.splice(0, 2);
    await pass(5);
    expect(ids()).toEqual(['prod']);
  });

  it('of the catalog stay where it suddenly has hundreds of a named account', async () => {
    const entities = [resource('a', arnOf('a'))];
    const { ids, pass, said } = await supplied({
      entities,
      section: { locators: { catalog: true, refresh: '1m', accounts } },
    });
    await pass(1);
    for (let index = 0; index < 500; index += 1) {
      entities.push(resource(`flood-${index}`, arnOf(`flood-${index}`)));
    }
    await pass(1);
    expect(ids()).toEqual(['prod', idOf('a')]);
    expect(said().at(-1)).toMatch(/it has 501 clusters .*more than 500/);
  });

  it('of the section kubernetes are those whose entry tells region and account', async () => {
    const url = 'https://0A1B.gr7.eu-west-1.eks.amazonaws.com';
    const role = `arn:aws:iam::${ACCOUNT}:role/viewer`;
    const metadata = { 'kubernetes.io/aws-assume-role': role };
    const { ids, said } = await supplied({
      section: { locators: { kubernetes: true, accounts } },
      config: {
        kubernetes: {
          clusterLocatorMethods: [
            { type: 'gke', projectId: 'x' },
            {
              type: 'config',
              clusters: [
                { name: 'orders', url, assumeRole: role },
                {
                  name: 'Shown as this',
                  url: 'https://0a1b.eu-west-1.api.aws',
                  authMetadata: {
                    ...metadata,
                    'kubernetes.io/x-k8s-aws-id': 'stock',
                  },
                },
                {
                  name: 'far',
                  url: url.replace('eu-', 'us-'),
                  assumeRole: role,
                },
                {
                  name: 'mini',
                  url: 'http://127.0.0.1:9999',
                  assumeRole: role,
                },
                { name: 'norole', url, authProvider: 'serviceAccount' },
              ],
            },
          ],
        },
      },
    });
    expect(ids()).toEqual(['prod', idOf('orders'), idOf('stock')]);
    const at = 'of kubernetes.clusterLocatorMethods[1]';
    expect(said()).toEqual([
      `Left out clusters of the section kubernetes of app-config: mini ${at}: the URL is not the endpoint that EKS gave the cluster. norole ${at}: no role to assume tells the account. far ${at}: eksPodIdentity.locators.accounts does not name account, region and name of the cluster`,
    ]);
  });

  it('wait for a supplier, whose limits come first', async () => {
    const supplier = {
      refresh: { minutes: 5 },
      getClusters: async (): Promise<any> => {
        throw new Error('starting');
      },
    };
    const section = { locators: { catalog: true, refresh: '1m', accounts } };
    const { clusters, ids, pass, said } = await supplied({
      suppliers: [supplier],
      entities: [resource('a', arnOf('a')), resource('b', arnOf('b'))],
      section,
    });
    await pass(1);
    expect(ids()).toEqual(['prod']);
    expect(said().at(-1)).toBe(
      `Left out clusters of the catalog: ${idOf('a')}, ${idOf(
        'b',
      )}: cluster supplier 1, which comes first, has not answered yet`,
    );
    const limits = { allow: { changes: false } };
    supplier.getClusters = async () => [named('a', limits)];
    await pass(2);
    expect(ids()).toEqual(['prod', 'a', idOf('b')]);
    expect(clusters.get('a').allow.changes).toBe(false);
    supplier.getClusters = () => Promise.reject(new Error('away'));
    await pass(10);
    expect(ids()).toEqual(['prod', 'a', idOf('b')]);
  });
});
