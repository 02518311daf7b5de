import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  EntityDirectory,
  pagesInTime,
  readEntity,
  requireEntity,
  toCatalogEntity,
} from './EntityDirectory';

const entity = (
  name: string,
  more: Partial<Entity['metadata']> = {},
  relations?: Entity['relations'],
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, uid: `uid-${name}`, ...more },
  relations,
});
const credentials = {} as BackstageCredentials;
const auth = {
  getOwnServiceCredentials: async () => credentials,
} as unknown as AuthService;
const directoryOf = (...entities: Entity[]) =>
  new EntityDirectory({ catalog: catalogServiceMock({ entities }), auth });

describe('an entity of the catalog', () => {
  it('is known by its ref, its uid and its owners', () => {
    const relations = [
      { type: 'ownedBy', targetRef: 'group:default/Team' },
      { type: 'partOf', targetRef: 'system:default/shop' },
    ];
    expect(toCatalogEntity(entity('API', {}, relations))).toEqual({
      entityRef: 'component:default/api',
      uid: 'uid-API',
      ownerRefs: ['group:default/team'],
    });
    expect(toCatalogEntity(entity('api', { uid: undefined }))).toEqual({
      entityRef: 'component:default/api',
      uid: '',
      ownerRefs: [],
    });
  });

  it('says which SDK its programs use', () => {
    expect(
      toCatalogEntity(
        entity('api', { annotations: { 'backstage.io/aws-sdk': 'go' } }),
      ).sdk,
    ).toBe('go');
    expect(
      toCatalogEntity(
        entity('api', { annotations: { 'backstage.io/aws-sdk': '' } }),
      ),
    ).not.toHaveProperty('sdk');
    expect(
      toCatalogEntity(entity('api', { annotations: {} })),
    ).not.toHaveProperty('sdk');
  });

  it('is read, and no other in its place', async () => {
    const catalog = (answer?: Entity) => ({
      getEntityByRef: async () => answer,
    });
    expect(
      await readEntity(
        catalog(entity('api')),
        'Component:default/API',
        credentials,
      ),
    ).toMatchObject({ metadata: { name: 'api' } });
    expect(
      await readEntity(
        catalog(entity('other')),
        'component:default/api',
        credentials,
      ),
    ).toBeUndefined();
    expect(
      await readEntity(catalog(), 'component:default/api', credentials),
    ).toBeUndefined();
    expect(
      await requireEntity(
        catalog(entity('api')),
        'component:default/api',
        credentials,
      ),
    ).toMatchObject({ metadata: { name: 'api' } });
    await expect(
      requireEntity(catalog(), 'component:default/api', credentials),
    ).rejects.toThrow(
      'The catalog has no entity component:default/api that you may see',
    );
  });
});

describe('the directory', () => {
  it('finds what there is, by refs in lower case', async () => {
    const directory = directoryOf(entity('API'));
    const found = await directory.findMany([
      'component:default/api',
      'component:default/none',
    ]);
    expect([...found.keys()]).toEqual(['component:default/api']);
    expect(await directory.find('component:default/api')).toMatchObject({
      uid: 'uid-API',
    });
    expect(await directory.find('component:default/none')).toBeUndefined();
  });

  it('asks for any number of refs, 200 at a time', async () => {
    const names = Array.from({ length: 401 }, (_, n) => `c${n}`);
    const catalog = catalogServiceMock({
      entities: names.map(name => entity(name)),
    });
    const sizes: number[] = [];
    const directory = new EntityDirectory({
      auth,
      catalog: {
        ...catalog,
        getEntitiesByRefs: async (request: any, options: any) => {
          sizes.push(request.entityRefs.length);
          return catalog.getEntitiesByRefs(request, options);
        },
      } as typeof catalog,
    });
    expect(
      (await directory.findMany(names.map(name => `component:default/${name}`)))
        .size,
    ).toBe(401);
    expect(sizes).toEqual([200, 200, 1]);
    await directory.findMany(
      names.slice(0, 200).map(name => `component:default/${name}`),
    );
    expect(sizes).toEqual([200, 200, 1, 200]);
  });

  describe('of a catalog that never answers', () => {
    const never = () => new Promise<never>(() => {});
    const directory = new EntityDirectory({
      auth,
      catalog: {
        ...catalogServiceMock(),
        getEntitiesByRefs: never,
        streamEntities: () => ({
          [Symbol.asyncIterator]: () => ({ next: never }),
        }),
      } as unknown as CatalogService,
    });
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it.each([
      ['refs', () => directory.findMany(['component:default/api'])],
      ['namespaces', () => directory.inNamespaces(['shop'])],
    ])('says so of %s', async (_, ask) => {
      let said: string | undefined;
      void ask().catch(({ message }) => {
        said = message;
      });
      await jest.advanceTimersByTimeAsync(29_000);
      expect(said).toBeUndefined();
      await jest.advanceTimersByTimeAsync(1_000);
      expect(said).toBe('The catalog gave no answer within 30 s');
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  it('closes the pages that its reader has not read', async () => {
    let isClosed = false;
    async function* pages() {
      try {
        yield 'first';
        yield 'second';
      } finally {
        isClosed = true;
      }
    }
    const read: string[] = [];
    for await (const page of pagesInTime(pages(), 30_000)) {
      read.push(page);
      break;
    }
    expect([read, isClosed]).toEqual([['first'], true]);
  });

  it('knows the title of an entity, else its name', async () => {
    const directory = directoryOf(
      entity('api', { title: 'The API' }),
      entity('jobs'),
    );
    expect(await directory.titleOf('component:default/api')).toBe('The API');
    expect(await directory.titleOf('component:default/jobs')).toBe('jobs');
    expect(await directory.titleOf('component:default/none')).toBe('none');
  });

  it('knows whether an entity has the tab of its identities', async () => {
    const service = { ...entity('api'), spec: { type: 'service' } };
    const directory = directoryOf(service, entity('jobs'));
    expect(await directory.hasTab('component:default/api')).toBe(true);
    expect(await directory.hasTab('component:default/jobs')).toBe(false);
    expect(await directory.hasTab('component:default/none')).toBe(false);
  });
});
