import {
  ACCESS_VERDICTS,
  type AccessItem,
  type AccessQuery,
  associationReadPermission,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { podIdentityConditions } from '../permissions/permissionRules';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { ListedAccess, StoredAccess } from '../store/AccessStore';
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
import {
  ALLOW,
  component,
  denied,
  DENY,
  only,
  PolicedPortal,
  SERVICE,
  user,
} from './__testUtils__/PolicedPortal';
import { AccessNames } from './AccessNames';

const knex = memoryDatabase();
const READ = associationReadPermission;
const VERIFY = verificationCreatePermission;
const [ADA, BOB, EVE, CAROL] = ['ada', 'bob', 'eve', 'carol'].map(user);
const { isInCluster, isInNamespace } = podIdentityConditions;
const inShop = isInNamespace({ namespaces: ['shop'] });

function opened(section: object = {}) {
  const portal = new PolicedPortal(knex, {
    administrators: ['user:default/carol'],
    ...section,
  });
  portal.catalog.push(
    component('payments-api', 'user:default/ada'),
    component('shop', 'user:default/bob'),
  );
  const { access } = portal.services;
  const list = (
    caller: Caller,
    { order, limit = 50, cursor, sort, ...query }: AccessQuery = {},
  ) =>
    access.list(
      query,
      { limit, cursor, sort: sort ?? 'serviceAccount' },
      caller,
    );
  return {
    portal,
    access,
    list,
    one: async (caller: Caller, name = 'payments/api') =>
      (await list(caller)).items.find(item => nameOf(item) === name)!,
    namedTo: async (caller: Caller) =>
      (await list(caller)).items.flatMap(item =>
        item.withheld ? [] : nameOf(item),
      ),
    has: (...rows: StoredAccess[]) => found(portal.store, rows),
  };
}

/** The first row with another role. */
const withRole = (
  role: Partial<NonNullable<AccessItem['role']>>,
  more: Parameters<typeof accessRow>[1] = {},
): StoredAccess => {
  const [first] = OWNED_ROWS;
  return {
    ...first,
    row: { ...first.row, ...more, role: { ...first.row.role!, ...role } },
  };
};

describe('the list of all access', () => {
  it('names roles to owners by tag with uid, to administrators and to services alone', async () => {
    const { namedTo, list, has } = opened();
    await has(...OWNED_ROWS);
    expect(await namedTo(ADA)).toEqual(['payments/api']);
    expect(await namedTo(BOB)).toEqual([]);
    expect(await namedTo(EVE)).toEqual(['shop/web']);
    expect(await namedTo(CAROL)).toHaveLength(3);
    expect(await namedTo(SERVICE)).toHaveLength(3);
    const seen = await list(BOB);
    for (const secret of SECRETS) {
      expect(JSON.stringify(seen)).not.toContain(secret);
    }
    expect(seen.items[0]).toMatchObject({
      withheld: true,
      sentence: ACCESS_VERDICTS['needs-owner'].meaning,
      reasons: [],
    });
  });

  it('names nothing more where a policy lets a user verify all', async () => {
    const { portal, namedTo, one, has } = opened();
    await has(...OWNED_ROWS);
    portal.decide = only(VERIFY, inShop);
    expect(await namedTo(BOB)).toEqual(['shop/web']);
    const shown = await one(BOB, 'shop/web');
    // Bob may write any role into the annotation
    expect(shown.role).toEqual({
      arn: OWNED_ROWS[2].row.role!.arn,
      withheld: true,
    });
    expect(shown.findings).toBeUndefined();
    portal.decide = only(VERIFY, isInNamespace({ namespaces: ['hidden'] }));
    expect(await namedTo(BOB)).toEqual([]);
  });

  it('shows to one whom a condition admits what the role that lets it in is, without its trust policy', async () => {
    const { portal, one, has } = opened();
    const findings = (['keys-beside', 'not-let-in'] as const).map(kind => ({
      kind,
      fix: { cause: 'So it is.', actions: [] },
    }));
    await has(withRole({ letsIn: true }, { findings }));
    portal.decide = only(VERIFY, isInNamespace({ namespaces: ['payments'] }));
    const shown = await one(BOB);
    expect(shown.role).toMatchObject({ exists: true, letsIn: true });
    expect(shown.role).not.toHaveProperty('trustReasons');
    expect(shown.findings?.map(({ kind }) => kind)).toEqual(['keys-beside']);
    const { role: _, ...keys } = accessRow('payments/api');
    await has({ ...OWNED_ROWS[0], row: keys });
    expect((await one(BOB)).findings).toHaveLength(2);
  });

  it('names of those who share a role whom the caller may see', async () => {
    const { portal, one, has } = opened();
    await has(...OWNED_ROWS);
    const sharers = async (caller: Caller) =>
      (await one(caller)).role!.sharedWith!.map(({ name, issuer }) =>
        [name, issuer].filter(Boolean).join(' of '),
      );
    expect(await sharers(CAROL)).toHaveLength(6);
    expect(await sharers(ADA)).toEqual([
      'shop/web',
      'hidden/vault',
      'shop/web of oidc.example',
      'tenant-*/app',
      'ec2.amazonaws.com',
    ]);
    portal.decide = only(READ, {
      allOf: [
        isInCluster({ clusters: ['prod'] }),
        isInNamespace({ namespaces: ['payments', 'shop'] }),
      ],
    });
    // Of another cluster it may be meant on `test`, too
    expect(await sharers(ADA)).toEqual(['shop/web', 'ec2.amazonaws.com']);
    expect((await one(ADA)).role?.fitting).toEqual(['shop/cart']);
    expect((await one(CAROL)).role?.fitting).toHaveLength(2);
  });

  it('names a provider to the owner of the role, and what no service account can be called to administrators alone', async () => {
    const { one, has } = opened();
    const sharedWith = [
      { kind: 'provider' as const, name: 'oidc.example' },
      { kind: 'service-account' as const, name: 'not a name' },
    ];
    await has(withRole({ sharedWith, sharedWithCount: 2 }));
    expect((await one(ADA)).role?.sharedWith).toEqual([sharedWith[0]]);
    expect((await one(CAROL)).role?.sharedWith).toEqual(sharedWith);
    expect(await one(CAROL)).not.toHaveProperty('planWithheld');
  });

  it('quotes a trust policy to those who may know everybody in it', async () => {
    const { one, has } = opened();
    const quotes = async (caller: Caller) => {
      const { role, findings } = await one(caller);
      return [
        role?.trustReasons !== undefined,
        findings?.map(({ kind }) => kind),
      ];
    };
    const both = ['not-let-in', 'unused-role'];
    await has(...OWNED_ROWS);
    expect(await quotes(CAROL)).toEqual([true, both]);
    expect(await quotes(ADA)).toEqual([false, ['unused-role']]);
    // Others may stand in the policy beyond those that the row lists
    await has(withRole({ sharedWith: [], sharedWithCount: 21 }));
    expect(await quotes(ADA)).toEqual([false, ['unused-role']]);
    expect(await quotes(CAROL)).toEqual([true, both]);
    await has(withRole({ sharedWith: [], sharedWithCount: 0 }));
    expect(await quotes(ADA)).toEqual([true, both]);
    await has(
      withRole(
        { sharedWithCount: 9 },
        {
          findings: [
            { kind: 'never-matches', fix: { cause: 'So.', actions: [] } },
          ],
        },
      ),
    );
    expect(await quotes(ADA)).toEqual([false, []]);
  });

  it.each<[string, boolean | undefined, StoredAccess, Caller]>([
    [
      'the owner, where it shares with service accounts alone',
      undefined,
      withRole({
        sharedWith: [{ kind: 'service-account', name: 'shop/web' }],
        sharedWithCount: 1,
      }),
      ADA,
    ],
    [
      'the owner, where it shares with nothing',
      undefined,
      withRole({ sharedWith: [], sharedWithCount: 0 }),
      ADA,
    ],
    ['the owner, where a pattern shares it', true, OWNED_ROWS[0], ADA],
    [
      'the owner, of an add-on',
      true,
      withRole({ sharedWith: undefined }, { addon: 'vpc-cni' }),
      ADA,
    ],
    ['administrators, whatever shares it', undefined, OWNED_ROWS[0], CAROL],
  ])(
    'the plan of a move is not shown to %s: %s',
    async (_, planWithheld, stored, caller) => {
      const { one, has } = opened();
      await has({
        ...stored,
        row: { ...stored.row, verdict: 'ready' },
      });
      expect((await one(caller)).planWithheld).toBe(planWithheld);
    },
  );

  it('says nothing of a plan where there is none', async () => {
    const { one, has } = opened();
    await has({
      ...OWNED_ROWS[0],
      row: { ...OWNED_ROWS[0].row, verdict: 'no-move' },
    });
    expect((await one(ADA)).planWithheld).toBeUndefined();
  });

  it('has each row with its entity, as far as the catalog shows it', async () => {
    const { portal, list, has } = opened();
    await has(...OWNED_ROWS);
    const entities = async () =>
      (await list(CAROL)).items.map(
        ({ entityRef, entityTitle, claimed, ownedBy }) => [
          entityRef,
          entityTitle,
          claimed,
          ownedBy?.map(({ title }) => title),
        ],
      );
    expect(await entities()).toEqual([
      [SHOP, 'shop', true, ['bob']],
      [API, 'payments-api', undefined, ['ada']],
      // One of several components says whose they are, and not which one it is
      [undefined, undefined, true, ['bob']],
    ]);
    portal.hidden.add('shop');
    expect((await entities())[0]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect((await list(CAROL)).items[0]).toMatchObject({
      clusterTitle: 'Cluster prod',
      lookedAt: AT,
    });
  });

  it('shows what the policy lets see, and finds by owner what the catalog shows', async () => {
    const { portal, list, has } = opened();
    await has(...OWNED_ROWS);
    const names = async (query: AccessQuery = {}) =>
      (await list(BOB, query)).items.map(nameOf);
    expect(await names({ ownedBy: 'user:default/bob' })).toEqual([
      'payments/api',
      'shop/web',
    ]);
    portal.hidden.add('shop');
    expect(await names({ ownedBy: 'user:default/bob' })).toEqual([]);
    portal.decide = only(READ, inShop);
    expect(await list(BOB)).toMatchObject({
      items: [{ ref: { serviceAccount: 'web' } }],
      totalItems: 1,
      verdicts: { broken: 1 },
      roads: { irsa: 1 },
    });
    portal.decide = denied(READ);
    expect(await list(BOB)).toEqual({
      items: [],
      totalItems: 0,
      verdicts: {},
      roads: {},
    });
    portal.decide = (_, name) => (/\.use$/.test(name) ? DENY : undefined);
    await expect(list(BOB)).rejects.toThrow('not allowed to use the pages');
  });
});

describe('the trust policy of the role of a row', () => {
  const alone = withRole({ sharedWith: [], sharedWithCount: 0 });
  const { role, ...keys } = accessRow('payments/api');
  const { holder: owner, ...claimed } = alone;
  const inPayments = isInNamespace({ namespaces: ['payments'] });

  it.each<[string, boolean, Caller, StoredAccess]>([
    [
      'an administrator, where others may stand in it',
      true,
      CAROL,
      withRole({ sharedWith: [], sharedWithCount: 3 }),
    ],
    ['its owner, where nothing shares the role', true, ADA, alone],
    [
      'its owner, where the row does not say how many share it',
      true,
      ADA,
      withRole({ sharedWith: undefined, sharedWithCount: undefined }),
    ],
    ['its owner, where another role stands in it', false, ADA, OWNED_ROWS[0]],
    [
      'its owner, where others may stand in it',
      false,
      ADA,
      withRole({ sharedWith: [], sharedWithCount: 3 }),
    ],
    ['its owner, where there is no role', false, ADA, { ...alone, row: keys }],
    ['whom a condition lets verify it', false, BOB, claimed],
    ['another user', false, EVE, alone],
  ])('is for %s: %s', async (_, expected, caller, { row, holder }) => {
    const { portal } = opened();
    const names = new AccessNames(portal.options);
    const verify =
      caller === BOB ? only(VERIFY, inPayments)('bob', VERIFY.name)! : ALLOW;
    const item: ListedAccess = { row, holder, lookedAt: 1 };
    expect(
      await names.mayReadTrust(item, { read: ALLOW, verify }, caller),
    ).toBe(expected);
  });
});
