import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  ACCESS_VERDICTS,
  associationReadPermission,
  POD_IDENTITY_ANNOTATION,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { componentOf } from '../__testUtils__/changingCatalog';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  BOB,
  type Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import { createStore, type Store } from '../store';
import type { StoredAccess } from '../store/AccessStore';
import {
  accessRow,
  AT,
  found,
  nameOf,
  SECRETS,
} from './__testUtils__/accessRows';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CAROL = 'user:default/carol';
const SHOP = 'component:default/shop';

const row = (
  name: string,
  entity?: StoredAccess['entity'],
  more: Partial<StoredAccess['row']> = {},
): StoredAccess => ({ row: accessRow(name, more), entity });

/** Ada owns the role of the first by tag; the catalog says that Bob owns the component. */
const ROWS: StoredAccess[] = [
  {
    ...row('shop/web', { entityRef: SHOP, by: 'namespace' }),
    holder: {
      entityRef: 'component:default/payments-api',
      uid: 'payments-api-first',
      ownerRefs: [],
    },
  },
  row(
    'shop/mailer',
    { entityRef: SHOP, by: 'namespace' },
    { verdict: 'broken' },
  ),
  row(
    'shop/keys',
    { entityRef: SHOP, by: 'annotation' },
    { roads: ['static-keys'], verdict: 'no-move' },
  ),
  row('team/one', { entityRef: SHOP, by: 'team' }),
  row(
    'shop/moved',
    { entityRef: SHOP, by: 'tag' },
    { roads: ['pod-identity'], verdict: 'no-move' },
  ),
  row(
    'shop/both',
    { entityRef: SHOP, by: 'tag' },
    { roads: ['static-keys', 'pod-identity'], verdict: 'broken' },
  ),
  row('hidden/vault', { entityRef: 'component:default/gone', by: 'tag' }),
];

const claimer = componentOf('claimer', BOB);
claimer.metadata.annotations = {
  [POD_IDENTITY_ANNOTATION]: 'prod/hidden/vault,prod/shop/none',
};

const start = async (
  knex: Knex,
  options: {
    inventory?: boolean;
    decide?: (user: string, permission: string) => PolicyDecision;
  } = {},
) =>
  startReplica({
    world: new FakeWorld(),
    knex,
    decide: options.decide,
    config: {
      ...appConfig,
      eksPodIdentity: {
        ...appConfig.eksPodIdentity,
        administrators: [CAROL],
        inventory: { enabled: options.inventory ?? true },
      },
    },
    entities: [
      componentOf('payments-api', ADA),
      componentOf('shop', BOB),
      claimer,
    ],
  });

