import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { retryingStore } from '../store/retryingStore';
import { refOf, roleArnOf, SweptAccount } from './__testUtils__/SweptAccount';
import { Inventory } from './Inventory';

const API = 'component:default/api';
const GONE = 'component:default/gone';
const DAY = 24 * 3_600_000;
const ADA = 'user:default/ada';
const BOB = 'user:default/bob';
const LIST = 'ListPodIdentityAssociations';
const DESCRIBE = 'DescribePodIdentityAssociation';
const uidOf = (uid: string) => ({ [MARK_TAGS.entityUid]: uid });

describe('the inventory of a cluster', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  const { signal } = new AbortController();

  beforeEach(() => {
    account = new SweptAccount(knex);
  });

  const stored = async () => {
    const all = await account.store.associations.ofCluster('prod');
    return new Map(all.map(one => [one.associationId, one]));
  };
  const storedOne = async (id: string) => (await stored()).get(id);
  const idsOf = (all: Iterable<{ associationId: string }>) =>
    [...all].map(({ associationId }) => associationId).sort();

  /** A look at the cluster; each is a minute after the one before. */
  async function look(options: { knowsCatalog?: boolean } = {}) {
    await account.clock.advance(60_000);
    const { config, clock, logger, entities, store, engine } = account;
    const inventory = new Inventory('prod', {
      config,
      clock,
      logger,
      entities,
      store: retryingStore(store, clock),
      knowsCatalog: true,
      ...options,
    });
    const session = engine.clusters.session('prod', 'read');
    return inventory.observe(session, signal);
  }

  it('describes what is new, and afterwards one at a time', async () => {
    const ids = ['a', 'b', 'c'];
    for (const id of ids) account.foreign(id);
    expect((await look()).described).toBe(3);
    const first = account.clock.now();
    expect(account.took(DESCRIBE)).toHaveLength(3);
    for (const id of ids) {
      expect(await storedOne(id)).toMatchObject({
        ref: refOf(id),
        arn: `arn:${id}`,
        roleArn: roleArnOf(id),
        owner: 'external',
        orphan: false,
        drift: false,
        listedAt: first,
        describedAt: first,
      });
    }
    const again = await look();
    expect(again.described).toBe(1);
    expect(idsOf(again.associations)).toEqual(ids);
    expect([...again.listed].sort()).toEqual(ids.map(id => `prod/shop/${id}`));
    expect(again.gone).toEqual([]);
    const [described] = account.took(DESCRIBE);
    const looked = account.clock.now();
    for (const id of ids) {
      expect(await storedOne(id)).toMatchObject({
        listedAt: looked,
        describedAt: described.endsWith(id) ? looked : first,
      });
    }
  });

  it('tells whose an association is by its description', async () => {
    account.foreign('addon', { ownerArn: 'arn:of-an-addon' });
    account.ours('ours', API);
    const { tags } = account.ours('copied', API);
    account.foreign('copied', { ref: refOf('other'), tags });
    account.foreign('foreign');
    await look();
    const owners = [...(await stored())].map(([id, { owner }]) => [id, owner]);
    expect(Object.fromEntries(owners)).toEqual({
      addon: 'addon',
      ours: 'portal',
      copied: 'external',
      foreign: 'external',
    });
  });

  it('keeps the ARN that it knows where List shows none, and takes one that List shows', async () => {
    const { store } = account;
    const made = account.foreign('known', { arn: undefined });
    account.foreign('unknown', { arn: undefined });
    account.foreign('other', { arn: 'arn:of-now' });
    const before = { owner: 'external', orphan: false, drift: false } as const;
    await store.associations.upsert(
      ['known', 'other'].map(id => ({
        ...before,
        ref: refOf(id),
        associationId: id,
        arn: 'arn:of-then',
        listedAt: 1,
      })),
    );
    await look();
    const arns = [...(await stored())].map(([id, { arn }]) => [id, arn]);
    expect(Object.fromEntries(arns)).toEqual({
      [made.id]: 'arn:of-then',
      unknown: '',
      other: 'arn:of-now',
    });
  });

  it.each([
    ['id', { id: '' }],
    ['namespace', { ref: { ...refOf('odd'), namespace: '' } }],
    ['service account', { ref: refOf('') }],
  ])('leaves out what List shows without its %s', async (_, odd) => {
    account.foreign('odd', odd);
    account.foreign('a');
    const { associations, listed } = await look();
    expect(idsOf(associations)).toEqual(['a']);
    expect([...listed]).toEqual(['prod/shop/a']);
    expect(account.took(DESCRIBE)).toEqual([`${DESCRIBE} a`]);
  });

  it('leaves out what was deleted between List and its description', async () => {
    account.foreign('a');
    account.foreign('b');
    account.during = call => {
      if (call === `${DESCRIBE} a`) account.associations.delete('a');
    };
    expect(idsOf((await look()).associations)).toEqual(['b']);
    expect(idsOf((await stored()).values())).toEqual(['b']);
  });

  it('stores descriptions 25 at a time, and those before a failure too', async () => {
    for (let index = 0; index < 60; index += 1) {
      account.foreign(`a-${index}`);
    }
    const counts: number[] = [];
    account.during = async call => {
      if (!call.startsWith(DESCRIBE)) return;
      counts.push((await stored()).size);
      if (counts.length === 58) throw new Error('EKS is away');
    };
    await expect(look()).rejects.toThrow('EKS is away');
    expect(counts).toEqual([
      ...Array(25).fill(0),
      ...Array(25).fill(25),
      ...Array(8).fill(50),
    ]);
    expect((await stored()).size).toBe(57);
    account.during = () => {};
    account.took(LIST);
    expect((await look()).described).toBe(3);
    expect(account.took(DESCRIBE)).toHaveLength(3);
  });

  it('takes what is gone off its table, but not what was made while it listed', async () => {
    for (const id of ['stays', 'goes']) account.foreign(id);
    await look();
    account.associations.delete('goes');
    account.during = async call => {
      if (call !== LIST) return;
      // In the same moment as the look begins, and after List was read by AWS
      await account.store.associations.upsert([
        {
          ...(await storedOne('stays'))!,
          ref: refOf('made'),
          associationId: 'made',
          listedAt: account.clock.now(),
        },
      ]);
    };
    const { gone, listed } = await look();
    expect(gone).toEqual([refOf('goes')]);
    expect([...listed]).toEqual(['prod/shop/stays']);
    expect(idsOf((await stored()).values())).toEqual(['made', 'stays']);
  });

  it('tells what had a link or an owner and has no association any more', async () => {
    const { store } = account;
    account.ours('there', API);
    const links = ['there', 'linked'].map(name => ({
      entityRef: API,
      ref: refOf(name),
    }));
    await store.entityRefs.relink('aws-tag', links);
    await store.entityRefs.replaceOfEntity(API, 'annotation', [
      refOf('claimed'),
    ]);
    const owner = { entityRef: API, ownerRefs: [] };
    await store.owners.set(refOf('owned'), owner);
    await store.owners.set({ ...refOf('owned'), cluster: 'next' }, owner);
    const { gone } = await look();
    expect(gone).toEqual([refOf('linked'), refOf('owned')]);
  });

  it.each([
    ['the moment it begins', 0],
    ['later', 5_000],
  ])('leaves to an operation what it changed from %s', async (_, ms) => {
    for (const id of ['a', 'b', 'c', 'd']) account.foreign(id);
    await look();
    account.foreign('b', { roleArn: roleArnOf('new') });
    account.associations.delete('c');
    account.during = async call => {
      if (call !== LIST) return;
      await account.clock.advance(ms);
      for (const id of ['b', 'c']) await account.changes(refOf(id));
    };
    await account.clock.advance(7 * DAY);
    const { associations, listed, gone } = await look();
    expect(idsOf(associations)).toEqual(['a', 'd']);
    expect(listed).toContain('prod/shop/b');
    expect(gone).toEqual([]);
    expect(await storedOne('b')).toMatchObject({ roleArn: roleArnOf('b') });
  });

  it('counts what an operation changed before it began', async () => {
    for (const id of ['a', 'b', 'c']) account.foreign(id);
    await look();
    account.took(DESCRIBE);
    await account.changes(refOf('c'));
    account.associations.delete('b');
    await account.changes(refOf('b'));
    const { associations, gone } = await look();
    expect(idsOf(associations)).toEqual(['a', 'c']);
    expect(account.took(DESCRIBE)).toEqual([`${DESCRIBE} c`]);
    expect(gone).toEqual([refOf('b')]);
  });

  describe('says of identities whose they are', () => {
    const ownerOf = (name: string) => account.store.owners.find(refOf(name));

    it('by the tags of this portal, with the owners that the catalog has now', async () => {
      account.catalog.set(API, { uid: 'u-1', ownerRefs: [ADA] });
      account.ours('api', 'Component:default/API', uidOf('u-1'));
      account.ours('before-uids', API);
      account.ours('gone', GONE, {
        ...uidOf('u-0'),
        [MARK_TAGS.ownerRef]: BOB,
      });
      account.ours('again', API, {
        ...uidOf('u-0'),
        [MARK_TAGS.ownerRef]: BOB,
      });
      account.ours('nothing-known', GONE);
      account.foreign('foreign');
      await look();
      const now = { entityRef: API, uid: 'u-1', ownerRefs: [ADA] };
      const then = { entityRef: API, uid: 'u-0', ownerRefs: [BOB] };
      expect(await ownerOf('api')).toEqual(now);
      expect(await ownerOf('before-uids')).toEqual(now);
      expect(await ownerOf('again')).toEqual(then);
      expect(await ownerOf('gone')).toEqual({ ...then, entityRef: GONE });
      expect(await ownerOf('nothing-known')).toBeUndefined();
      expect(await ownerOf('foreign')).toBeUndefined();
      const links = await account.store.entityRefs.ofCluster('prod', 'aws-tag');
      expect(
        Object.fromEntries(
          links.map(({ ref, entityRef }) => [ref.serviceAccount, entityRef]),
        ),
      ).toEqual({
        api: API,
        'before-uids': API,
        again: API,
        gone: GONE,
        'nothing-known': GONE,
      });
    });

    it('without a uid where neither the tags nor the catalog give one', async () => {
      account.catalog.set(API, { uid: '', ownerRefs: [ADA] });
      account.ours('api', API);
      await look();
      expect(await ownerOf('api')).toEqual({
        entityRef: API,
        ownerRefs: [ADA],
      });
    });

    it('not any more where others have made it again', async () => {
      account.catalog.set(API, { uid: 'u-1', ownerRefs: [ADA] });
      account.ours('api', API);
      await look();
      account.associations.delete('api');
      account.foreign('successor', { ref: refOf('api') });
      const { gone } = await look();
      expect(gone).toEqual([]);
      expect(await ownerOf('api')).toBeUndefined();
      expect(await account.store.entityRefs.ofRef(refOf('api'))).toEqual([]);
    });

    it('as before where the catalog has lost an entity that was recorded without its uid', async () => {
      account.catalog.set(API, { uid: 'u-1', ownerRefs: [ADA] });
      account.ours('api', API);
      await look();
      account.catalog.clear();
      await look();
      expect(await ownerOf('api')).toMatchObject({ ownerRefs: [ADA] });
    });

    it('as before where the catalog does not answer', async () => {
      account.catalog.set(API, { uid: 'u-1', ownerRefs: [ADA] });
      account.ours('api', API);
      await look();
      account.catalog.get = () => {
        throw new Error('The catalog is away');
      };
      await look();
      expect(await ownerOf('api')).toMatchObject({ ownerRefs: [ADA] });
      expect(await storedOne('api')).toMatchObject({ orphan: false });
      expect(account.logger.lines).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          message:
            'Could not ask the catalog for the owners of identities on prod; the next sweep does',
        }),
      );
    });
  });

  describe('calls an identity an orphan', () => {
    const isOrphan = async () => (await storedOne('api'))?.orphan;

    it.each([
      ['its entity is there', uidOf('u-1'), 'u-1', false],
      ['its name belongs to another entity', uidOf('u-0'), 'u-1', true],
      ['its entity is gone', uidOf('u-1'), undefined, true],
      ['an entity has its name, before uids', {}, 'u-1', false],
      ['no entity has its name, before uids', {}, undefined, true],
      ['the catalog gives no uids', {}, '', false],
    ])('where %s', async (_, record, uid, expected) => {
      if (uid !== undefined) account.catalog.set(API, { uid, ownerRefs: [] });
      account.ours('api', API, record);
      await look();
      expect(await isOrphan()).toBe(expected);
    });

    it('never one whose tags others copied', async () => {
      const { tags } = account.ours('api', GONE);
      account.foreign('api', { ref: refOf('other'), tags });
      await look();
      expect(await isOrphan()).toBe(false);
    });

    it('not while the catalog may still be reading its files; what was one stays one', async () => {
      account.ours('api', API);
      await look({ knowsCatalog: false });
      expect(await isOrphan()).toBe(false);
      await look();
      expect(await isOrphan()).toBe(true);
      await look({ knowsCatalog: false });
      expect(await isOrphan()).toBe(true);
      account.catalog.set(API, { uid: 'u-1', ownerRefs: [] });
      await look({ knowsCatalog: false });
      expect(await isOrphan()).toBe(false);
    });
  });

  it('writes nothing but that it looked where all is as before', async () => {
    account.catalog.set(API, { uid: '', ownerRefs: [ADA] });
    account.ours('api', API);
    account.ours('orphan', GONE);
    account.foreign('foreign');
    await look();
    const written: string[] = [];
    knex.on('query', ({ sql }) => {
      const [, kind, table] =
        /^(insert into|update|delete from) `(\w+)`/.exec(sql) ?? [];
      if (kind) written.push(`${kind} ${table}`);
    });
    await look();
    knex.removeAllListeners('query');
    expect(written).toEqual([
      // Seen again, and one described
      'update associations',
      'insert into associations',
    ]);
  });
});
