import {
  associationReadPermission,
  orphanRemovePermission,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { podIdentityConditions } from '../permissions/permissionRules';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { associationOf, openFleet, refOf } from './__testUtils__/openFleet';
import { component, denied, only, user } from './__testUtils__/PolicedPortal';

const knex = memoryDatabase();
const DAY = 24 * 3_600_000;
const [ADA, CAROL] = ['ada', 'carol'].map(user);
const API = 'component:default/api';
const { isInCluster, isInNamespace } = podIdentityConditions;

describe('a row of the fleet', () => {
  const REF = refOf('api');

  it('has what is known of the association, and its entity where the catalog shows it', async () => {
    const { portal, list, has, is } = openFleet(knex);
    await has(REF, { entityRef: API, drift: true, driftReason: 'Other.' });
    await is(REF, {
      status: 'verified',
      provenAt: portal.clock.now(),
      lookedAt: portal.clock.now(),
    });
    const now = new Date(portal.clock.now()).toISOString();
    const page = await list();
    expect(page).toMatchObject({
      totalItems: 1,
      counts: { verified: 1 },
      drifted: 1,
      orphans: 0,
    });
    expect(page.items).toMatchObject([
      {
        ref: REF,
        clusterTitle: 'Cluster prod',
        associationId: 'a-api',
        status: 'verified',
        sentence: 'So it is.',
        entityRef: API,
        entityTitle: 'Front door',
        ownedBy: [{ entityRef: 'user:default/ada', title: 'ada' }],
        driftReason: 'Other.',
        provenAt: now,
        lookedAt: now,
        stale: false,
        can: { verify: true },
      },
    ]);
    expect(page.items[0].claimed).toBeUndefined();
    portal.hidden.add('api');
    const [hidden] = (await list()).items;
    expect([hidden.entityRef, hidden.entityTitle, hidden.ownedBy]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('says of an entity that only claims it that it does', async () => {
    const { portal, store, list, has } = openFleet(knex);
    await has(REF);
    await store.entityRefs.add([
      { entityRef: API, ref: REF, source: 'annotation' },
    ]);
    expect((await list()).items[0]).toMatchObject({
      entityRef: API,
      claimed: true,
    });
    portal.hidden.add('api');
    expect((await list()).items[0].claimed).toBeUndefined();
  });

  it.each<[string, string, ServiceAccountState['status'], object]>([
    ['nothing', 'never', 'verified', {}],
    [
      'credentials, by a pod of ours',
      '1 day ago',
      'verified',
      { proofLevel: 'credentials' },
    ],
    [
      'the application, which obtained the role',
      '1 day ago, and used',
      'verified',
      { proofLevel: 'application' },
    ],
    [
      'credentials, where it works no longer',
      '1 day ago, and used',
      'broken',
      { proofLevel: 'credentials' },
    ],
    [
      'credentials, which have faded by age',
      '31 days ago',
      'verified',
      { proofLevel: 'credentials', proofFaded: true },
    ],
    [
      'credentials, which have faded by another agent',
      '1 day ago, and replaced',
      'verified',
      { proofLevel: 'credentials', proofFaded: true },
    ],
  ])('is proven of %s: %s, %s', async (_, when, status, expected) => {
    const { portal, store, list, has, is } = openFleet(knex);
    const [, days] = /^(\d+) day/.exec(when) ?? [];
    const provenAt = days ? portal.clock.now() - Number(days) * DAY : undefined;
    await has(REF);
    await is(REF, {
      status,
      provenAt,
      ...(when.endsWith('replaced')
        ? { memory: { replaced: { 'agent a2': portal.clock.now() } } }
        : {}),
    });
    await store.evidence.write(REF, undefined, {
      days: [],
      obtainedAt: when.endsWith('used') ? provenAt : undefined,
    });
    const [{ proofLevel, proofFaded }] = (await list()).items;
    expect({ proofLevel, proofFaded }).toEqual({
      proofLevel: undefined,
      proofFaded: undefined,
      ...expected,
    });
  });

  it.each<[string, number | null | undefined, boolean | undefined]>([
    ['says nothing where IAM was not asked', undefined, undefined],
    ['is unused where it never was used', null, true],
    ['is unused after 90 days', -91 * DAY, true],
    ['is in use before', -89 * DAY, false],
  ])('%s', async (_, usedAt, unused) => {
    const { portal, store, list, has } = openFleet(knex);
    const { roleArn } = associationOf(REF);
    await has(REF);
    if (usedAt !== undefined) {
      await store.evidence.noteRoleUses(
        ['prod'],
        new Map([
          [roleArn!, usedAt === null ? undefined : portal.clock.now() + usedAt],
        ]),
      );
    }
    expect((await list()).items[0].unused).toBe(unused);
  });

  it('is stale where its cluster could not be read, or is not swept', async () => {
    const { portal, store, list, has } = openFleet(knex);
    await has(refOf('api'));
    await has(refOf('api', 'test'));
    await store.clusterStates.failed('test', 'No route.');
    const stale = async () =>
      (await list()).items.map(one => [one.ref.cluster, one.stale]).sort();
    expect(await stale()).toEqual([
      ['prod', false],
      ['test', true],
    ]);
    await portal.clock.advance(2 * DAY);
    expect(await stale()).toEqual([
      ['prod', true],
      ['test', true],
    ]);
  });
});

describe('what a caller may do with a row', () => {
  it('is to verify it where the policy allows it, and its cluster is there', async () => {
    const { portal, list, has } = openFleet(knex);
    await has(refOf('api'));
    await has(refOf('api', 'test'));
    await has(refOf('api', 'gone'));
    portal.decide = only(
      verificationCreatePermission,
      isInCluster({ clusters: ['prod', 'gone'] }),
    );
    const may = (await list()).items.map(one => [
      one.clusterTitle,
      one.can?.verify,
    ]);
    expect(may.sort()).toEqual([
      ['Cluster prod', true],
      ['Cluster test', false],
      ['gone', false],
    ]);
  });

  it('is to settle an orphan that this portal made, for administrators with the permission', async () => {
    const { portal, list, has } = openFleet(knex);
    const orphan = { orphan: true, entityRef: API };
    await has(refOf('lost'), orphan);
    await has(refOf('kept'));
    await has(refOf('foreign'), { ...orphan, owner: 'external' });
    await has(refOf('far', 'gone'), orphan);
    const settled = async (caller: Caller) =>
      (await list({}, caller)).items
        .filter(({ can }) => can?.settle)
        .map(({ ref }) => ref.serviceAccount);
    expect(await settled(CAROL)).toEqual(['lost']);
    expect(await settled(ADA)).toEqual([]);
    portal.decide = denied(orphanRemovePermission);
    expect(await settled(CAROL)).toEqual([]);
    portal.decide = only(
      orphanRemovePermission,
      isInCluster({ clusters: ['test'] }),
    );
    expect(await settled(CAROL)).toEqual([]);
  });

  it('is not to settle where the portal changes nothing', async () => {
    const { list, has } = openFleet(knex, {
      clusters: { allow: { changes: false } },
    });
    await has(refOf('lost'), { orphan: true });
    expect((await list({}, CAROL)).items[0].can).toEqual({ verify: true });
  });
});

describe('the list of the fleet', () => {
  const filled = async () => {
    const made = openFleet(knex);
    const { portal, has, is } = made;
    portal.catalog.push({
      ...component('other', 'user:default/bob'),
      relations: [
        { type: 'ownedBy', targetRef: 'user:default/bob' },
        { type: 'partOf', targetRef: 'system:default/stores' },
      ],
    });
    await has(refOf('one'), { entityRef: API });
    await has(refOf('two'), { entityRef: 'component:default/other' });
    await has(refOf('three'));
    await is(refOf('one'), { status: 'broken', cause: 'role.exists' });
    await is(refOf('two'), { status: 'broken' });
    await is(refOf('three'), { status: 'verified' });
    return made;
  };

  it('is what the policy lets see, and finds entities that the catalog shows', async () => {
    const { portal, list, names, fleet } = await filled();
    const ownedBy = 'user:default/ada';
    const partOf = 'system:default/stores';
    expect(await names()).toEqual(['one', 'three', 'two']);
    expect(await names({ ownedBy })).toEqual(['one']);
    expect(await names({ partOf })).toEqual(['two']);
    expect(await names({ ownedBy, partOf })).toEqual([]);
    expect(await names({ ownedBy: 'user:default/bob', partOf })).toEqual([
      'two',
    ]);
    expect(await names({ q: 'front d' })).toEqual(['one']);
    expect(await names({ q: 'default/api' })).toEqual(['one']);
    portal.hidden.add('api');
    expect(await names({ ownedBy })).toEqual([]);
    expect(await names({ q: 'front d' })).toEqual([]);
    expect(await names({ q: 'default/api' })).toEqual([]);
    portal.decide = only(
      associationReadPermission,
      isInNamespace({ namespaces: ['other'] }),
    );
    expect(await names()).toEqual([]);
    expect(await fleet.causes({}, ADA)).toEqual([]);
    portal.decide = denied(associationReadPermission);
    expect(await list()).toEqual({
      items: [],
      totalItems: 0,
      counts: {},
      orphans: 0,
      drifted: 0,
    });
    expect(await fleet.causes({}, ADA)).toEqual([]);
    portal.decide = denied({ name: 'eks-pod-identity.use' });
    await expect(list()).rejects.toThrow('not allowed to use the pages');
    await expect(fleet.causes({}, ADA)).rejects.toThrow('not allowed to use');
  });

  it('is counted by cause, by which it is filtered, too', async () => {
    const { names, fleet } = await filled();
    const causes = await fleet.causes({ status: 'broken' }, ADA);
    expect(
      causes.map(({ cause, title, count, sentence }) => [
        cause,
        title,
        count,
        sentence,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['role.exists', expect.any(String), 1, 'So it is.'],
        ['none', undefined, 1, 'So it is.'],
      ]),
    );
    expect(causes).toHaveLength(2);
    expect(
      await fleet.causes({ ownedBy: 'user:default/ada' }, ADA),
    ).toHaveLength(1);
    expect(await names({ cause: 'role.exists' })).toEqual(['one']);
    expect(await names({ status: 'broken', cause: 'none' })).toEqual(['two']);
    expect(await names({ status: 'broken' })).toEqual(['one', 'two']);
  });
});