describe('what a card shows of access without Pod Identity', () => {
  let replica: Replica;
  let knex: Knex;
  let store: Store;
  let decide: (user: string, permission: string) => PolicyDecision | undefined;

  beforeAll(async () => {
    knex = await databases.init('SQLITE_3');
    replica = await start(knex, {
      decide: (...asked) =>
        decide(...asked) ?? { result: AuthorizeResult.ALLOW },
    });
    store = createStore(knex, () => Date.now());
  });

  beforeEach(async () => {
    decide = () => undefined;
    await store.access.clear();
    await found(store, ROWS);
  });

  afterAll(() => replica.stop());

  const card = (user: string, name = 'shop') =>
    replica
      .as(user)
      .getEntityIdentities({ kind: 'component', namespace: 'default', name });
  const names = async (user: string, name?: string) =>
    (await card(user, name)).access?.map(nameOf);
  const namedTo = async (user: string) =>
    (await card(user)).access?.flatMap(one =>
      one.withheld ? [] : nameOf(one),
    );

  it('is what the last look linked to it, worst first, without what its identities show', async () => {
    const { access } = await card(CAROL);
    expect(
      access!.map(one => [nameOf(one), one.linkedBy, one.roads[0]]),
    ).toEqual([
      ['shop/mailer', 'namespace', 'irsa'],
      ['shop/web', 'namespace', 'irsa'],
      ['shop/keys', 'annotation', 'static-keys'],
    ]);
    const { role, ...rest } = ROWS[0].row;
    expect(access![1]).toEqual({
      ...rest,
      role,
      clusterTitle: 'prod',
      lookedAt: AT,
      linkedBy: 'namespace',
    });
  });

  it('is what its annotation claims, and a claim grants no name', async () => {
    const { access, identities } = await card(BOB, 'claimer');
    expect(identities).toHaveLength(2);
    const { role, programs, statement, findings, ...rest } = ROWS[6].row;
    expect(access).toEqual([
      {
        ...rest,
        sentence: ACCESS_VERDICTS[rest.verdict].meaning,
        reasons: [],
        withheld: true,
        clusterTitle: 'prod',
        lookedAt: AT,
        linkedBy: 'annotation',
      },
    ]);
  });

  it('names roles to administrators, to the owner by tag and where a condition decides', async () => {
    expect(await namedTo(CAROL)).toHaveLength(3);
    expect(await namedTo(ADA)).toEqual(['shop/web']);
    // Bob owns the component, and the policy allows everything to everybody
    const told = JSON.stringify(await card(BOB));
    for (const secret of SECRETS) expect(told).not.toContain(secret);
    expect(await namedTo(BOB)).toEqual([]);
    decide = (user, permission) =>
      user === BOB && permission === verificationCreatePermission.name
        ? createPodIdentityConditionalDecision(
            verificationCreatePermission,
            podIdentityConditions.isInNamespace({ namespaces: ['shop'] }),
          )
        : undefined;
    expect(await namedTo(BOB)).toHaveLength(3);
  });

  it('leaves out what the policy does not let the caller read', async () => {
    decide = (user, permission) =>
      user === BOB && permission === associationReadPermission.name
        ? createPodIdentityConditionalDecision(
            associationReadPermission,
            podIdentityConditions.isInNamespace({ namespaces: ['hidden'] }),
          )
        : undefined;
    expect(await names(BOB)).toBeUndefined();
    expect(await names(BOB, 'claimer')).toEqual(['hidden/vault']);
    decide = (user, permission) =>
      user === BOB && permission === associationReadPermission.name
        ? { result: AuthorizeResult.DENY }
        : undefined;
    expect((await card(BOB)).access).toBeUndefined();
    expect(await names(ADA)).toHaveLength(3);
  });

  it('has its part in the ETag, so that an open card notices', async () => {
    const ask = (etag?: string) =>
      fetch(`${replica.baseUrl}/v1/entities/component/default/shop`, {
        headers: {
          authorization: mockCredentials.user.header(ADA),
          ...(etag ? { 'if-none-match': etag } : {}),
        },
      });
    const first = await ask();
    const etag = first.headers.get('etag')!;
    expect((await ask(etag)).status).toBe(304);
    await found(store, ROWS.slice(1));
    const next = await ask(etag);
    expect(next.status).toBe(200);
    const { access } = await next.json();
    expect(access.map(nameOf)).toEqual(['shop/mailer', 'shop/keys']);
  });

  it('is at most 20 rows', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      row(`shop/sa-${index}`, { entityRef: SHOP, by: 'namespace' }),
    );
    await found(store, many);
    expect(await names(BOB)).toHaveLength(20);
  });

  it('has pods that may act as their node, without the role and the program, to those who may read them', async () => {
    const candidate = (
      name: string,
      workload: string,
      entity?: StoredAccess['entity'],
    ) => {
      const [namespace, serviceAccount] = name.split('/');
      return { namespace, serviceAccount, workload, pods: 2, entity };
    };
    const ofShop = { entityRef: SHOP, by: 'namespace' } as const;
    const group = {
      kind: 'node-group' as const,
      nodes: 2,
      lookedAt: 2,
      compute: ['EC2'],
      roles: [`arn:aws:iam::${SECRETS[0]}:role/${SECRETS[1]}`],
      programs: [{ name: SECRETS[2], lastAt: AT, calls: [] }],
      sentence: `${SECRETS[2]} acts as the node.`,
    };
    const calling = {
      ...group,
      candidates: [
        candidate('shop/default', 'Deployment batch', ofShop),
        candidate('shop/default', 'CronJob nightly', ofShop),
        candidate('shop/default', 'Deployment third', ofShop),
        candidate('shop/default', 'Deployment fourth', ofShop),
        candidate('shop/mailer', 'Deployment older', ofShop),
        candidate('shop/since', 'Deployment since', ofShop),
        candidate('shop/associated', 'Deployment old'),
        candidate('team/default', 'Deployment one', {
          entityRef: SHOP,
          by: 'team',
        }),
        candidate('hidden/default', 'Deployment vault', {
          entityRef: 'component:default/gone',
          by: 'tag',
        }),
      ],
      candidateCount: 9,
    };
    const other = [candidate('shop/calm', 'Deployment calm', ofShop)];
    await store.access.replace(
      {
        cluster: 'prod',
        at: AT,
        gaps: [],
        nodeGroups: [calling, { ...group, programs: [], candidates: other }],
      },
      [ROWS[1]],
    );
    // Its pods are older than the association that it was given after the look
    await store.associations.upsert([
      {
        ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'since' },
        associationId: 'a-since',
        arn: '',
        owner: 'external',
        orphan: false,
        drift: false,
        listedAt: 1,
      },
    ]);
    const { asNode, access } = await card(BOB);
    expect(access?.map(nameOf)).toEqual(['shop/mailer']);
    expect(asNode).toEqual([
      {
        ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'default' },
        clusterTitle: 'prod',
        lookedAt: AT,
        linkedBy: 'namespace',
        workloads: ['Deployment batch', 'CronJob nightly', 'Deployment third'],
        workloadCount: 4,
        pods: 8,
      },
    ]);
    expect(await card(BOB, 'claimer')).not.toHaveProperty('asNode');
    const { clusters } = await replica.as(CAROL).getAccessProgress();
    expect(JSON.stringify(clusters)).not.toContain('entityRef');
    decide = (user, permission) =>
      user === BOB && permission === associationReadPermission.name
        ? createPodIdentityConditionalDecision(
            associationReadPermission,
            podIdentityConditions.isInNamespace({ namespaces: ['hidden'] }),
          )
        : undefined;
    expect(await card(BOB)).not.toHaveProperty('asNode');
  });

  it('is absent where nothing was looked at, and where the portal does not look', async () => {
    await store.access.clear();
    expect(await card(CAROL)).not.toHaveProperty('access');
    const other = await databases.init('SQLITE_3');
    const off = await start(other, { inventory: false });
    try {
      await found(
        createStore(other, () => Date.now()),
        ROWS,
      );
      const answer = await off.as(CAROL).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'shop',
      });
      expect(answer).not.toHaveProperty('access');
      expect(answer.identities).toEqual([]);
    } finally {
      await off.stop();
    }
  });
});
