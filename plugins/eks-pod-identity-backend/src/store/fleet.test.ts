import { associationSortSchema } from 'backstage-plugin-eks-pod-identity-common';
import { createStore, migrationsDirectory, Store } from '.';
import { createTestDatabases } from '../__testUtils__/databases';
import type { ObservedAssociation } from './AssociationStore';
import type { FleetQuery } from './FleetStore';
import type { FleetSort } from './fleetSort';
import type { Memory } from './ServiceAccountStore';

const association = (
  cluster: string,
  namespace: string,
  serviceAccount: string,
  more: Partial<ObservedAssociation> = {},
): ObservedAssociation => ({
  ref: { cluster, namespace, serviceAccount },
  associationId: `a-${namespace}-${serviceAccount}`,
  arn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/${cluster}/a-1`,
  owner: 'portal',
  roleArn: `arn:aws:iam::111122223333:role/${serviceAccount}`,
  orphan: false,
  drift: false,
  listedAt: 1,
  ...more,
});

const NOW = 42;

describe('fleet', () => {
  const databases = createTestDatabases();

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let store: Store;
    let destroy: () => Promise<void>;

    beforeAll(async () => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest({ directory: migrationsDirectory });
      await knex.migrate.rollback({ directory: migrationsDirectory }, true);
      await knex.migrate.latest({ directory: migrationsDirectory });
      store = createStore(knex, () => NOW);
      destroy = () => knex.destroy();
      await store.associations.upsert([
        association('prod', 'payments', 'api'),
        association('prod', 'payments', 'worker', { drift: true }),
        association('prod', 'orders_x', 'api', { owner: 'external' }),
        association('prod', 'ordersyx', 'api', { orphan: true }),
        association('dev', 'payments', 'api', {
          entityRef: 'component:default/payments-api',
        }),
      ]);
      await store.serviceAccounts.set({
        ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
        status: 'verified',
        headline: 'fine',
        provenAt: 7,
      });
      await store.owners.set(
        { cluster: 'dev', namespace: 'payments', serviceAccount: 'api' },
        {
          entityRef: 'component:default/payments-api',
          ownerRefs: ['group:default/Team-A'],
        },
      );
    });

    afterAll(() => destroy());

    it('groups what has one status for one cause, worst first', async () => {
      const state = (serviceAccount: string, headline: string) => ({
        ref: { cluster: 'causes', namespace: 'n', serviceAccount },
        status: 'broken' as const,
        headline,
        cause: 'role.exists',
      });
      const four = ['a', 'b', 'c', 'd'];
      await store.associations.upsert(
        four.map(name => association('causes', 'n', name)),
      );
      await store.serviceAccounts.set(state('a', 'The role a does not exist.'));
      await store.serviceAccounts.set(state('b', 'The role b does not exist.'));
      await store.serviceAccounts.set({
        ...state('c', 'fine'),
        status: 'verified',
        cause: undefined,
      });
      const query = { cluster: 'causes' };
      expect(await store.fleet.causes(query)).toEqual([
        {
          status: 'broken',
          cause: 'role.exists',
          sentence: 'The role a does not exist.',
          isSame: false,
          count: 2,
        },
        expect.objectContaining({
          status: 'could-not-check',
          cause: undefined,
          isSame: true,
          count: 1,
        }),
        expect.objectContaining({ status: 'verified', count: 1 }),
      ]);
      const page = async (cause: string | null) =>
        (await store.fleet.page({ ...query, cause }, { limit: 10 })).items.map(
          ({ ref }) => ref.serviceAccount,
        );
      expect(await page('role.exists')).toEqual(['a', 'b']);
      expect(await page(null)).toEqual(['d', 'c']);
      // Limited as the list is
      expect(
        await store.fleet.causes({ ...query, statuses: ['verified'] }),
      ).toEqual([expect.objectContaining({ sentence: 'fine', count: 1 })]);
      for (const name of four) {
        const ref = { cluster: 'causes', namespace: 'n', serviceAccount: name };
        await store.associations.removeRef(ref);
      }
      await store.transaction(tx =>
        tx('service_accounts').where({ cluster: 'causes' }).delete(),
      );
    });

    const names = async (query: Parameters<Store['fleet']['page']>[0]) =>
      (
        await store.fleet.page(query, {
          limit: 100,
          sort: { by: 'serviceAccount' },
        })
      ).items.map(
        ({ ref }) => `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`,
      );

    it('pages by key, also while rows come and go', async () => {
      const first = await store.fleet.page({}, { limit: 2 });
      await store.associations.remove('dev', ['a-payments-api']);
      const second = await store.fleet.page(
        {},
        { limit: 2, cursor: first.nextCursor },
      );
      const third = await store.fleet.page(
        {},
        { limit: 2, cursor: second.nextCursor },
      );
      const all = [...first.items, ...second.items, ...third.items].map(
        row => row.associationId + row.ref.cluster,
      );
      expect(new Set(all).size).toBe(5);
      expect(third.nextCursor).toBeUndefined();
      await store.associations.upsert([
        association('dev', 'payments', 'api', {
          entityRef: 'component:default/payments-api',
        }),
      ]);
    });

    it('sorts by each column, both ways, without gaps between pages', async () => {
      const all = (await store.fleet.page({}, { limit: 100 })).items.length;
      for (const by of associationSortSchema.options) {
        for (const descending of [false, true]) {
          const sort = { by, descending };
          const whole = await store.fleet.page({}, { limit: 100, sort });
          const paged: unknown[] = [];
          let cursor: string | undefined;
          do {
            const page = await store.fleet.page({}, { limit: 2, cursor, sort });
            paged.push(...page.items);
            cursor = page.nextCursor;
          } while (cursor);
          expect(paged).toHaveLength(all);
          expect(paged).toEqual(whole.items);
        }
      }
      const first = async (sort: FleetSort) =>
        (await store.fleet.page({}, { limit: 1, sort })).items[0].status;
      expect(await first({ by: 'status' })).toBe('could-not-check');
      expect(await first({ by: 'status', descending: true })).toBe('verified');
      expect(await first({ by: 'provenAt', descending: true })).toBe(
        'verified',
      );
      const { nextCursor } = await store.fleet.page(
        {},
        { limit: 2, sort: { by: 'role' } },
      );
      await expect(
        store.fleet.page({}, { limit: 2, cursor: nextCursor }),
      ).rejects.toThrow('The cursor is not one that this list handed out');
    });

    it('refuses a cursor that is not its own', async () => {
      await expect(
        store.fleet.page({}, { limit: 2, cursor: 'bogus' }),
      ).rejects.toThrow('The cursor is not one that this list handed out');
    });

    it('filters, and counts under the other filters', async () => {
      expect(await names({ statuses: ['verified'] })).toEqual([
        'prod/payments/api',
      ]);
      expect(await names({ drift: true })).toEqual(['prod/payments/worker']);
      expect(await names({ orphan: true })).toEqual(['prod/ordersyx/api']);
      expect(await names({ q: 'PAYMENTS-API' })).toEqual([]);
      expect(
        await names({
          q: 'PAYMENTS-API',
          entityRefs: await store.fleet.entityRefsWith(
            undefined,
            'PAYMENTS-API',
            10,
          ),
        }),
      ).toEqual(['dev/payments/api']);
      expect(await store.fleet.counts({ statuses: ['verified'] })).toEqual({
        totalItems: 1,
        byStatus: { verified: 1, 'could-not-check': 4 },
        orphans: 1,
        drifted: 1,
      });
      for (const query of [
        {},
        { orphan: false },
        { drift: true },
        { status: 'could-not-check', drift: false },
        { cluster: 'prod', owner: 'external' },
        { criteria: { key: 'owner', values: ['group:default/team-a'] } },
      ] as FleetQuery[]) {
        expect(await store.fleet.counts(query)).toMatchObject({
          totalItems: (await names(query)).length,
        });
      }
      expect(Object.fromEntries(await store.fleet.countsByCluster())).toEqual({
        prod: { verified: 1, 'could-not-check': 3 },
        dev: { 'could-not-check': 1 },
      });
    });

    it('names the entity of the tag, else one that claims the account', async () => {
      const claim = (serviceAccount: string, ...entities: string[]) =>
        store.entityRefs.add(
          entities.map(name => ({
            entityRef: `component:default/${name}`,
            ref: { cluster: 'dev', namespace: 'payments', serviceAccount },
            source: 'annotation' as const,
          })),
        );
      await store.associations.upsert([
        association('dev', 'payments', 'ledger', { owner: 'external' }),
      ]);
      await claim('ledger', 'the-ledger', 'a-ledger');
      await claim('api', 'a-pretender');
      try {
        const { items } = await store.fleet.page(
          { cluster: 'dev' },
          { limit: 9 },
        );
        expect(
          items.map(({ ref, entityRef, claimed }) => [
            ref.serviceAccount,
            entityRef,
            claimed,
          ]),
        ).toEqual([
          ['api', 'component:default/payments-api', false],
          ['ledger', 'component:default/a-ledger', true],
        ]);
        const named = (q: string) =>
          store.fleet.entityRefsWith(undefined, q, 10);
        expect(await named('A-LEDG')).toEqual(['component:default/a-ledger']);
        expect(await named('pretender')).toEqual([]);
        expect(
          await names({ q: 'a-ledg', entityRefs: await named('a-ledg') }),
        ).toEqual(['dev/payments/ledger']);
      } finally {
        await store.associations.remove('dev', ['a-payments-ledger']);
        for (const serviceAccount of ['ledger', 'api']) {
          await store.entityRefs.removeRef(
            { cluster: 'dev', namespace: 'payments', serviceAccount },
            'annotation',
          );
        }
      }
    });

    it('takes what was typed literally', async () => {
      expect(await names({ q: 'orders_x' })).toEqual(['prod/orders_x/api']);
      expect(await names({ q: '%' })).toEqual([]);
    });

    it('finds an association by its whole ARN or id, and not by the cluster in it', async () => {
      const arn =
        'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/dev-payments/a-7till';
      await store.associations.upsert([
        {
          ...association('dev', 'tills', 'till'),
          associationId: 'a-7till',
          arn,
        },
        {
          ...association('dev', 'tills', 'other'),
          arn: arn.replace('7till', '8'),
        },
      ]);
      try {
        for (const q of [arn, 'A-7TILL']) {
          expect(await names({ q })).toEqual(['dev/tills/till']);
        }
        expect(await names({ q: 'dev-payments' })).toEqual([]);
      } finally {
        await store.associations.remove('dev', ['a-7till', 'a-tills-other']);
      }
    });

    it('holds permission conditions in SQL', async () => {
      expect(
        await names({
          criteria: { key: 'owner', values: ['group:default/team-a'] },
        }),
      ).toEqual(['dev/payments/api']);
      expect(
        await names({
          criteria: { key: 'owner', values: ['group:default/team'] },
        }),
      ).toEqual([]);
      expect(
        await names({ criteria: { key: 'namespace', values: ['orders_*'] } }),
      ).toEqual(['prod/orders_x/api']);
      expect(
        await names({
          criteria: {
            allOf: [
              { key: 'cluster', values: ['prod'] },
              { not: { key: 'namespace', values: ['orders*'] } },
            ],
          },
        }),
      ).toEqual(['prod/payments/api', 'prod/payments/worker']);
      expect(
        await names({
          criteria: {
            anyOf: [
              { key: 'cluster', values: ['dev'] },
              { key: 'namespace', values: ['ordersyx'] },
            ],
          },
        }),
      ).toEqual(['dev/payments/api', 'prod/ordersyx/api']);
      // What nobody owns is not owned by the team either.
      expect(
        await names({
          criteria: { not: { key: 'owner', values: ['group:default/team-a'] } },
        }),
      ).toEqual([
        'prod/orders_x/api',
        'prod/ordersyx/api',
        'prod/payments/api',
        'prod/payments/worker',
      ]);
      expect(await names({ criteria: { key: 'cluster', values: [] } })).toEqual(
        [],
      );
    });

    it('links entities by annotation and by tag apart', async () => {
      const ref = {
        cluster: 'prod',
        namespace: 'payments',
        serviceAccount: 'api',
      };
      const other = { ...ref, serviceAccount: 'worker' };
      const entityRef = 'component:default/x';
      await store.entityRefs.add([{ entityRef, ref, source: 'aws-tag' }]);
      await store.entityRefs.replaceOfEntity(entityRef, 'annotation', [
        ref,
        other,
      ]);
      await store.entityRefs.replaceOfEntity(entityRef, 'annotation', [other]);
      expect(await store.entityRefs.ofEntity(entityRef)).toEqual(
        expect.arrayContaining([
          { entityRef, ref, source: 'aws-tag' },
          { entityRef, ref: other, source: 'annotation' },
        ]),
      );
      expect(await store.entityRefs.ofEntity(entityRef)).toHaveLength(2);
    });

    it('names the entity whose own the namespace is before others that claim the account', async () => {
      const ref = {
        cluster: 'dev',
        namespace: 'payments',
        serviceAccount: 'till',
      };
      await store.associations.upsert([
        association('dev', 'payments', 'till', { owner: 'external' }),
      ]);
      const claim = (name: string, namespace?: string) =>
        store.entityRefs.replaceOfEntity(
          `component:default/${name}`,
          'annotation',
          [ref],
          { namespace },
        );
      const named = async () => {
        const { items } = await store.fleet.page({ q: 'till' }, { limit: 9 });
        return items.map(item => item.entityRef);
      };
      try {
        await claim('a-till', 'shop');
        await claim('the-till', 'payments');
        expect(await named()).toEqual(['component:default/the-till']);
        // An annotation that changes counts at once, and as long as it stands
        await claim('the-till');
        expect(await named()).toEqual(['component:default/a-till']);
      } finally {
        await store.associations.removeRef(ref);
        await store.entityRefs.removeRef(ref, 'annotation');
      }
    });

    it('remembers since when a cluster is stale, until a whole sweep', async () => {
      await store.clusterStates.failed('prod', 'no answer');
      await store.clusterStates.failed('prod', 'still no answer');
      expect(await store.clusterStates.find('prod')).toMatchObject({
        stale: { since: 42, reason: 'still no answer' },
      });
      await store.clusterStates.finished('prod', undefined);
      expect((await store.clusterStates.find('prod')).stale).toBeUndefined();
    });

    it('keeps the second of two headlines from overwriting what it has not seen', async () => {
      const { serviceAccounts } = store;
      const ref = {
        cluster: 'prod',
        namespace: 'payments',
        serviceAccount: 'twice',
      };
      const state = (headline: string) => ({
        ref,
        status: 'looks-right' as const,
        headline,
      });
      const first = await Promise.all([
        serviceAccounts.replace(undefined, state('one')),
        serviceAccounts.replace(undefined, state('two')),
      ]);
      expect(first.filter(Boolean)).toHaveLength(1);
      const read = await serviceAccounts.find(ref);
      await serviceAccounts.set({ ...state('taken away'), resetAt: 7 });
      expect(await serviceAccounts.replace(read, state('seen before'))).toBe(
        false,
      );
      const now = await serviceAccounts.find(ref);
      expect(now).toMatchObject({ headline: 'taken away', resetAt: 7 });
      const memory: Memory = {
        workloads: { state: 'some', good: 1, all: 2 },
        unseen: 'once',
      };
      const later = { ...state('later'), memory };
      expect(await serviceAccounts.replace(now, later)).toBe(true);
      expect(await serviceAccounts.find(ref)).toMatchObject(later);
    });

    it('forgets clusters that the portal does not have any more', async () => {
      await store.associations.upsert([association('old', 'payments', 'api')]);
      const ref = {
        cluster: 'old',
        namespace: 'payments',
        serviceAccount: 'api',
      };
      const entityRef = 'component:default/old';
      await store.entityRefs.add([
        { entityRef, ref, source: 'aws-tag' },
        { entityRef, ref, source: 'annotation' },
      ]);
      await store.owners.set(ref, { entityRef, ownerRefs: [] });
      await store.clusterStates.finished('old', undefined);
      for (const key of ['unread:old', 'unread:dev', 'portalId']) {
        await store.settings.getOrSet(key, 'x');
      }
      // Another replica has it still, or an error made it vanish for a while
      await store.clusterStates.keepOnly(['prod', 'dev'], NOW);
      expect(await store.associations.ofCluster('old')).toHaveLength(1);
      expect(await store.owners.find(ref)).toBeDefined();
      await store.clusterStates.keepOnly(['prod', 'dev'], NOW + 1);
      expect(await store.associations.ofCluster('old')).toEqual([]);
      expect(await store.associations.ofCluster('dev')).toHaveLength(1);
      // A claim is the catalog's, not ours to forget
      expect(await store.entityRefs.ofEntity(entityRef)).toEqual([
        { entityRef, ref, source: 'annotation' },
      ]);
      expect(await store.owners.find(ref)).toBeUndefined();
      expect((await store.clusterStates.all()).has('old')).toBe(false);
      expect(await store.settings.get('unread:old')).toBeUndefined();
      expect(await store.settings.get('unread:dev')).toBe('x');
      expect(await store.settings.get('portalId')).toBe('x');
    });

    it('gives the word to one teller only', async () => {
      const ref = {
        cluster: 'prod',
        namespace: 'payments',
        serviceAccount: 'api',
      };
      const claims = await Promise.all(
        [1, 2, 3].map(() =>
          store.serviceAccounts.claimNotification(ref, undefined, 'broken'),
        ),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
    });
  });
});
