import {
  associationReadPermission,
  type AccessProgressQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { podIdentityConditions } from '../permissions/permissionRules';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { StoredAccess } from '../store/AccessStore';
import { accessRow, AT, found, SECRETS } from './__testUtils__/accessRows';
import {
  component,
  denied,
  only,
  PolicedPortal,
  user,
} from './__testUtils__/PolicedPortal';

const knex = memoryDatabase();
const READ = associationReadPermission;
const [ADA, BOB, CAROL] = ['ada', 'bob', 'carol'].map(user);
const OF_BOB = 'user:default/bob';
const { isInCluster, isInNamespace } = podIdentityConditions;
const inShop = isInNamespace({ namespaces: ['shop'] });
const NEXT_DAY = '2026-11-30T10:00:00.000Z';

const row = (
  name: string,
  entity: string,
  more: Parameters<typeof accessRow>[1] = {},
): StoredAccess => ({
  row: accessRow(name, more),
  entity: { entityRef: `component:default/${entity}`, by: 'tag' },
  ownerRef: `user:default/${entity === 'api' ? 'ada' : 'bob'}`,
});
const ROWS = [
  row('payments/api', 'api', { roads: ['pod-identity'], verdict: 'no-move' }),
  row('shop/web', 'shop'),
  row('shop/mailer', 'shop', { roads: ['pod-identity'], verdict: 'no-move' }),
];

function opened(section: object = {}) {
  const portal = new PolicedPortal(knex, {
    administrators: ['user:default/carol'],
    ...section,
  });
  portal.catalog.push(
    component('api', 'user:default/ada'),
    component('shop', OF_BOB),
  );
  const progress = (caller: Caller, query: AccessProgressQuery = {}) =>
    portal.services.access.progress(query, caller);
  return { portal, progress, store: portal.store };
}

it('tells how far clusters and owners are, and why something is missing', async () => {
  const { progress, store } = opened();
  await found(store, ROWS);
  await store.access.failed('test', 'It was away.');
  const { clusters, owners, chosen } = await progress(BOB);
  expect(clusters).toEqual([
    {
      cluster: 'prod',
      title: 'Cluster prod',
      byPodIdentity: 2,
      total: 3,
      lookedAt: AT,
      usedSince: AT,
      gaps: [],
    },
    {
      cluster: 'test',
      title: 'Cluster test',
      byPodIdentity: 0,
      total: 0,
      gaps: [],
      failure: 'It was away.',
    },
  ]);
  expect(owners).toEqual([
    { entityRef: 'user:default/ada', title: 'ada', byPodIdentity: 1, total: 1 },
    { entityRef: OF_BOB, title: 'bob', byPodIdentity: 1, total: 2 },
  ]);
  expect(chosen).toBeUndefined();
});

it('tells of owners whom the catalog shows, and of what the policy lets see', async () => {
  const { portal, progress, store } = opened();
  await found(store, ROWS);
  portal.hidden.add('shop');
  expect((await progress(CAROL)).owners).toHaveLength(1);
  portal.decide = only(READ, inShop);
  portal.hidden.clear();
  const { clusters, owners, days } = await progress(BOB);
  expect(clusters[0]).toMatchObject({ byPodIdentity: 1, total: 2 });
  expect(owners.map(({ entityRef }) => entityRef)).toEqual([OF_BOB]);
  // A figure of a day does not tell whose they were
  expect(days).toEqual([]);
  portal.decide = denied(READ);
  expect(await progress(CAROL)).toEqual({
    clusters: [],
    owners: [],
    days: [],
    moveRecords: 0,
  });
  expect((await progress(BOB)).moveRecords).toBeUndefined();
  portal.decide = denied({ name: 'eks-pod-identity.use' });
  await expect(progress(BOB)).rejects.toThrow('not allowed to use the pages');
});

it('counts one cluster, and one owner', async () => {
  const { progress, store } = opened();
  await found(store, ROWS);
  expect((await progress(BOB, { cluster: 'prod' })).chosen).toEqual({
    byPodIdentity: 2,
    total: 3,
  });
  expect((await progress(BOB, { ownedBy: OF_BOB })).chosen).toEqual({
    byPodIdentity: 1,
    total: 2,
  });
  expect((await progress(BOB, { cluster: 'test' })).chosen).toEqual({
    byPodIdentity: 0,
    total: 0,
  });
});

it('has the figures of each day, each cluster as it was last seen', async () => {
  const { progress, store } = opened();
  await found(store, ROWS);
  await store.access.replace({ cluster: 'test', at: NEXT_DAY, gaps: [] }, []);
  await found(store, ROWS.slice(0, 2), NEXT_DAY);
  const of = async (caller: Caller, query?: AccessProgressQuery) =>
    (await progress(caller, query)).days.map(
      ({ day, byPodIdentity, total }) => `${day} ${byPodIdentity} of ${total}`,
    );
  expect(await of(BOB)).toEqual(['2026-11-29 2 of 3', '2026-11-30 1 of 2']);
  expect(await of(BOB, { cluster: 'prod' })).toEqual([
    '2026-11-29 2 of 3',
    '2026-11-30 1 of 2',
  ]);
  expect(await of(BOB, { cluster: 'test' })).toEqual([]);
  // The catalog might hide some of their components from others
  const ofBob = ['2026-11-29 1 of 2', '2026-11-30 0 of 1'];
  expect(await of(BOB, { ownedBy: 'User:default/Bob' })).toEqual(ofBob);
  expect(await of(CAROL, { ownedBy: OF_BOB })).toEqual(ofBob);
  expect(await of(ADA, { ownedBy: OF_BOB })).toEqual([]);
});

it('has the figures of an owner from the first day on which they had something', async () => {
  const { progress, store } = opened();
  await found(store, ROWS.slice(0, 1));
  await found(store, ROWS, NEXT_DAY);
  const { days } = await progress(BOB, { ownedBy: OF_BOB });
  expect(days.map(({ day }) => day)).toEqual(['2026-11-30']);
});

it('tells administrators alone who acts as the nodes, of clusters of which they may see all', async () => {
  const { portal, progress, store } = opened();
  const entity = { entityRef: 'component:default/shop', by: 'tag' as const };
  const group = {
    kind: 'node-group' as const,
    nodes: 2,
    lookedAt: 2,
    compute: ['EC2'],
    roles: [`arn:aws:iam::${SECRETS[0]}:role/${SECRETS[1]}`],
    programs: [],
    sentence: `${SECRETS[2]} acts as the node.`,
  };
  const candidates = Array.from({ length: 12 }, (_, at) => ({
    namespace: 'shop',
    serviceAccount: `batch-${at}`,
    workload: 'Deployment batch',
    pods: 1,
    entity,
  }));
  const { candidates: _, ...without } = { ...group, candidates };
  for (const cluster of ['prod', 'test']) {
    await store.access.replace(
      {
        cluster,
        at: AT,
        gaps: [],
        nodeGroups: [{ ...group, candidates }, without],
      },
      [],
    );
  }
  const told = async (caller: Caller) =>
    (await progress(caller)).clusters.map(({ nodeGroups }) => nodeGroups);
  const { entity: __, ...first } = candidates[0];
  const [ofProd] = await told(CAROL);
  expect(ofProd).toHaveLength(2);
  expect(ofProd![0].candidates).toHaveLength(10);
  expect(ofProd![0].candidates![0]).toEqual(first);
  expect(ofProd![1]).toEqual(without);
  expect(await told(BOB)).toEqual([undefined, undefined]);
  portal.decide = only(READ, isInCluster({ clusters: ['prod'] }));
  const [there] = await told(CAROL);
  expect(there).toHaveLength(2);
  portal.decide = only(READ, inShop);
  expect((await told(CAROL)).filter(Boolean)).toEqual([]);
});

it('counts what is worth a look in trust policies for administrators alone', async () => {
  const { portal, progress, store } = opened();
  const noted = (one: StoredAccess): StoredAccess => ({
    ...one,
    row: { ...one.row, role: { ...one.row.role!, shapes: ['pattern'] } },
  });
  await found(store, ROWS.map(noted));
  const ofCarol = await progress(CAROL);
  const notes = ofCarol.owners.map(one => one.notes);
  expect(ofCarol.notes).toEqual({ pattern: expect.any(Number) });
  expect(notes).toEqual([
    { pattern: expect.any(Number) },
    { pattern: expect.any(Number) },
  ]);
  expect(JSON.stringify(await progress(BOB))).not.toMatch(/notes/);
  portal.decide = only(READ, inShop);
  expect((await progress(CAROL)).notes).toEqual({});
});

it('has nothing where the portal does not look', async () => {
  const { progress, store } = opened({ inventory: { enabled: false } });
  await found(store, ROWS);
  expect(await progress(BOB)).toEqual({ clusters: [], owners: [], days: [] });
});
