import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { Clusters } from 'eks-pod-identity-engine';
import { until } from 'eks-sandbox/patience';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { createStore, migrationsDirectory } from '../store';
import { ServiceAccountStore } from '../store/ServiceAccountStore';
import { API, reportOf, recorderOn } from './__testUtils__/statusReports';
import { Identities } from './Identities';
import type { Offers } from './Offers';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const entityRef = 'component:default/api';
const entity: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'api', namespace: 'default' },
};

/** Of anything that the store has, for a caller who is allowed everything. */
const identitiesOf = (
  store: ReturnType<typeof createStore>,
  clusters: Pick<Clusters, 'list'>,
  decide = async (permissions: unknown[]) =>
    permissions.map(() => ({ result: AuthorizeResult.ALLOW })),
) =>
  new Identities({
    store,
    clusters: clusters as Clusters,
    authorizer: {
      decide,
      isAllowed: () => true,
      resourcesOf: async () => new Map(),
    } as unknown as Authorizer,
    offers: {
      of: async () => new Map(),
      mayGive: async () => true,
    } as unknown as Offers,
    now: Date.now,
    proofMaxAgeMs: 30 * 86_400_000,
    maxAgeMs: 1,
  });

async function newStore() {
  const knex = await databases.init('SQLITE_3');
  await knex.migrate.latest({ directory: migrationsDirectory });
  return { knex, store: createStore(knex, Date.now) };
}

it('asks catalog, policy and database at once, and believes what the catalog says in the end', async () => {
  const { knex, store } = await newStore();
  await recorderOn(knex).write(reportOf('proof'));
  await store.entityRefs.add([{ entityRef, ref: API, source: 'annotation' }]);
  const read = jest.spyOn(ServiceAccountStore.prototype, 'findMany');
  const decide = jest.fn(async (permissions: unknown[]) =>
    permissions.map(() => ({ result: AuthorizeResult.ALLOW })),
  );
  const identities = identitiesOf(store, { list: () => [] }, decide);
  const opened = (loading: Promise<Entity>) =>
    identities.ofEntity(
      { entityRef, loading },
      mockCredentials.user() as Caller,
    );

  let answer = (_: Entity) => {};
  const card = opened(
    new Promise(resolve => {
      answer = resolve;
    }),
  );
  await until(() => read.mock.calls.length > 0);
  expect(read).toHaveBeenCalledWith([API]);
  expect(decide).toHaveBeenCalledTimes(1);
  // The annotation was taken away meanwhile
  answer(entity);
  expect((await card).identities).toEqual([]);
  expect(await store.entityRefs.ofEntity(entityRef)).toEqual([]);

  const unseen = opened(Promise.reject(new Error('no such entity')));
  await expect(unseen).rejects.toThrow('no such entity');
});

it('lets other requests have the thread while it makes many identities', async () => {
  const { store } = await newStore();
  const refs = Array.from({ length: 10 }, (_, at) => ({
    ...API,
    serviceAccount: `api-${at}`,
  }));
  await store.entityRefs.add(
    refs.map(ref => ({ entityRef, ref, source: 'aws-tag' as const })),
  );
  const order: string[] = [];
  // Each identity takes longer than a turn, and something else waits meanwhile
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const list = () => {
    now += 5;
    order.push('identity');
    setImmediate(() => order.push('other'));
    return [];
  };
  const { identities } = await identitiesOf(store, { list }).ofEntity(
    { entityRef, loading: Promise.resolve(entity) },
    mockCredentials.user() as Caller,
  );
  jest.restoreAllMocks();
  expect(identities).toHaveLength(refs.length);
  const some = order.slice(0, refs.length);
  expect(some.filter(one => one === 'other')).toHaveLength(refs.length / 2);
});
