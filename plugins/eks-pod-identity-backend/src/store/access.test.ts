import {
  type AccessRoad,
  accessSortSchema,
  type AccessVerdict,
} from 'backstage-plugin-eks-pod-identity-common';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, type Store } from '.';
import type { StoredAccess } from './AccessStore';

const AT = '2026-11-29T10:00:00.000Z';
const ENTITY = 'component:default/api';

const found = (
  name: string,
  road: AccessRoad,
  verdict: AccessVerdict,
  more: Partial<StoredAccess> & { irsaAt?: string; cluster?: string } = {},
): StoredAccess => {
  const { irsaAt, cluster = 'prod', ...rest } = more;
  const [namespace, serviceAccount] = name.split('/');
  return {
    row: {
      ref: { cluster, namespace, serviceAccount },
      roads: [road],
      verdict,
      sentence: 'Said.',
      reasons: [],
      workloads: [],
      pods: 1,
      compute: [],
      role: { arn: 'arn:aws:iam::111122223333:role/secret' },
      ...(irsaAt ? { irsaAt } : {}),
    },
    ...rest,
  };
};

const PROD = [
  found('payments/api', 'irsa', 'ready', {
    irsaAt: '2026-11-29T09:00:00.000Z',
    entity: { entityRef: ENTITY, by: 'annotation' },
    ownerRef: 'group:default/payments',
    holder: { entityRef: ENTITY, uid: 'u-1', ownerRefs: [] },
  }),
  found('payments/worker', 'pod-identity', 'no-move', {
    entity: { entityRef: ENTITY, by: 'tag' },
    ownerRef: 'group:default/payments',
  }),
  found('shop/web_x', 'static-keys', 'no-move'),
  found('shop/webyx', 'irsa', 'broken', {
    irsaAt: '2026-11-29T08:00:00.000Z',
  }),
];

