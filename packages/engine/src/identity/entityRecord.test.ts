import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import {
  type CatalogEntity,
  entityTags,
  ownersNow,
  readEntityRecord,
} from './entityRecord';

const API: CatalogEntity = {
  entityRef: 'component:default/api',
  uid: 'u-1',
  ownerRefs: ['group:default/shop', 'user:default/ada'],
};

describe('the record of an entity in tags', () => {
  it('is read as it was written', () => {
    const tags = entityTags(API);
    expect(tags).toEqual({
      [MARK_TAGS.entityRef]: 'component:default/api',
      [MARK_TAGS.entityUid]: 'u-1',
      [MARK_TAGS.ownerRef]: 'group:default/shop user:default/ada',
    });
    expect(readEntityRecord(tags)).toEqual(API);
  });

  it('has no tag for what is not known, since AWS would store an empty one', () => {
    const bare = { ...API, uid: '', ownerRefs: [] };
    const tags = entityTags(bare);
    expect(tags).toEqual({ [MARK_TAGS.entityRef]: 'component:default/api' });
    expect(readEntityRecord(tags)).toEqual({
      entityRef: 'component:default/api',
      uid: undefined,
      ownerRefs: [],
    });
  });

  it('folds the ref as the catalog does', () => {
    const tags = { [MARK_TAGS.entityRef]: 'Component:Default/API' };
    expect(readEntityRecord(tags)?.entityRef).toBe('component:default/api');
  });

  it.each([undefined, {}, { team: 'a' }])('is not in %j', tags => {
    expect(readEntityRecord(tags as Record<string, string>)).toBeUndefined();
  });

  it('leaves an owner out whole that the tag has no room for', () => {
    const long = `group:default/${'x'.repeat(220)}`;
    const tags = entityTags({
      ...API,
      ownerRefs: ['user:default/ada', long, `${long}y`, 'user:default/bob'],
    });
    expect(readEntityRecord(tags)?.ownerRefs).toEqual([
      'user:default/ada',
      long,
    ]);
  });
});

describe('the owners of what was made for an entity', () => {
  const record = { ...API, ownerRefs: ['group:default/former'] };

  it.each<
    [
      string,
      typeof record & { uid?: string },
      CatalogEntity | undefined,
      readonly string[],
    ]
  >([
    ['while the catalog has it', record, API, API.ownerRefs],
    ['when it is gone', record, undefined, record.ownerRefs],
    [
      'when another entity has its name',
      record,
      { ...API, uid: 'u-2' },
      record.ownerRefs,
    ],
    [
      'of a record without a uid, by the name alone',
      { ...record, uid: undefined as any },
      API,
      API.ownerRefs,
    ],
  ])('%s', (_, written, present, owners) => {
    expect(ownersNow(written, present)).toEqual(owners);
  });
});
