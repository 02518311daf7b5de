import type { Entity } from '@backstage/catalog-model';
import { mockCredentials, TestDatabaseId } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  type IdentityStatus,
  serviceAccountPermissions,
  verificationCreatePermission,
  orphanRemovePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  appConfig,
  ADA,
  BOB,
  entities,
  Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import {
  recorderOn,
  checkResult,
  reportOf,
} from './__testUtils__/statusReports';

const databases = createTestDatabases();

const ADMIN = 'user:default/admin';
const WARDEN = 'user:default/warden';

/** A small policy, as an adopter writes one. */
const policy: Record<string, (permission: string) => PolicyDecision> = {
  [ADA]: () => ({ result: AuthorizeResult.ALLOW }),
  [BOB]: name =>
    conditional(
      name,
      podIdentityConditions.isServiceAccountEntityOwner({
        claims: [BOB],
      }),
    ),
  'user:default/prod': name =>
    conditional(
      name,
      podIdentityConditions.isInCluster({ clusters: ['prod'] }),
    ),
  'user:default/payments': name =>
    conditional(name, {
      allOf: [
        podIdentityConditions.isInNamespace({ namespaces: ['pay*'] }),
        { not: podIdentityConditions.isInCluster({ clusters: ['test'] }) },
      ],
    }),
  'user:default/reader': name =>
    name === verificationCreatePermission.name
      ? conditional(
          name,
          podIdentityConditions.isInNamespace({ namespaces: ['shop'] }),
        )
      : { result: AuthorizeResult.ALLOW },
  [ADMIN]: () => ({ result: AuthorizeResult.ALLOW }),
  [WARDEN]: name => ({
    result:
      name === orphanRemovePermission.name
        ? AuthorizeResult.DENY
        : AuthorizeResult.ALLOW,
  }),
  'user:default/nobody': () => ({ result: AuthorizeResult.DENY }),
};

function conditional(
  name: string,
  conditions: Parameters<typeof createPodIdentityConditionalDecision>[1],
): PolicyDecision {
  const permission =
    serviceAccountPermissions.find(each => each.name === name) ??
    associationReadPermission;
  return createPodIdentityConditionalDecision(permission, conditions);
}