describe('the store of all AWS access', () => {
  const databases = createTestDatabases();

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let store: Store;
    let destroy: () => Promise<void>;
    let now = 5;

    beforeAll(async () => {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest({ directory: migrationsDirectory });
      store = createStore(knex, () => now);
      destroy = () => knex.destroy();
    });

    beforeEach(async () => {
      await store.access.clear();
      await store.access.replace({ cluster: 'prod', at: AT, gaps: [] }, PROD);
    });

    afterAll(() => destroy());

    const page = async (
      filter: Parameters<Store['access']['page']>[0] = {},
      options: Partial<Parameters<Store['access']['page']>[1]> = {},
    ) =>
      store.access.page(filter, {
        limit: 100,
        sort: { by: 'serviceAccount' },
        ...options,
      });
    const names = async (...args: Parameters<typeof page>) =>
      (await page(...args)).items.map(
        ({ row: { ref } }) => `${ref.namespace}/${ref.serviceAccount}`,
      );

    it('gives what it was given', async () => {
      const { items } = await page();
      const { ownerRef: _, ...first } = PROD[0];
      expect(items[0]).toEqual({ ...first, lookedAt: Date.parse(AT) });
      expect(items[2].entity).toBeUndefined();
    });

    it('keeps of a cluster what the last look found, and of the others what was there', async () => {
      const ofDev = found('dev/api', 'irsa', 'unknown', { cluster: 'dev' });
      await store.access.replace({ cluster: 'dev', at: AT, gaps: [] }, [ofDev]);
      const gap = { what: 'use' as const, sentence: 'No.', costs: 'All.' };
      await store.access.replace(
        { cluster: 'prod', at: AT, usedSince: AT, gaps: [gap] },
        PROD.slice(0, 1),
      );
      expect(await names()).toEqual(['dev/api', 'payments/api']);
      expect((await store.access.states()).get('prod')).toEqual({
        triedAt: 5,
        lookedAt: Date.parse(AT),
        usedSince: AT,
        gaps: [gap],
        failure: undefined,
      });
    });

    it('keeps the rows of the last good look with the reason of a failed one', async () => {
      now = 6;
      await store.access.failed('prod', 'It was away.');
      expect((await store.access.states()).get('prod')).toMatchObject({
        triedAt: 6,
        lookedAt: Date.parse(AT),
        failure: 'It was away.',
      });
      expect(await names()).toHaveLength(4);
      await store.access.failed('new', 'Never seen.');
      expect((await store.access.states()).get('new')).toEqual({
        triedAt: 6,
        gaps: [],
        failure: 'Never seen.',
      });
    });

    it('remembers the programs of each row, however many there are', async () => {
      expect(await store.access.seen('prod')).toBeUndefined();
      const asking = Array.from({ length: 450 }, (_, index) => {
        const one = found(`a/api-${index}`, 'irsa', 'ready');
        const boto3 = { name: 'boto3', age: 'works' as const, lastAt: AT };
        one.row.programs = index % 2 ? [boto3] : [];
        return one;
      });
      const since = '2026-11-01T00:00:00Z';
      const searched = [{ region: 'eu-west-1', since, until: AT }];
      await store.access.replace(
        { cluster: 'prod', at: AT, usedSince: since, searched, gaps: [] },
        asking,
      );
      const { programs, ...rest } = (await store.access.seen('prod'))!;
      expect(rest).toEqual({ searched });
      expect(programs.size).toBe(225);
      expect(programs.get('a/api-449')).toEqual([
        { name: 'boto3', age: 'works', lastAt: AT },
      ]);
      // A look that could not read them leaves them
      await store.access.replace({ cluster: 'prod', at: AT, gaps: [] }, PROD);
      expect((await store.access.seen('prod'))!.programs.size).toBe(225);
      // Nor does one that lost their rows, for as long as the days are counted from before they asked
      const look = { cluster: 'prod', at: AT, gaps: [] };
      await store.access.replace({ ...look, searched }, asking.slice(0, 2));
      expect((await store.access.seen('prod'))!.programs.size).toBe(225);
      const later = [{ ...searched[0], since: '2099-01-01T00:00:00Z' }];
      await store.access.replace({ ...look, searched: later }, []);
      expect((await store.access.seen('prod'))!.programs.size).toBe(0);
    });

    it('changes nothing where a look cannot be stored whole', async () => {
      const twice = [PROD[0], PROD[0]];
      await expect(
        store.access.replace({ cluster: 'prod', at: AT, gaps: [] }, twice),
      ).rejects.toThrow(/unique/i);
      expect(await names()).toHaveLength(4);
    });

    it('filters, and counts under the other filters', async () => {
      expect(await names({ road: 'irsa' })).toEqual([
        'payments/api',
        'shop/webyx',
      ]);
      expect(await names({ verdict: 'no-move', road: 'static-keys' })).toEqual([
        'shop/web_x',
      ]);
      expect(await names({ cluster: 'dev' })).toEqual([]);
      expect(await names({ ofEntities: [ENTITY] })).toHaveLength(2);
      expect(await names({ ofEntities: [] })).toEqual([]);
      expect(await store.access.counts({ road: 'irsa' })).toEqual({
        totalItems: 2,
        verdicts: { ready: 1, broken: 1 },
        roads: { irsa: 2, 'pod-identity': 1, 'static-keys': 1 },
      });
      expect(
        await store.access.counts({ road: 'irsa', verdict: 'ready' }),
      ).toEqual({
        totalItems: 1,
        verdicts: { ready: 1, broken: 1 },
        roads: { irsa: 1 },
      });
    });

    it('searches names, letter by letter, and nothing else', async () => {
      expect(await names({ q: 'Ments/A' })).toEqual(['payments/api']);
      expect(await names({ q: 'web_x' })).toEqual(['shop/web_x']);
      for (const q of ['secret', '1111', 'said', 'prod', 'default']) {
        expect(await names({ q })).toEqual([]);
      }
    });

    it.each(accessSortSchema.options)(
      'sorts by %s, both ways, without gaps between pages',
      async by => {
        for (const descending of [false, true]) {
          const sort = { by, descending };
          const whole = await names({}, { sort });
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const part = await page({}, { sort, cursor, limit: 1 });
            seen.push(part.items[0].row.ref.serviceAccount);
            cursor = part.nextCursor;
          } while (cursor);
          expect(seen).toEqual(whole.map(name => name.split('/')[1]));
        }
      },
    );

    it('gives of an entity what is linked to it or claimed, and goes without Pod Identity', async () => {
      const { ref } = PROD[2].row;
      const ofEntity = async (...claimed: (typeof ref)[]) =>
        (await store.access.ofEntity(ENTITY, claimed, { limit: 2 })).map(
          ({ row, lookedAt }) => [row.ref.serviceAccount, lookedAt],
        );
      const at = Date.parse(AT);
      expect(await ofEntity()).toEqual([['api', at]]);
      expect(await ofEntity(ref, PROD[1].row.ref)).toEqual([
        ['api', at],
        ['web_x', at],
      ]);
      // What needs a person stands first, also where there is no room for all
      expect(await ofEntity(ref, PROD[3].row.ref)).toEqual([
        ['webyx', at],
        ['api', at],
      ]);
      const [one, ...others] = PROD;
      const byTeam = { entityRef: ENTITY, by: 'team' as const };
      await store.access.replace({ cluster: 'prod', at: AT, gaps: [] }, [
        { ...one, entity: byTeam },
        ...others,
      ]);
      expect(await ofEntity()).toEqual([]);
    });

    it('puts first what needs a person first, and last what was used last', async () => {
      const verdict = await names({}, { sort: { by: 'verdict' } });
      expect(verdict[0]).toBe('shop/webyx');
      const used = { by: 'lastUsedAt', descending: true } as const;
      expect((await names({}, { sort: used })).slice(0, 2)).toEqual([
        'payments/api',
        'shop/webyx',
      ]);
    });

    it('limits rows and figures to what a decision leaves', async () => {
      await store.owners.set(PROD[0].row.ref, {
        entityRef: ENTITY,
        ownerRefs: ['group:default/payments'],
      });
      const owner = {
        key: 'owner',
        values: ['group:default/payments'],
      } as const;
      const shop = { key: 'namespace', values: ['sh*'] } as const;
      const criteria = (one: object) => one as any;
      expect(await names({ criteria: criteria(owner) })).toEqual([
        'payments/api',
      ]);
      const either = criteria({ anyOf: [owner, shop] });
      expect(await names({ criteria: either })).toHaveLength(3);
      expect(await names({ criteria: criteria({ not: owner }) })).toHaveLength(
        3,
      );
      expect((await store.access.counts({ criteria: either })).totalItems).toBe(
        3,
      );
      const of = (by: 'cluster' | 'entity_ref', one?: object) =>
        store.access
          .shares(by, one && criteria(one))
          .then(map => Object.fromEntries(map));
      expect(await of('cluster')).toEqual({
        prod: { byPodIdentity: 1, total: 4 },
      });
      expect(await of('cluster', shop)).toEqual({
        prod: { byPodIdentity: 0, total: 2 },
      });
      expect(await of('entity_ref')).toEqual({
        [ENTITY]: { byPodIdentity: 1, total: 2 },
      });
      expect(await of('entity_ref', shop)).toEqual({});
    });

    it('keeps one figure a day, the last one of it', async () => {
      const again = { cluster: 'prod', gaps: [] };
      const later = '2026-11-29T23:00:00.000Z';
      await store.access.replace({ ...again, at: later }, PROD.slice(0, 3));
      const next = '2026-11-30T01:00:00.000Z';
      // Of which only the name of a Secret tells
      const maybe = found('shop/maybe', 'secret', 'unknown');
      await store.access.replace({ ...again, at: next }, [...PROD, maybe]);
      const figure = { cluster: 'prod', byPodIdentity: 1 };
      expect(await store.access.days(['prod'])).toEqual([
        {
          ...figure,
          day: '2026-11-29',
          total: 3,
          verdicts: { ready: 1, 'no-move': 2 },
          roads: { irsa: 1, 'pod-identity': 1, 'static-keys': 1 },
        },
        {
          ...figure,
          day: '2026-11-30',
          total: 4,
          verdicts: { ready: 1, 'no-move': 2, broken: 1 },
          roads: { irsa: 2, 'pod-identity': 1, 'static-keys': 1 },
        },
      ]);
      expect(await store.access.shares('cluster')).toEqual(
        new Map([['prod', { byPodIdentity: 1, total: 4 }]]),
      );
      await store.access.replace(
        { ...again, at: '2026-12-01T01:00:00.000Z' },
        PROD.slice(2),
      );
      const ofOwner = await store.access.days(
        ['prod'],
        'group:default/payments',
      );
      expect(
        ofOwner.map(({ day, byPodIdentity, total, roads }) => [
          day,
          byPodIdentity,
          total,
          roads,
        ]),
      ).toEqual([
        ['2026-11-29', 1, 2, { irsa: 1, 'pod-identity': 1 }],
        ['2026-11-30', 1, 2, { irsa: 1, 'pod-identity': 1 }],
        // It has nothing there any more
        ['2026-12-01', 0, 0, {}],
      ]);
      expect(await store.access.days(['dev'])).toEqual([]);
      await store.access.sweep({ rows: 0, day: '2026-11-30' });
      expect(await store.access.days(['prod'])).toHaveLength(2);
    });

    it('has the notes of the last look at each cluster, by owner', async () => {
      const at = (cluster: string, day: string, rows: StoredAccess[]) =>
        store.access.replace(
          { cluster, gaps: [], at: `${day}T10:00:00.000Z` },
          rows,
        );
      const noted = (name: string, cluster: string, ownerRef?: string) => {
        const one = found(name, 'irsa', 'ready', { cluster, ownerRef });
        one.row.role!.shapes = ['exact', 'no-audience'];
        return one;
      };
      const team = 'group:default/payments';
      await at('dev', '2026-11-28', [noted('a/api', 'dev', team)]);
      await at('prod', '2026-11-29', [
        noted('a/api', 'prod', team),
        noted('b/api', 'prod'),
      ]);
      expect(
        Object.fromEntries(await store.access.notes(['prod', 'dev'])),
      ).toEqual({
        [team]: { 'no-audience': 2 },
        '': { 'no-audience': 1 },
      });
      expect(Object.fromEntries(await store.access.notes(['dev']))).toEqual({
        [team]: { 'no-audience': 1 },
      });
      await at('dev', '2026-11-29', [noted('a/api', 'dev', team)]);
      await at('prod', '2026-11-30', []);
      expect(Object.fromEntries(await store.access.notes(['prod']))).toEqual(
        {},
      );
      await at('prod', '2026-11-30', PROD);
      expect(
        Object.fromEntries(await store.access.notes(['prod', 'dev'])),
      ).toEqual({
        [team]: { 'no-audience': 1 },
      });
    });

    it('forgets what was not seen for long, and clusters that the portal does not have any more', async () => {
      await store.access.sweep({ rows: Date.parse(AT), day: '2026-01-01' });
      expect(await names()).toHaveLength(4);
      await store.access.sweep({ rows: Date.parse(AT) + 1, day: '2026-01-01' });
      expect(await names()).toEqual([]);
      expect((await store.access.states()).size).toBe(0);
      expect(await store.access.days(['prod'])).toHaveLength(1);
      await store.access.replace({ cluster: 'prod', at: AT, gaps: [] }, PROD);
      await store.clusterStates.keepOnly(['dev'], Number.MAX_SAFE_INTEGER);
      expect(await names()).toEqual([]);
      expect((await store.access.states()).size).toBe(0);
      expect(await store.access.days(['prod'])).toEqual([]);
    });
  });
});
