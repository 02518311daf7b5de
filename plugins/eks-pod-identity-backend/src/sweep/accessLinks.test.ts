import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { AccessInCluster, refOf } from './__testUtils__/AccessInCluster';

const API = 'component:default/api';
const WEB = 'component:default/web';
const ADA = 'user:default/ada';
const BOB = 'user:default/bob';

describe('whose AWS access is, as the look at it says', () => {
  const knex = memoryDatabase();
  let cluster: AccessInCluster;

  beforeEach(() => {
    cluster = new AccessInCluster(knex);
  });

  const claims = (entityRef: string, key: string, ownsNamespace = false) =>
    cluster.store.entityRefs.add([
      {
        entityRef,
        ref: refOf(key),
        source: 'annotation',
        ...(ownsNamespace ? { ownsNamespace } : {}),
      },
    ]);

  it('says whose a role is, where its tags say it', async () => {
    const { portal, entityRef, entityUid } = MARK_TAGS;
    for (const name of ['ours', 'none', 'unread']) {
      cluster.annotated.set(`shop/${name}`, name);
    }
    const owned = { [entityRef]: API, [entityUid]: 'u-1' };
    cluster.role('ours', {
      tags: { [portal]: cluster.account.config.portalId, ...owned },
    });
    cluster.role('none');
    await cluster.associated('shop/bare');
    const found = await cluster.look();
    expect(found.get('shop/ours')!.holder).toEqual({
      entityRef: API,
      uid: 'u-1',
      ownerRefs: [],
    });
    for (const name of ['none', 'unread', 'bare']) {
      expect([name, found.get(`shop/${name}`)!.holder]).toEqual([
        name,
        undefined,
      ]);
    }
  });

  describe('links a service account', () => {
    const linkOf = async (key: string) => {
      const found = (await cluster.look()).get(key)!;
      const owners = new Set([ADA, BOB]);
      for (const owner of owners) {
        const [day] = await cluster.store.access.days(['prod'], owner);
        if (!day?.total) owners.delete(owner);
      }
      return { ...found.entity, owners: [...owners] };
    };
    beforeEach(() => {
      cluster.catalog = { [API]: [BOB, ADA], [WEB]: [BOB] };
      cluster.annotated.set('shop/api', 'api');
    });

    it('to what claims it, and to the first of its owners', async () => {
      await claims(API, 'shop/api');
      expect(await linkOf('shop/api')).toEqual({
        entityRef: API,
        by: 'annotation',
        owners: [ADA],
      });
      expect(cluster.asked).toEqual({ refs: [API], namespaces: [] });
    });

    it.each([
      ['the first by name of two', API, [false, false]],
      ['the one that owns the namespace', API, [true, false]],
      ['the one that owns the namespace, too', WEB, [false, true]],
      ['the first by name of two that own it', API, [true, true]],
    ])('to %s that claim it', async (_, entityRef, [api, web]) => {
      await claims(WEB, 'shop/api', web);
      await claims(API, 'shop/api', api);
      expect(await linkOf('shop/api')).toMatchObject({ entityRef });
      await knex('entity_refs').delete();
      await claims(API, 'shop/api', api);
      await claims(WEB, 'shop/api', web);
      expect(await linkOf('shop/api')).toMatchObject({ entityRef });
    });

    it('to what the tag of its association names, whatever claims it', async () => {
      await claims(API, 'shop/api');
      await claims(API, 'shop/bare');
      await cluster.associated('shop/api', { entityRef: WEB });
      await cluster.associated('shop/bare');
      expect(await linkOf('shop/api')).toMatchObject({
        entityRef: WEB,
        by: 'tag',
      });
      expect(await linkOf('shop/bare')).toMatchObject({
        entityRef: API,
        by: 'annotation',
      });
    });

    it('to what the catalog has lost, without an owner', async () => {
      await claims('component:default/lost', 'shop/api');
      expect(await linkOf('shop/api')).toEqual({
        entityRef: 'component:default/lost',
        by: 'annotation',
        owners: [],
      });
    });

    it.each<[string, string[] | undefined, object]>([
      ['none', undefined, { owners: [] }],
      ['one', [WEB], { entityRef: WEB, by: 'namespace', owners: [BOB] }],
      [
        'two of the same owner',
        [WEB, 'component:default/front'],
        { entityRef: 'component:default/front', by: 'team', owners: [BOB] },
      ],
      ['one of two owners', [API], { owners: [] }],
      ['one without an owner', ['component:default/free'], { owners: [] }],
      ['two of several owners', [WEB, API], { owners: [] }],
    ])(
      'that nothing names where its namespace has %s',
      async (_, refs, link) => {
        cluster.catalog['component:default/front'] = [BOB];
        cluster.catalog['component:default/free'] = [];
        if (refs) cluster.inNamespaces.shop = refs;
        expect(await linkOf('shop/api')).toEqual(link);
      },
    );

    it('asking the catalog once for each entity and namespace that counts', async () => {
      for (const key of ['shop/other', 'shop/third', 'tools/ci', 'tools/cd']) {
        cluster.annotated.set(key, 'api');
      }
      await claims(API, 'tools/ci');
      await claims(API, 'tools/cd');
      await claims(WEB, 'tools/gone');
      await cluster.look();
      expect(cluster.asked).toEqual({ refs: [API], namespaces: ['shop'] });
    });
  });

  it('says which entities may act as a node, unless their pods wait for a restart', async () => {
    cluster.inNamespaces = { one: [WEB] };
    cluster.catalog = { [WEB]: [BOB] };
    cluster.roadless = ['one/api', 'one/waits', 'two/api'];
    await cluster.associated('one/waits');
    const groups = async (programs: string[]) => {
      cluster.ofNode = programs;
      await cluster.look();
      return (await cluster.state())!.nodeGroups!;
    };
    const [{ candidates }] = await groups(['boto3']);
    const found = candidates!.map(({ namespace, serviceAccount, entity }) => [
      `${namespace}/${serviceAccount}`,
      entity,
    ]);
    expect(found.sort()).toEqual([
      ['one/api', { entityRef: WEB, by: 'namespace' }],
      ['one/waits', undefined],
      ['two/api', undefined],
    ]);
    cluster.asked.namespaces = [];
    const [quiet] = await groups([]);
    expect(quiet.candidates).toBeUndefined();
    expect(cluster.asked.namespaces).toEqual(['one']);
  });
});
