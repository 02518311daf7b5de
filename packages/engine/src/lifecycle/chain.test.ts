import { roundsOf } from '../async/__testUtils__/roundsOf';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const POLICIES = ['AmazonS3ReadOnlyAccess', 'AmazonSQSReadOnlyAccess'].map(
  name => `arn:aws:iam::aws:policy/${name}`,
);

/** Which calls to AWS wait for which, in a portal that has been idle. */
describe('The chain of calls', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start();
    await world.kube().namespace('shop');
    // So that no reading is outdated before it is used.
    world.sandbox.clock.setRate(0.1);
  });
  afterEach(() => world.stop());

  const recorded = (work: () => Promise<unknown>) =>
    roundsOf(world.sandbox, work);

  it('of an associate: reads, role, policies, association, and the association again', async () => {
    const chain = await recorded(() =>
      world.associate(REF, { managedPolicyArns: POLICIES }),
    );
    expect(chain).toEqual([
      [
        'DescribeAddon',
        'DescribeCluster',
        'GetRole',
        'ListPodIdentityAssociations',
      ],
      ['CreateRole'],
      ['AttachRolePolicy', 'AttachRolePolicy'],
      ['CreatePodIdentityAssociation'],
      ['DescribePodIdentityAssociation'],
    ]);
  });

  it('of an associate that changes nothing: what it reads, and the association again', async () => {
    await world.associate(REF, { managedPolicyArns: POLICIES });
    const chain = await recorded(() =>
      world.associate(REF, { managedPolicyArns: POLICIES }),
    );
    expect(chain).toEqual([
      ['DescribeAddon', 'GetRole', 'ListPodIdentityAssociations'],
      [
        'DescribePodIdentityAssociation',
        'ListAttachedRolePolicies',
        'ListRolePolicies',
      ],
      ['DescribePodIdentityAssociation'],
    ]);
  });

  it('of a teardown: two rounds of reads, then each part read again right before it is removed', async () => {
    await world.associate(REF, { managedPolicyArns: POLICIES });
    const chain = await recorded(() => world.teardown(REF));
    const lists = [
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListRolePolicies',
    ];
    expect(chain).toEqual([
      ['DescribeCluster', 'GetRole', 'ListPodIdentityAssociations'],
      ['DescribePodIdentityAssociation', ...lists],
      ['DescribePodIdentityAssociation', 'GetRole'],
      ['DeletePodIdentityAssociation', ...lists],
      ['DescribePodIdentityAssociation', 'ListPodIdentityAssociations'],
      ['DetachRolePolicy', 'DetachRolePolicy'],
      ['DeleteRole'],
    ]);
  });
});