describe.each(databases.eachSupportedId())('the fleet on %s', databaseId => {
  let knex: Knex;
  let replica: Replica;
  let catalogCalls: number;

  beforeAll(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
    const everything = catalogServiceMock({
      entities: entities.map(entity =>
        entity.metadata.name === 'shop'
          ? {
              ...entity,
              metadata: { ...entity.metadata, title: 'Corner store' },
              relations: [
                ...(entity.relations ?? []),
                { type: 'partOf', targetRef: 'system:default/stores' },
              ],
            }
          : entity,
      ),
    });
    // The catalog gives Bob's shop to Bob alone
    const isGiven = (entity: Entity | undefined, options: unknown) => {
      const { credentials } = options as {
        credentials: ReturnType<typeof mockCredentials.user>;
      };
      return (
        entity?.metadata.name !== 'shop' ||
        credentials.principal.userEntityRef === BOB
      );
    };
    const catalog = catalogServiceMock.mock({
      getEntitiesByRefs: async (request, options) => {
        catalogCalls += 1;
        const { items } = await everything.getEntitiesByRefs(request, options);
        return {
          items: items.map(entity =>
            isGiven(entity, options) ? entity : undefined,
          ),
        };
      },
      queryEntities: async (request, options) => {
        const answer = await everything.queryEntities(request, options);
        return {
          ...answer,
          items: answer.items.filter(entity => isGiven(entity, options)),
        };
      },
    });
    replica = await startReplica({
      world: new FakeWorld(),
      knex,
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          administrators: [ADMIN, WARDEN],
        },
      },
      catalog: catalog.factory,
      decide: (user, permission) => policy[user](permission),
    });
    const { store, write } = recorderOn(knex);
    const rows = [
      ['prod', 'payments', 'api', 'component:default/payments-api', ADA],
      ['prod', 'payments', 'worker', undefined, undefined],
      ['prod', 'shop', 'web', 'component:default/shop', BOB],
      ['test', 'payments', 'api', 'component:default/payments-api', ADA],
      ['test', 'old', 'gone', 'component:default/gone', undefined],
    ] as const;
    for (const [index, row] of rows.entries()) {
      const [cluster, namespace, serviceAccount, entityRef, owner] = row;
      const ref = { cluster, namespace, serviceAccount };
      await store.associations.upsert([
        {
          ref,
          associationId: `a-${index}`,
          arn: `arn:a-${index}`,
          owner: entityRef ? 'portal' : 'external',
          roleArn: `arn:aws:iam::111122223333:role/${namespace}-${serviceAccount}`,
          entityRef,
          orphan: serviceAccount === 'gone',
          drift: serviceAccount === 'worker',
          listedAt: 1,
        },
      ]);
      if (entityRef && owner) {
        await store.owners.set(ref, { entityRef, ownerRefs: [owner] });
      }
    }
    await write(
      reportOf('good'),
      reportOf('bad', {
        ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'web' },
        status: 'broken',
        checks: [checkResult('credentials.identity', 'fail')],
      }),
    );
    await store.clusterStates.failed('test', 'no route');
    await store.clusterStates.finished('prod', {
      version: 'v1.3.4',
      ready: 3,
      needed: 4,
    });
  });

  beforeEach(() => {
    catalogCalls = 0;
    replica.authorizeCalls.length = 0;
  });

  afterAll(() => replica.stop());

  const fleet = (
    user: string,
    query?: Parameters<ReturnType<Replica['as']>['listAssociations']>[0],
  ) => replica.as(user).listAssociations(query);
  const refs = async (...[user, query]: Parameters<typeof fleet>) =>
    (await fleet(user, { sort: 'serviceAccount', ...query })).items.map(
      ({ ref }) => `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`,
    );
  const get = (path: string, user = ADA) =>
    fetch(`${replica.baseUrl}${path}`, {
      headers: { authorization: mockCredentials.user.header(user) },
    });

  it('shows everything to whom it is allowed, asking once', async () => {
    const page = await fleet(ADA, { sort: 'serviceAccount' });
    expect(page).toMatchObject({
      totalItems: 5,
      counts: { verified: 1, broken: 1, 'could-not-check': 3 },
      orphans: 1,
      drifted: 1,
    });
    // One decision with conditions, for all rows there are, the titles of all rows in one go and those of their owners in another
    expect(replica.authorizeCalls).toEqual([
      {
        user: ADA,
        permissions: [
          associationReadPermission.name,
          verificationCreatePermission.name,
          orphanRemovePermission.name,
          'eks-pod-identity.use',
        ],
      },
    ]);
    expect(catalogCalls).toBe(2);
    expect(page.items.map(each => each.stale)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it.each([
    [BOB, ['prod/shop/web']],
    [
      'user:default/prod',
      ['prod/payments/api', 'prod/payments/worker', 'prod/shop/web'],
    ],
    ['user:default/payments', ['prod/payments/api', 'prod/payments/worker']],
    ['user:default/nobody', []],
  ])(
    'shows %s what the policy gives, in rows and counts',
    async (user, seen) => {
      const page = await fleet(user);
      expect(await refs(user)).toEqual(seen);
      expect(page.totalItems).toBe(seen.length);
      expect(
        Object.values(page.counts).reduce((sum, count) => sum + count, 0),
      ).toBe(seen.length);
      // No filter widens it
      expect(await refs(user, { cluster: 'test' })).toEqual([]);
    },
  );

  it('names entities only where the catalog gives them, also to a search', async () => {
    const named = async (user: string) =>
      new Map(
        (await fleet(user)).items.map(({ ref, entityRef, entityTitle }) => [
          `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`,
          [entityRef, entityTitle],
        ]),
      );
    const ada = await named(ADA);
    expect(ada.get('prod/payments/api')).toEqual([
      'component:default/payments-api',
      'payments-api',
    ]);
    expect(ada.get('prod/shop/web')).toEqual([undefined, undefined]);
    expect((await named(BOB)).get('prod/shop/web')).toEqual([
      'component:default/shop',
      'Corner store',
    ]);
    expect(await refs(ADA, { q: 'default/payments-api' })).toEqual([
      'prod/payments/api',
      'test/payments/api',
    ]);
    expect(await refs(ADA, { q: 'default/sh' })).toEqual([]);
    expect(await refs(ADA, { q: 'corner st' })).toEqual([]);
    expect(await refs(BOB, { q: 'corner st' })).toEqual(['prod/shop/web']);
    // A search asks which names are given, and for no title twice; then who the owners are
    catalogCalls = 0;
    replica.authorizeCalls.length = 0;
    await refs(ADA, { q: 'default/payments-api' });
    expect(catalogCalls).toBe(2);
    expect(replica.authorizeCalls).toHaveLength(1);
    expect(await refs(BOB, { q: 'default/sh' })).toEqual(['prod/shop/web']);
  });

  it('lists the worst first, and sorts by what is asked', async () => {
    const { items } = await fleet(ADA);
    expect(items.map(({ status }) => status)).toEqual([
      'broken',
      'could-not-check',
      'could-not-check',
      'could-not-check',
      'verified',
    ]);
    const [first] = await refs(ADA, { sort: 'provenAt', order: 'desc' });
    expect(first).toBe('prod/payments/api');
    expect((await refs(ADA, { sort: 'role', order: 'desc' }))[0]).toBe(
      'prod/shop/web',
    );
  });

  it('names owners and filters by them within what the catalog gives', async () => {
    const owned = async (user: string, ownedBy: string) =>
      (await fleet(user, { ownedBy, sort: 'serviceAccount' })).items.map(
        ({ ref, ownedBy: owners }) => [ref.serviceAccount, owners],
      );
    const ada = [{ entityRef: ADA, title: 'ada' }];
    expect(await owned(ADA, ADA)).toEqual([
      ['api', ada],
      ['api', ada],
    ]);
    expect((await fleet(ADA, { ownedBy: ADA })).totalItems).toBe(2);
    expect(await owned(BOB, BOB)).toEqual([
      ['web', [{ entityRef: BOB, title: 'bob' }]],
    ]);
    // The catalog does not give Bob's shop to Ada, so she does not learn which of the rows is Bob's
    expect(await owned(ADA, BOB)).toEqual([]);
    expect((await fleet(ADA, { ownedBy: BOB })).counts).toEqual({});
    const shop = (await fleet(ADA)).items.find(
      ({ ref }) => ref.namespace === 'shop',
    );
    expect(shop).toBeDefined();
    expect(shop!.ownedBy).toBeUndefined();
  });

  it('filters by a system, and groups by cause, within what the caller may see', async () => {
    const partOf = 'system:default/stores';
    const of = async (user: string, more: object = {}) =>
      (await fleet(user, { partOf, ...more })).items.map(
        ({ ref }) => ref.serviceAccount,
      );
    expect(await of(BOB)).toEqual(['web']);
    expect(await of(BOB, { ownedBy: BOB })).toEqual(['web']);
    expect(await of(BOB, { ownedBy: ADA })).toEqual([]);
    expect(await of(ADA)).toEqual([]);
    const causes = await replica.as(BOB).listCauses({ partOf });
    expect(causes.map(({ count, isSame }) => [count, isSame])).toEqual([
      [1, true],
    ]);
    const [{ status, cause }] = causes;
    expect(await of(BOB, { status, cause })).toEqual(['web']);
    expect(await of(BOB, { status, cause: 'role.exists' })).toEqual([]);
    expect(await replica.as(ADA).listCauses({ partOf })).toEqual([]);
    const all = await replica.as(ADA).listCauses();
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(
      (await fleet(ADA)).totalItems,
    );
    expect(await replica.as('user:default/nobody').listCauses()).toEqual([]);
  });

  it('says of each row whether the caller may verify it', async () => {
    const may = async (user: string) =>
      (await fleet(user, { sort: 'serviceAccount' })).items.map(
        ({ can }) => can?.verify,
      );
    expect(await may(ADA)).toEqual([true, true, true, true, true]);
    expect(await may('user:default/reader')).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('shows one identity without its entity to its readers', async () => {
    const path = '/v1/service-accounts/prod/payments/worker';
    const identity = await replica.as(ADA).getIdentity({
      cluster: 'prod',
      namespace: 'payments',
      serviceAccount: 'worker',
    });
    expect(identity).toMatchObject({
      clusterTitle: 'prod',
      status: 'could-not-check',
      association: { id: 'a-1', owner: 'external' },
      can: { verify: true },
    });
    expect((await get(path, BOB)).status).toBe(403);
    expect((await get(`${path}%20x`)).status).toBe(400);
  });

  it('takes a service account for unknown only where it would know it', async () => {
    const { store } = recorderOn(knex);
    const sentenceOf = async (serviceAccount: string, cluster = 'prod') => {
      const ref = { cluster, namespace: 'payments', serviceAccount };
      return (await replica.as(ADMIN).getIdentity(ref)).sentence;
    };
    const claimed = {
      cluster: 'prod',
      namespace: 'payments',
      serviceAccount: 'claimed',
    };
    await store.entityRefs.add([
      { entityRef: 'component:x/y', ref: claimed, source: 'annotation' },
    ]);
    expect(await sentenceOf('worker')).toContain('has not looked at');
    expect(await sentenceOf('claimed')).toContain('has not looked at');
    expect(await sentenceOf('no-such')).toContain('found no association for');
    // No sweep has read all of this cluster
    expect(await sentenceOf('no-such', 'test')).toContain('has not looked at');
    await store.entityRefs.removeRef(claimed, 'annotation');
  });

  it('lets an administrator with the permission settle orphans', async () => {
    const settled = async (user: string) => {
      const { items } = await replica.as(user).listAssociations();
      return items
        .filter(({ can }) => can?.settle)
        .map(({ ref }) => ref.serviceAccount);
    };
    expect(await settled(ADMIN)).toEqual(['gone']);
    expect(await settled(WARDEN)).toEqual([]);
    expect(await settled(ADA)).toEqual([]);
    const remove = (user: string) =>
      replica.as(user).plan({
        kind: 'teardown',
        input: {
          clusterName: 'test',
          namespace: 'old',
          serviceAccount: 'gone',
        },
      });
    await expect(remove(WARDEN)).rejects.toMatchObject({
      cause: {
        name: 'NotAllowedError',
        message: expect.stringContaining(orphanRemovePermission.name),
      },
    });
    expect(await remove(ADMIN)).toMatchObject({ kind: 'teardown' });
  });

  it('says whether the page of a component has the tab', async () => {
    const { items } = await replica.as(ADA).listAssociations();
    expect(
      items.flatMap(({ entityRef, hasTab }) => (entityRef ? [hasTab] : [])),
    ).toEqual(items.flatMap(({ entityRef }) => (entityRef ? [true] : [])));
  });

  it('filters and pages without gaps', async () => {
    expect(await refs(ADA, { status: 'broken' })).toEqual(['prod/shop/web']);
    // The word of version 0.1
    expect(await refs(ADA, { status: 'failed' })).toEqual(['prod/shop/web']);
    expect(await refs(ADA, { orphan: true })).toEqual(['test/old/gone']);
    expect(await refs(ADA, { drift: true })).toEqual(['prod/payments/worker']);
    expect(await refs(ADA, { owner: 'external' })).toEqual([
      'prod/payments/worker',
    ]);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await fleet(ADA, {
        limit: 2,
        cursor,
        sort: 'serviceAccount',
      });
      seen.push(...page.items.map(item => item.associationId!));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(['a-0', 'a-1', 'a-2', 'a-4', 'a-3']);
  });

  it.each([
    '/v1/associations?cursor=bogus',
    `/v1/associations?cursor=${Buffer.from('["a",1]').toString('base64url')}`,
    '/v1/associations?limit=0',
    '/v1/associations?limit=201',
    '/v1/associations?limit=many',
    '/v1/associations?status=fine',
    '/v1/associations?orphan=maybe',
    '/v1/associations?colour=red',
    `/v1/associations?q=${'x'.repeat(201)}`,
    '/v1/policies?cluster=a&cluster=b',
  ])('answers %s with 400', async path => {
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { name: 'InputError' },
    });
  });

  it('shows clusters with what the caller may see and do there', async () => {
    const clusters = await replica.as(ADA).listClusters();
    expect(replica.authorizeCalls).toHaveLength(1);
    expect(catalogCalls).toBe(0);
    expect(clusters).toMatchObject([
      {
        id: 'prod',
        counts: { verified: 1, broken: 1, 'could-not-check': 1 },
        agentVersion: 'v1.3.4',
        agentCoverage: { ready: 3, needed: 4 },
        can: { create: true, installAgent: false },
      },
      {
        id: 'test',
        counts: { 'could-not-check': 2 },
        stale: { reason: 'no route' },
      },
    ]);
    const ids = async (user: string) =>
      (await replica.as(user).listClusters()).map(each => each.id);
    expect(await ids('user:default/prod')).toEqual(['prod']);
    expect(await ids('user:default/payments')).toEqual(['prod']);
    expect(await ids('user:default/nobody')).toEqual([]);
    const [bobs] = await replica.as(BOB).listClusters();
    expect(bobs.counts).toEqual({ broken: 1 });
  });

  it('refuses pickers to those who may create nothing, and unknown clusters', async () => {
    for (const path of [
      '/v1/clusters/prod/namespaces',
      '/v1/clusters/prod/namespaces/payments/service-accounts',
      '/v1/clusters/prod/namespaces/payments/role-choices?serviceAccount=api&entityRef=component:default/payments-api',
    ]) {
      const response = await get(path, 'user:default/nobody');
      expect(response.status).toBe(403);
      expect((await response.json()).error.message).toContain(
        'eks-pod-identity.association.create',
      );
    }
    expect((await get('/v1/clusters/mars/namespaces')).status).toBe(404);
    for (const path of ['namespaces', 'namespaces/payments/service-accounts']) {
      const refused = await Promise.all(
        ['prod', 'mars'].map(async id => {
          const response = await get(
            `/v1/clusters/${id}/${path}`,
            'user:default/nobody',
          );
          return [response.status, (await response.json()).error.message];
        }),
      );
      expect(refused[0]).toEqual(refused[1]);
      expect(refused[0][0]).toBe(403);
    }
    const reserved = await get(
      '/v1/clusters/prod/namespaces/kube-system/service-accounts',
    );
    expect(reserved.status).toBe(403);
    expect(
      (await get('/v1/clusters/prod/namespaces/Not_A_Name/service-accounts'))
        .status,
    ).toBe(400);
  });

  it.each(['user:default/prod', 'user:default/payments'])(
    'names to %s only clusters that they may reach, unknown ones and others alike',
    async user => {
      for (const path of [
        '/v1/clusters/CLUSTER/namespaces',
        '/v1/clusters/CLUSTER/namespaces/payments/service-accounts',
        '/v1/policies?cluster=CLUSTER',
      ]) {
        for (const id of ['test', 'mars']) {
          const response = await get(path.replace('CLUSTER', id), user);
          expect(response.status).toBe(404);
          expect((await response.json()).error.message).toBe(
            `There is no cluster "${id}" that you may use. Those that you may use: prod`,
          );
        }
      }
      const overview = await replica.as(user).listClusters();
      expect(overview.map(({ id }) => id)).toEqual(['prod']);
    },
  );

  it('tells the rules of a namespace to those only who may reach it', async () => {
    const closed = '/v1/clusters/prod/namespaces/kube-system/service-accounts';
    const told = await get(closed, 'user:default/payments');
    expect([told.status, await told.json()]).toEqual([200, { items: [] }]);
    expect((await get(closed, 'user:default/nobody')).status).toBe(403);
    const words = await (await get(closed, 'user:default/nobody')).text();
    expect(words).not.toMatch(/namespaces\.deny/);
  });

  it('is not modified for the same caller only', async () => {
    const first = await get('/v1/associations');
    const etag = first.headers.get('etag')!;
    const again = (user: string) =>
      fetch(`${replica.baseUrl}/v1/associations`, {
        headers: {
          authorization: mockCredentials.user.header(user),
          'if-none-match': etag,
        },
      });
    expect((await again(ADA)).status).toBe(304);
    expect((await again(BOB)).status).toBe(200);
  });

  it('counts and sorts by harm, and finds what version 0.1 called “degraded”', async () => {
    const lacking = (
      [cluster, namespace, serviceAccount]: [string, string, string],
      status: IdentityStatus,
    ) =>
      reportOf(status, {
        ref: { cluster, namespace, serviceAccount },
        status,
        checks: [
          checkResult('credentials.identity', 'pass'),
          checkResult('workloads.injected', 'warn'),
        ],
      });
    await recorderOn(knex).write(
      lacking(['test', 'payments', 'api'], 'partly-works'),
      lacking(['prod', 'payments', 'worker'], 'no-pod-has-it'),
      lacking(['test', 'old', 'gone'], 'other-identity'),
    );
    const { items, counts } = await fleet(ADA);
    expect(items.map(({ status }) => status)).toEqual([
      'broken',
      'no-pod-has-it',
      'other-identity',
      'partly-works',
      'verified',
    ]);
    expect(counts).toEqual({
      broken: 1,
      'no-pod-has-it': 1,
      'other-identity': 1,
      'partly-works': 1,
      verified: 1,
    });
    const found = await fleet(ADA, { status: 'degraded' });
    expect(found).toMatchObject({ totalItems: 3, counts });
    expect(found.items.map(({ status }) => status)).toEqual([
      'no-pod-has-it',
      'other-identity',
      'partly-works',
    ]);
    expect((await fleet(ADA, { status: 'other-identity' })).totalItems).toBe(1);
    expect((await replica.as(ADA).listClusters())[1].counts).toEqual({
      'other-identity': 1,
      'partly-works': 1,
    });
  });
});

describe('policies for forms', () => {
  let replica: Replica;
  let denied = false;
  let nowhere = false;

  beforeAll(async () => {
    const databasesOfOne = await databases.init('SQLITE_3');
    replica = await startReplica({
      world: new FakeWorld(),
      knex: databasesOfOne,
      deny: (_user, permission) =>
        permission === 'eks-pod-identity.use' ? denied : nowhere,
      config: {
        app: { baseUrl: 'https://portal.example.com' },
        eksPodIdentity: {
          clusters: [
            { name: 'prod', region: 'eu-west-1', accountId: '111122223333' },
          ],
          guardrails: {
            managedPolicies: {
              allow: [
                'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
                'arn:aws:iam::111122223333:policy/team/queue-reader',
                'arn:aws:iam::111122223333:policy/any-*',
              ],
            },
          },
        },
      },
    });
  });

  afterAll(() => replica.stop());

  const list = async (query = '') => {
    const response = await fetch(`${replica.baseUrl}/v1/policies${query}`, {
      headers: { authorization: mockCredentials.user.header(ADA) },
    });
    return { status: response.status, body: await response.json() };
  };

  it('come with the reason where they are refused', async () => {
    const { body } = await list();
    const refused = body.items.slice(1, -1);
    expect(refused).toEqual(
      ['AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess'].map(name =>
        expect.objectContaining({
          arn: `arn:aws:iam::aws:policy/${name}`,
          reason: expect.stringContaining('It is not allowed: it would hand'),
        }),
      ),
    );
    expect([body.items[0], body.items.at(-1)]).toEqual([
      {
        arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
        name: 'AmazonS3ReadOnlyAccess',
        description: 'Managed by AWS · tested by aws s3 ls',
        allowed: true,
      },
      {
        arn: 'arn:aws:iam::111122223333:policy/team/queue-reader',
        name: 'queue-reader',
        description: 'Managed by your organisation · cannot be tested here',
        allowed: false,
        reason: expect.stringContaining('It is not allowed: customer-managed'),
      },
    ]);
    expect((await list('?q=S3READ')).body.items).toHaveLength(1);
    expect((await list('?q=none-like-it')).body.items).toEqual([]);
    expect(await list('?cluster=mars')).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('use: prod') } },
    });
  });

  it('are not those of clusters out of reach', async () => {
    nowhere = true;
    expect((await list()).body.items).toEqual([]);
    const told = await Promise.all(
      ['prod', 'mars'].map(async id => {
        const { status, body } = await list(`?cluster=${id}`);
        expect(status).toBe(404);
        return body.error.message.replace(id, 'it');
      }),
    );
    expect(told[0]).toBe(told[1]);
    expect(told[0]).not.toContain('prod');
    nowhere = false;
  });

  it('are for those who may use the plugin', async () => {
    denied = true;
    expect(await list()).toMatchObject({
      status: 403,
      body: {
        error: { message: expect.stringContaining('eks-pod-identity.use') },
      },
    });
    denied = false;
  });
});
