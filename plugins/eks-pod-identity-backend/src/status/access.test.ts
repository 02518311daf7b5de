import { TestDatabases } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  ACCESS_VERDICTS,
  type AccessNodeGroup,
  type AccessQuery,
  associationReadPermission,
  type PodIdentityClient,
  type ServiceAccountRef,
  podIdentityUsePermission,
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
  API,
  AT,
  found,
  nameOf,
  OWNED_ROWS,
  SECRETS,
  SHOP,
} from './__testUtils__/accessRows';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const READ = associationReadPermission;
const VERIFY = verificationCreatePermission;
const EVE = 'user:default/eve';
const CAROL = 'user:default/carol';

/** And one whose entity the catalog does not have. */
const ROWS: StoredAccess[] = [
  ...OWNED_ROWS,
  {
    row: accessRow('hidden/vault'),
    entity: { entityRef: 'component:default/gone', by: 'tag' },
    ownerRef: 'group:default/gone',
  },
];

/** Who acts as some nodes, with what is not for everybody. */
const GROUP: AccessNodeGroup = {
  kind: 'node-group',
  name: 'general',
  nodes: 2,
  lookedAt: 2,
  compute: ['EC2'],
  roles: [`arn:aws:iam::${SECRETS[0]}:role/${SECRETS[1]}`],
  programs: [
    { name: SECRETS[2], lastAt: AT, calls: ['sts:GetCallerIdentity'] },
  ],
  candidates: [
    {
      namespace: 'shop',
      serviceAccount: 'batch',
      workload: 'Deployment legacy-batch',
      pods: 1,
    },
  ],
  candidateCount: 1,
  sentence: `${SECRETS[2]} acts as the node.`,
};

const { isInCluster, isInNamespace } = podIdentityConditions;
type Conditions = Parameters<typeof createPodIdentityConditionalDecision>[1];

/** A policy that allows everything but for this permission of this user. */
const only =
  (user: string, { name }: { name: string }, conditions: Conditions) =>
  (asking: string, permission: string): PolicyDecision | undefined =>
    asking === user && permission === name
      ? createPodIdentityConditionalDecision(
          name === READ.name ? READ : VERIFY,
          conditions,
        )
      : undefined;
const inShop = isInNamespace({ namespaces: ['shop'] });

