import { entityTags } from '../identity/entityRecord';
import { entity, USER } from './__testUtils__/context';
import { ownerRefusal } from './identityOwner';

const MINE = entity('mine', 'group:default/a');
const API = entity('api', 'group:default/b');
const ALLOWED = /^allowed$/;
const WHAT = 'The AWS identity of payments/shop/api';

describe('ownerRefusal', () => {
  const another = { ...API, uid: 'registered again' };
  const asOnce = { ...API, ownerRefs: ['group:default/a'] };
  const legacy = { 'backstage.io/entity-ref': 'Component:default/API' };

  it.each([
    ['its owner', entityTags(MINE), MINE, ALLOWED],
    [
      'the owner of another component',
      entityTags(API),
      API,
      /was made for another component, which neither you nor one of your groups owns/,
    ],
    [
      'the present owner after spec.owner changed',
      entityTags(API),
      asOnce,
      ALLOWED,
    ],
    [
      'the recorded owner after spec.owner changed',
      entityTags(asOnce),
      API,
      /another component/,
    ],
    [
      'the owner of a component that took a free name',
      entityTags(API),
      { ...another, ownerRefs: ['group:default/a'] },
      /another component/,
    ],
    [
      'the recorded owner after the name was registered again',
      entityTags(asOnce),
      another,
      ALLOWED,
    ],
    [
      'the recorded owner of what is gone',
      entityTags(asOnce),
      undefined,
      ALLOWED,
    ],
    [
      'a stranger to what is gone',
      entityTags(API),
      undefined,
      /another component/,
    ],
    ['the present owner without a record', legacy, asOnce, ALLOWED],
    ['a stranger without a record', legacy, API, /another component/],
    ['a user, gone without a record', legacy, undefined, /another component/],
    [
      'what names no component',
      { owner: 'x' },
      undefined,
      /was made for no component: only an administrator can change or remove it/,
    ],
  ])('%s', async (_, tags, present, refusal) => {
    const asked: string[] = [];
    const context = {
      entity: MINE,
      findEntity: async (ref: string) => {
        asked.push(ref);
        return present;
      },
    };
    const reason = await ownerRefusal(WHAT, tags, {
      ...context,
      claimant: USER,
    });
    expect(reason ?? 'allowed').toMatch(refusal);
    // The reason tells nothing about the other component
    expect(reason ?? '').not.toMatch(/default\/(api|b)/);
    expect(
      await ownerRefusal(WHAT, tags, {
        ...context,
        claimant: { claims: new Set(), isAdministrator: true },
      }),
    ).toBeUndefined();
    expect(await ownerRefusal(WHAT, tags, context)).toBeUndefined();
    expect(asked.every(ref => ref === 'component:default/api')).toBe(true);
  });

  it('says that the name was registered again, to whom it belongs now', async () => {
    expect(
      await ownerRefusal(
        WHAT,
        entityTags({ ...MINE, ownerRefs: [], uid: 'first' }),
        {
          claimant: USER,
          entity: MINE,
          findEntity: async () => undefined,
        },
      ),
    ).toBe(
      `${WHAT} was made for an earlier component of the name component:default/mine, which left the catalog. Its recorded owner or an administrator can confirm the present one by associating it again`,
    );
  });
});

describe('entityTags', () => {
  it('leaves out owners that do not fit into a tag', () => {
    const long = `group:default/${'x'.repeat(250)}`;
    expect(
      entityTags(entity('api', 'group:default/a', long, 'user:default/b')),
    ).toEqual({
      'backstage.io/entity-ref': 'component:default/api',
      'backstage.io/entity-uid': 'uid-api',
      'backstage.io/owner-ref': 'group:default/a user:default/b',
    });
    expect(entityTags(entity('api', long))).not.toHaveProperty(
      'backstage.io/owner-ref',
    );
  });
});
