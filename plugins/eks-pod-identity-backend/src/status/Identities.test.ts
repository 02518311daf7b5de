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

it('asks catalog, policy and database at once, and believes what the catalog says in the end', async () => {
  const knex = await databases.init('SQLITE_3');
  await knex.migrate.latest({ directory: migrationsDirectory });
  const store = createStore(knex, Date.now);
  await recorderOn(knex).write(reportOf('proof'));
  await store.entityRefs.add([{ entityRef, ref: API, source: 'annotation' }]);
  const read = jest.spyOn(ServiceAccountStore.prototype, 'findMany');
  const decide = jest.fn(async (permissions: unknown[]) =>
    permissions.map(() => ({ result: AuthorizeResult.ALLOW })),
  );
  const identities = new Identities({
    store,
    clusters: { list: () => [] } as unknown as Clusters,
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
