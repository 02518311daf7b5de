import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import {
  LifecycleWorld,
  type RunOptions,
  stepOf,
} from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const API = 'component:default/api';
const CART = 'component:default/cart';
const SHOP = 'group:default/shop';
const OTHERS = 'group:default/others';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';

/** The entity for which an identity was made decides who may act on it, whichever component a request names. */
describe('Whose identity it is', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster();
    register(API, SHOP);
    register(CART, OTHERS);
  });
  afterEach(() => world.stop());

  const owner: RunOptions = { claims: [SHOP] };
  const stranger: RunOptions = { claims: [OTHERS] };
  const administrator: RunOptions = { isAdministrator: true };

  function register(entityRef: string, ownerRef: string, uid = 'first') {
    world.catalog.set(entityRef, {
      entityRef,
      uid: `${entityRef} ${uid}`.replace(/[:/]/g, '-'),
      ownerRefs: [ownerRef],
    });
  }

  const tagsNow = () => world.association(REF)!.tags;

  it('records the entity, its uid and its owner on association and role', async () => {
    const { roleArn } = await world.associate(REF, { entityRef: API }, owner);
    const record = {
      [MARK_TAGS.entityRef]: API,
      [MARK_TAGS.entityUid]: 'component-default-api first',
      [MARK_TAGS.ownerRef]: SHOP,
    };
    expect(tagsNow()).toMatchObject(record);
    expect(world.role(roleArn)?.tags).toMatchObject(record);
    world.forget();
    const again = await world.associate(REF, { entityRef: API }, owner);
    expect(again.changed).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  it('is not shown to a user who is not allowed to read it', async () => {
    await world.associate(REF, { entityRef: API }, owner);
    world.forget();
    const granted = ['eks-pod-identity.association.create'];
    const unread = { ...owner, granted };
    const asked = { entityRef: API, managedPolicyArns: [SQS] };
    const refusal =
      /^payments-prod\/shop\/api has an AWS identity already, which you are not allowed to see/;
    const attempts = [
      world.planAssociate(REF, asked, unread),
      world.associate(REF, asked, unread),
      world.planTeardown(REF, { entityRef: API }, unread),
      world.teardown(REF, { entityRef: API }, unread),
    ];
    await Promise.all(
      attempts.map(attempt => expect(attempt).rejects.toThrow(refusal)),
    );
    expect(world.writes()).toEqual([]);
    const { steps } = await world.planAssociate(
      'payments-prod/shop/new',
      asked,
      unread,
    );
    expect(stepOf({ steps } as any, 'association').change).toBe('create');
  });

  it('is not for the owner of another component, whatever they name', async () => {
    await world.associate(REF, { entityRef: API }, owner);
    world.forget();
    const theirs = { entityRef: CART };
    const refusal =
      /^The AWS identity of payments-prod\/shop\/api was made for another component, which neither you/;
    const attempts = [
      world.associate(REF, { ...theirs, managedPolicyArns: [SQS] }, stranger),
      world.planAssociate(REF, theirs, stranger),
      world.associate(
        REF,
        { ...theirs, roleName: 'mine', replaceRole: true },
        stranger,
      ),
      world.teardown(REF, theirs, stranger),
      world.planTeardown(REF, theirs, stranger),
      world.verify(REF, theirs, stranger),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt).toMatchObject({
        status: 'rejected',
        reason: {
          name: 'NotAllowedError',
          message: expect.stringMatching(refusal),
        },
      });
    }
    expect(world.writes()).toEqual([]);
    await expect(
      world.verify(REF, { entityRef: API }, owner),
    ).resolves.toMatchObject({ ref: { serviceAccount: 'api' } });
  });

  it('is not for another component either once only the role is left', async () => {
    const { roleArn } = await world.associate(REF, { entityRef: API }, owner);
    world.sandbox.aws.eks.deleteAssociation(
      'payments-prod',
      world.association(REF)!.associationId,
    );
    world.forget();
    // Another role is made under the next name, and goes again
    const theirs = await world.associate(REF, { entityRef: CART }, stranger);
    expect(theirs.roleArn).not.toBe(roleArn);
    const { kept } = await world.teardown(REF, { entityRef: CART }, stranger);
    expect(kept).toContainEqual(
      expect.objectContaining({
        kind: 'role',
        reason: expect.stringContaining('was made for another component'),
      }),
    );
    expect(world.role(roleArn)).toBeDefined();
    expect(world.role(theirs.roleArn)).toBeUndefined();
  });

  it('follows spec.owner while the component is the same', async () => {
    await world.associate(REF, { entityRef: API }, owner);
    register(API, OTHERS);
    await expect(
      world.associate(REF, { entityRef: API }, owner),
    ).rejects.toThrow(/belongs to group:default\/others/);
    const { plan } = await world.associate(REF, { entityRef: API }, stranger);
    expect(stepOf(plan, 'association').after).toEqual({
      [MARK_TAGS.ownerRef]: OTHERS,
    });
    expect(tagsNow()[MARK_TAGS.ownerRef]).toBe(OTHERS);
  });

  it('stays with the recorded owner when its name is registered again, until they confirm it', async () => {
    await world.associate(REF, { entityRef: API }, owner);
    register(API, OTHERS, 'second');
    world.forget();
    for (const attempt of await Promise.allSettled([
      world.associate(REF, { entityRef: API }, stranger),
      world.teardown(REF, { entityRef: API }, stranger),
      world.verify(REF, { entityRef: API }, stranger),
    ])) {
      expect(attempt).toMatchObject({
        status: 'rejected',
        reason: {
          name: 'NotAllowedError',
          message: expect.stringMatching(
            /was made for an earlier component of the name component:default\/api/,
          ),
        },
      });
    }
    expect(world.writes()).toEqual([]);
    await world.associate(REF, { entityRef: API }, administrator);
    expect(tagsNow()).toMatchObject({
      [MARK_TAGS.entityUid]: 'component-default-api second',
      [MARK_TAGS.ownerRef]: OTHERS,
    });
    await world.teardown(REF, { entityRef: API }, stranger);
    expect(world.association(REF)).toBeUndefined();
  });

  it('a role of a freed name is neither adopted nor shared by who took the name', async () => {
    const { roleArn } = await world.associate(REF, { entityRef: API }, owner);
    register(API, OTHERS, 'second');
    world.forget();
    await expect(
      world.associate(
        'payments-prod/elsewhere/thief',
        { entityRef: API, roleArn },
        stranger,
      ),
    ).rejects.toThrow(/not allowed to use the role/);
    expect(world.writes()).toEqual([]);
  });

  it('shares its role with another namespace only where its own may be changed', async () => {
    const { roleArn } = await world.associate(REF, { entityRef: API }, owner);
    world.forget();
    const other = 'payments-prod/elsewhere/api';
    const share = (options: RunOptions) =>
      world.associate(other, { entityRef: API, roleArn }, options);
    await expect(share(owner)).rejects.toThrow(
      /cannot be shared: it was made for a service account of another namespace/,
    );
    expect(world.writes()).toEqual([]);
    await share({ ...owner, mayUpdate: [REF] });
    expect(world.association(other)?.roleArn).toBe(roleArn);
    // In its own namespace the permission for the request is enough
    await world.associate(
      'payments-prod/shop/worker',
      { entityRef: API, roleArn },
      owner,
    );
  });

  it('is handed over and removed by an administrator once its component is gone', async () => {
    await world.associate(REF, { entityRef: API }, owner);
    world.catalog.delete(API);
    await expect(
      world.teardown(REF, { entityRef: CART }, stranger),
    ).rejects.toThrow(/another component/);
    const handedOver = await world.associate(
      REF,
      { entityRef: CART },
      administrator,
    );
    expect(handedOver.taggedEntityRef).toBe(CART);
    await world.associate(
      REF,
      { entityRef: CART, managedPolicyArns: [SQS] },
      stranger,
    );
    world.catalog.delete(CART);
    const { removed } = await world.teardown(REF, {}, administrator);
    expect(removed.map(({ kind }) => kind)).toContain('association');
  });

  it('without a record is judged by present ownership, and gets one at the owner’s next change', async () => {
    // As a portal made it before uids were recorded: a service asks, and only the ref is known
    await world.associate(REF, { entityRef: API });
    expect(tagsNow()).not.toHaveProperty([MARK_TAGS.entityUid]);
    await expect(
      world.associate(REF, { entityRef: CART }, stranger),
    ).rejects.toThrow(/another component/);
    const { changed } = await world.associate(REF, { entityRef: API }, owner);
    expect(changed).toBe(true);
    expect(tagsNow()).toMatchObject({
      [MARK_TAGS.entityUid]: 'component-default-api first',
    });
  });

  it('made for no component is for administrators, and for the owner of the component that they give it to', async () => {
    const { roleArn } = await world.associate(REF, {}, administrator);
    world.forget();
    const mine = { entityRef: CART };
    const refusal =
      /^The AWS identity of payments-prod\/shop\/api was made for no component: only an administrator can change or remove it\. Ask one \(eksPodIdentity\.administrators\) to associate the service account with your component, whose owners can do so from then on$/;
    for (const attempt of await Promise.allSettled([
      world.associate(REF, mine, stranger),
      world.planAssociate(REF, mine, stranger),
      world.associate(REF, { ...mine, roleArn }, stranger),
      world.associate(
        REF,
        { ...mine, roleName: 'mine', replaceRole: true },
        stranger,
      ),
      world.teardown(REF, { ...mine, force: true }, stranger),
      world.planTeardown(REF, mine, stranger),
    ])) {
      expect(attempt).toMatchObject({
        status: 'rejected',
        reason: {
          name: 'NotAllowedError',
          message: expect.stringMatching(refusal),
        },
      });
    }
    expect(world.writes()).toEqual([]);
    // Looking is judged as for what others made
    await expect(world.verify(REF, mine, stranger)).resolves.toMatchObject({
      ref: { serviceAccount: 'api' },
    });
    await world.associate(REF, mine, administrator);
    await world.associate(REF, { ...mine, managedPolicyArns: [SQS] }, stranger);
    await expect(
      world.associate(REF, { entityRef: API }, owner),
    ).rejects.toThrow(/another component/);
    const { removed } = await world.teardown(REF, mine, stranger);
    expect(removed.map(({ kind }) => kind)).toContain('association');
  });

  it('made for no component leaves a role that only administrators take over', async () => {
    const { roleArn } = await world.associate(REF, {}, administrator);
    world.sandbox.aws.eks.deleteAssociation(
      'payments-prod',
      world.association(REF)!.associationId,
    );
    const mine = { entityRef: CART };
    await expect(
      world.associate(REF, { ...mine, roleArn }, stranger),
    ).rejects.toThrow(/^The role eks-\S+ was made for no component/);
    const theirs = await world.associate(REF, mine, stranger);
    expect(theirs.roleArn).not.toBe(roleArn);
    const { kept } = await world.teardown(REF, mine, stranger);
    expect(kept).toContainEqual(
      expect.objectContaining({
        kind: 'role',
        reason: expect.stringContaining('was made for no component'),
      }),
    );
    expect(world.role(roleArn)).toBeDefined();
  });
});