describe('all AWS access', () => {
  let replica: Replica;
  let knex: Knex;
  let store: Store;
  let decide: (user: string, permission: string) => PolicyDecision | undefined;
  let refusedToEve: string;

  beforeAll(async () => {
    knex = await databases.init('SQLITE_3');
    replica = await startReplica({
      world: new FakeWorld(),
      knex,
      deny: (user, permission) => user === EVE && permission === refusedToEve,
      decide: (user, permission) =>
        decide(user, permission) ?? { result: AuthorizeResult.ALLOW },
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          administrators: [CAROL],
        },
      },
      entities: [componentOf('payments-api', ADA), componentOf('shop', BOB)],
    });
    store = createStore(knex, () => Date.now());
  });

  beforeEach(async () => {
    decide = () => undefined;
    refusedToEve = '';
    await store.access.clear();
    await found(store, ROWS);
  });

  afterAll(() => replica.stop());

  const list = async (user: string, query: AccessQuery = {}) =>
    replica.as(user).listAccess({ sort: 'serviceAccount', ...query });
  const one = async (user: string, name: string) =>
    (await list(user)).items.find(item => nameOf(item) === name)!;
  const names = async (user: string, query?: AccessQuery) =>
    (await list(user, query)).items.map(nameOf);
  const namedTo = async (user: string) =>
    (await list(user)).items.flatMap(item =>
      item.withheld ? [] : nameOf(item),
    );

  it('gives each row with its component, whatever of it the caller may know', async () => {
    const { sentence, reasons, role, programs, statement, findings, ...rest } =
      ROWS[0].row;
    expect(await one(BOB, 'payments/api')).toEqual({
      ...rest,
      sentence: ACCESS_VERDICTS['needs-owner'].meaning,
      reasons: [],
      withheld: true,
      clusterTitle: 'prod',
      lookedAt: AT,
      entityRef: SHOP,
      entityTitle: 'shop',
      hasTab: true,
      claimed: true,
      ownedBy: [{ entityRef: BOB, title: 'bob' }],
    });
    expect(await one(BOB, 'payments/ledger')).toMatchObject({
      entityRef: API,
    });
    expect(await one(BOB, 'payments/ledger')).not.toHaveProperty('claimed');
    // One of several components: whose it is, and not which
    const web = await one(BOB, 'shop/web');
    expect(web).not.toHaveProperty('entityRef');
    expect(web).toMatchObject({ claimed: true, ownedBy: [{ title: 'bob' }] });
    expect(await one(BOB, 'hidden/vault')).not.toHaveProperty('ownedBy');
  });

  it('says beside the verdict where a move stands', async () => {
    const { ref } = ROWS[0].row;
    await store.operations.insert(
      queuedAssociate('move', ref, {
        kind: 'migrate',
        // One that waits would be taken up by this backend
        state: 'succeeded',
        initiator: ADA,
        input: { ...ref, clusterName: ref.cluster, until: 'moved' } as any,
      }),
    );
    await knex('operations')
      .where({ id: 'move' })
      .update({ result: JSON.stringify({ kind: 'migrate', state: 'moved' }) });
    const { verdict, move } = await one(ADA, 'payments/api');
    expect([verdict, move]).toEqual([
      'needs-owner',
      { state: 'moved', stage: 'old-trust', since: expect.any(String) },
    ]);
    expect(await one(ADA, 'payments/ledger')).not.toHaveProperty('move');
    await knex('operations').where({ id: 'move' }).delete();
  });

  it('names roles to owners by tag with uid, to administrators and to services alone', async () => {
    expect(await namedTo(ADA)).toEqual(['payments/api']);
    // The policy allows everything, as one does that is off: a claim by annotation tells nothing
    expect(await namedTo(BOB)).toEqual([]);
    expect(await namedTo(EVE)).toEqual(['shop/web']);
    expect(await namedTo(CAROL)).toHaveLength(4);
    const { items } = await replica.asService().listAccess();
    expect(items.filter(({ withheld }) => withheld)).toEqual([]);
    expect(await one(ADA, 'payments/api')).toMatchObject({
      sentence: ROWS[0].row.sentence,
      reasons: ROWS[0].row.reasons,
      programs: ROWS[0].row.programs,
      role: { arn: ROWS[0].row.role!.arn },
    });
    const seen = JSON.stringify(await list(BOB));
    for (const secret of SECRETS) expect(seen).not.toContain(secret);
  });

  it('names them where a condition of the policy lets a user verify that very service account', async () => {
    decide = only(BOB, VERIFY, inShop);
    expect(await namedTo(BOB)).toEqual(['shop/web']);
    // Bob may write any role into the annotation: its trust policy is not for him
    const { arn } = ROWS[2].row.role!;
    const shown = await one(BOB, 'shop/web');
    expect([shown.role, shown.findings]).toEqual([
      { arn, withheld: true },
      undefined,
    ]);
    const role = { ...ROWS[2].row.role!, letsIn: true };
    await found(store, [{ ...ROWS[2], row: { ...ROWS[2].row, role } }]);
    const admitted = await one(BOB, 'shop/web');
    expect(admitted.role).toMatchObject({ arn, exists: true });
    expect(admitted.role).not.toHaveProperty('trustReasons');
    expect(admitted.findings).toBeUndefined();
  });

  it('names of those who share a role only whom the caller may see', async () => {
    const sharers = async (user: string) => {
      const { role } = await one(user, 'payments/api');
      expect(role!.sharedWithCount).toBe(6);
      return role!.sharedWith!.map(({ name, issuer }) =>
        [name, issuer].filter(Boolean).join(' of '),
      );
    };
    expect(await sharers(CAROL)).toHaveLength(6);
    // Who reads everything may know each service account, and no role of others
    expect(await sharers(ADA)).toEqual([
      'shop/web',
      'hidden/vault',
      'shop/web of oidc.example',
      'tenant-*/app',
      'ec2.amazonaws.com',
    ]);
    decide = only(ADA, READ, {
      allOf: [
        isInCluster({ clusters: ['prod'] }),
        isInNamespace({ namespaces: ['payments', 'shop'] }),
      ],
    });
    // Of another cluster it may be meant on `test`, too
    expect(await sharers(ADA)).toEqual(['shop/web', 'ec2.amazonaws.com']);
    expect((await one(ADA, 'payments/api')).role).toMatchObject({
      fitting: ['shop/cart'],
      fittingCount: 2,
    });
  });

  it('quotes a trust policy only to those who may know everybody in it', async () => {
    const reasons = async (user: string) =>
      (await one(user, 'payments/api')).role?.trustReasons;
    const kinds = async (user: string) =>
      (await one(user, 'payments/api')).findings!.map(({ kind }) => kind);
    const [first] = ROWS;
    expect(await reasons(CAROL)).toEqual(first.row.role!.trustReasons);
    expect(await kinds(CAROL)).toEqual(['not-let-in', 'unused-role']);
    expect(await reasons(ADA)).toBeUndefined();
    // The fix of the other has the whole trust policy
    expect(await kinds(ADA)).toEqual(['unused-role']);
    const { statement } = await one(ADA, 'payments/api');
    expect(statement).toEqual(first.row.statement);
    const longer = { ...first.row.role!, sharedWith: [], sharedWithCount: 21 };
    await found(store, [{ ...first, row: { ...first.row, role: longer } }]);
    expect(await reasons(ADA)).toBeUndefined();
    expect(await reasons(CAROL)).toBeDefined();
    // Whom a pattern lets in today does not stand in the policy
    const role = {
      ...first.row.role!,
      sharedWith: [],
      sharedWithCount: 0,
      fittingCount: 27,
    };
    await found(store, [{ ...first, row: { ...first.row, role } }]);
    expect(await reasons(ADA)).toEqual(role.trustReasons);
    expect(await kinds(ADA)).toEqual(['not-let-in', 'unused-role']);
  });

  it('shows what the policy allows to see, and counts no more', async () => {
    decide = only(BOB, READ, inShop);
    const { items, ...counts } = await list(BOB);
    expect(items.map(nameOf)).toEqual(['shop/web']);
    expect(counts).toEqual({
      totalItems: 1,
      verdicts: { broken: 1 },
      roads: { irsa: 1 },
    });
    const progress = await replica.as(BOB).getAccessProgress();
    expect(progress.clusters).toContainEqual(
      expect.objectContaining({ cluster: 'prod', byPodIdentity: 0, total: 1 }),
    );
    expect(progress.owners).toEqual([
      { entityRef: BOB, title: 'bob', byPodIdentity: 0, total: 1 },
    ]);
    // A figure of a day does not tell whose they were
    expect(progress.days).toEqual([]);
  });

  it('shows nothing to whom the policy lets see nothing, and refuses those who have no right to use it', async () => {
    decide = (user, permission) =>
      user === BOB && permission === READ.name
        ? { result: AuthorizeResult.DENY }
        : undefined;
    expect(await list(BOB)).toEqual({
      items: [],
      totalItems: 0,
      verdicts: {},
      roads: {},
    });
    expect(await replica.as(BOB).getAccessProgress()).toEqual({
      clusters: [],
      owners: [],
      days: [],
    });
    refusedToEve = podIdentityUsePermission.name;
    const refusals = await Promise.allSettled([
      list(EVE),
      replica.as(EVE).getAccessProgress(),
    ]);
    const refused = { reason: { statusCode: 403 } };
    expect(refusals).toMatchObject([refused, refused]);
  });

  it('tells those for whom a role is not nothing of it, by search, order, counts or pages', async () => {
    const queries: AccessQuery[] = [
      {},
      ...SECRETS.flatMap(secret => [{ q: secret }, { q: secret.slice(0, 3) }]),
      ...(['verdict', 'serviceAccount', 'lastUsedAt'] as const).flatMap(sort =>
        (['asc', 'desc'] as const).map(order => ({ sort, order, limit: 2 })),
      ),
      { road: 'irsa' },
      { ownedBy: ADA },
    ];
    const told = async () => {
      const client = replica.as(BOB);
      const pages = [];
      for (const query of queries) pages.push(await client.listAccess(query));
      return { pages, progress: await client.getAccessProgress() };
    };
    const before = await told();
    // All that is withheld becomes another, each row in its own way
    const others = ROWS.map((stored, index): StoredAccess => {
      const text = `${9 - index}-other`;
      const { role, reasons, sentence, programs, statement, findings, ...row } =
        stored.row;
      return {
        ...stored,
        holder: { entityRef: API, uid: text, ownerRefs: [ADA] },
        row: {
          ...row,
          sentence: text,
          alone: index % 2 ? 'ready' : 'unknown',
          movesByHand: index % 2 === 0,
          reasons: index % 2 ? [] : [text, text],
          ...(index % 2
            ? {}
            : {
                role: { arn: `arn:aws:iam::99999999999${index}:role/${text}` },
              }),
        },
      };
    });
    await found(store, others);
    expect(await told()).toEqual(before);
    expect(before.pages[0].items).toHaveLength(ROWS.length);
    expect(before.pages[1].items).toEqual([]);
  });

  it('filters, and finds by owner only what the catalog shows', async () => {
    expect(await names(BOB, { road: 'pod-identity' })).toEqual([
      'payments/ledger',
    ]);
    expect(await names(BOB, { verdict: 'broken' })).toEqual(['shop/web']);
    expect(await names(BOB, { ownedBy: BOB })).toEqual([
      'payments/api',
      'shop/web',
    ]);
    expect(await names(BOB, { ownedBy: 'group:default/gone' })).toEqual([]);
    expect(await names(BOB, { cluster: 'test' })).toEqual([]);
    expect((await list(BOB, { verdict: 'broken' })).verdicts).toEqual({
      'needs-owner': 2,
      'no-move': 1,
      broken: 1,
    });
  });

  it('goes from page to page', async () => {
    const first = await list(BOB, { limit: 3 });
    const { items, nextCursor } = await list(BOB, {
      limit: 3,
      cursor: first.nextCursor,
    });
    expect(first.items).toHaveLength(3);
    expect(items.map(nameOf)).toEqual(['shop/web']);
    expect(nextCursor).toBeUndefined();
    await expect(list(BOB, { cursor: 'made-up' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  it('tells administrators alone who acts as the nodes, and of clusters of which they may see all', async () => {
    const looks = (nodeGroups: AccessNodeGroup[]) =>
      store.access.replace(
        { cluster: 'prod', at: AT, gaps: [], nodeGroups },
        [],
      );
    const told = async (client: PodIdentityClient) => {
      const { clusters } = await client.getAccessProgress();
      return clusters.find(({ cluster }) => cluster === 'prod')?.nodeGroups;
    };
    await looks([GROUP]);
    expect(await told(replica.as(CAROL))).toEqual([GROUP]);
    expect(await told(replica.asService())).toEqual([GROUP]);
    for (const user of [ADA, BOB, EVE]) {
      const progress = await replica.as(user).getAccessProgress();
      const seen = JSON.stringify(progress);
      for (const secret of [...SECRETS, 'legacy-batch', 'acts as'])
        expect(seen).not.toContain(secret);
      // Nor whether there is anything to hear of
      await looks([]);
      expect(await replica.as(user).getAccessProgress()).toEqual(progress);
      await looks([GROUP]);
    }
    decide = only(CAROL, READ, inShop);
    expect(await told(replica.as(CAROL))).toBeUndefined();
  });

  it('lists what moves have left to administrators, of clusters of which they may see all, each with the move of its role', async () => {
    const moved = ROWS[0].row.ref;
    const finished = ROWS[1].row.ref;
    const left = async (ref: ServiceAccountRef, roleArn: string) =>
      store.moveTrusts.put(ref, {
        ...{ roleArn, roleId: 'AROAEXAMPLE', sid: 'BackstageEksMove0' },
        ...{ statements: [{ Effect: 'Allow' }], tags: {}, at: AT },
      });
    await left(moved, 'role-a');
    await left(moved, 'role-before');
    await left(finished, 'role-b');
    await left({ ...moved, cluster: 'taken-down' }, 'role-c');
    const ended = async (ref: ServiceAccountRef, result: object) => {
      const id = `left-${ref.serviceAccount}`;
      await store.operations.insert(
        queuedAssociate(id, ref, {
          kind: 'migrate',
          state: 'succeeded',
          initiator: ADA,
          input: { ...ref, clusterName: ref.cluster, until: 'moved' } as any,
        }),
      );
      await knex('operations')
        .where({ id })
        .update({ result: JSON.stringify({ kind: 'migrate', ...result }) });
    };
    await ended(moved, { state: 'moved', roleArn: 'role-a' });
    await ended(finished, { state: 'finished', roleArn: 'role-b' });

    const all = [
      ['role-a', 'moved'],
      ['role-before', undefined],
      ['role-b', 'finished'],
      ['role-c', undefined],
    ];
    const told = async (client: PodIdentityClient) => {
      const { items } = await client.listMoveRecords();
      const { moveRecords } = await client.getAccessProgress();
      expect(moveRecords).toBe(items.length);
      return items.map(({ roleArn, move }) => [roleArn, move?.state]);
    };
    expect(await told(replica.as(CAROL))).toEqual(all);
    expect(await told(replica.asService())).toEqual(all);
    decide = only(CAROL, READ, inShop);
    expect(await told(replica.as(CAROL))).toEqual([]);
    decide = only(CAROL, READ, isInCluster({ clusters: ['taken-down'] }));
    expect(await told(replica.as(CAROL))).toEqual([['role-c', undefined]]);
    decide = (user, permission) =>
      user === CAROL && permission === READ.name
        ? { result: AuthorizeResult.DENY }
        : undefined;
    expect(await told(replica.as(CAROL))).toEqual([]);
    await expect(replica.as(ADA).listMoveRecords()).rejects.toMatchObject({
      statusCode: 403,
    });
    await knex('move_trusts').delete();
    await knex('operations').whereLike('id', 'left-%').delete();
  });

  it('tells how far clusters, owners and days have come', async () => {
    await found(store, ROWS.slice(0, 2), '2026-11-30T10:00:00.000Z');
    await store.access.replace(
      {
        cluster: 'test',
        at: '2026-12-01T10:00:00.000Z',
        gaps: [{ what: 'use', sentence: 'Not read.', costs: 'SDKs.' }],
      },
      [],
    );
    await store.access.failed('test', 'It was away.');
    expect(await replica.as(BOB).getAccessProgress()).toEqual({
      clusters: [
        {
          cluster: 'prod',
          title: 'prod',
          byPodIdentity: 1,
          total: 2,
          lookedAt: '2026-11-30T10:00:00.000Z',
          usedSince: '2026-11-30T10:00:00.000Z',
          gaps: [],
        },
        {
          cluster: 'test',
          title: 'test',
          byPodIdentity: 0,
          total: 0,
          lookedAt: '2026-12-01T10:00:00.000Z',
          gaps: [{ what: 'use', sentence: 'Not read.', costs: 'SDKs.' }],
          failure: 'It was away.',
        },
      ],
      owners: [
        { entityRef: ADA, title: 'ada', byPodIdentity: 1, total: 1 },
        { entityRef: BOB, title: 'bob', byPodIdentity: 0, total: 1 },
      ],
      days: [
        {
          day: '2026-11-29',
          byPodIdentity: 1,
          total: 4,
          verdicts: { 'needs-owner': 2, 'no-move': 1, broken: 1 },
          roads: { irsa: 3, 'pod-identity': 1 },
        },
        {
          day: '2026-11-30',
          byPodIdentity: 1,
          total: 2,
          verdicts: { 'needs-owner': 1, 'no-move': 1 },
          roads: { irsa: 1, 'pod-identity': 1 },
        },
      ],
    });
  });

  it('tells how far one cluster and one owner have come, of what the catalog shows', async () => {
    const progress = async (
      query: { cluster?: string; ownedBy?: string },
      user = CAROL,
    ) => {
      const { chosen, days } = await replica.as(user).getAccessProgress(query);
      return [
        chosen?.byPodIdentity,
        chosen?.total,
        days.map(({ day, byPodIdentity, total, verdicts }) =>
          [day, byPodIdentity, total, Object.keys(verdicts).join()].join(' '),
        ),
      ];
    };
    const at = '2026-11-30T10:00:00.000Z';
    await found(store, ROWS.slice(0, 2), at);
    await store.access.replace({ cluster: 'test', at, gaps: [] }, [
      {
        ...ROWS[2],
        row: { ...ROWS[2].row, ref: { ...ROWS[2].row.ref, cluster: 'test' } },
      },
    ]);
    const first = '2026-11-29 0 2 broken,needs-owner';
    const [inTest, inProd] = ['0 1 broken', '0 1 needs-owner'];
    expect(await progress({ ownedBy: BOB })).toEqual([
      0,
      2,
      [first, '2026-11-30 0 2 needs-owner,broken'],
    ]);
    expect(await progress({ ownedBy: BOB, cluster: 'prod' })).toEqual([
      0,
      1,
      [first, `2026-11-30 ${inProd}`],
    ]);
    // The first day is when the owner had something there
    expect(await progress({ ownedBy: BOB, cluster: 'test' })).toEqual([
      0,
      1,
      [`2026-11-30 ${inTest}`],
    ]);
    expect(await progress({ cluster: 'test' })).toEqual([
      0,
      1,
      [`2026-11-30 ${inTest}`],
    ]);
    expect(await progress({ ownedBy: ADA, cluster: 'test' })).toEqual([
      0,
      0,
      [],
    ]);
    // Members of the team see it; other users do not, because the catalog might hide some of its components from them
    const ofBob = [first, '2026-11-30 0 2 needs-owner,broken'];
    expect(await progress({ ownedBy: BOB }, BOB)).toEqual([0, 2, ofBob]);
    expect(await progress({ ownedBy: BOB }, ADA)).toEqual([0, 2, []]);
    expect(await progress({ ownedBy: 'group:default/gone' }, ADA)).toEqual([
      0,
      0,
      [],
    ]);
    decide = only(BOB, READ, inShop);
    expect(await progress({ ownedBy: BOB }, BOB)).toEqual([0, 1, []]);
  });

  it('counts what is worth a look in trust policies for administrators alone', async () => {
    const role = { ...ROWS[0].row.role!, shapes: ['pattern' as const] };
    await found(store, [{ ...ROWS[0], row: { ...ROWS[0].row, role } }]);
    const ofCarol = await replica.as(CAROL).getAccessProgress();
    expect(ofCarol.notes).toEqual({ pattern: 1 });
    expect(ofCarol.owners).toEqual([
      expect.objectContaining({ entityRef: BOB, notes: { pattern: 1 } }),
    ]);
    for (const user of [ADA, BOB]) {
      expect(
        JSON.stringify(await replica.as(user).getAccessProgress()),
      ).not.toMatch(/pattern|notes/);
    }
  });
});
