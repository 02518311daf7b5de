import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

describe('A cluster that is given a path of its own', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({ agent: false });
  });
  afterEach(() => world.stop());

  /** As docs/upgrading.md has it: app-config first, the rights of the write role last. */
  const move = () => {
    const kubernetes = { access: 'none' };
    const role = { path: '/backstage/payments-prod/' };
    world.addPortal('main', {
      clusters: [{ name: 'payments-prod', kubernetes, role }],
    });
  };
  const pathOf = (arn: string | undefined) => world.role(arn)?.path;

  it('makes new roles there, and goes on with those at the old path', async () => {
    const { roleArn } = await world.associate(REF);
    move();
    const again = await world.associate(REF, { managedPolicyArns: [S3] });
    expect(again.roleArn).toBe(roleArn);
    expect(world.role(roleArn)).toMatchObject({
      path: '/backstage/',
      attached: [S3],
    });
    const other = await world.associate('payments-prod/shop/other');
    expect(pathOf(other.roleArn)).toBe('/backstage/payments-prod/');
    await expect(
      world.associate('payments-prod/shop/third', { rolePath: '/backstage/' }),
    ).rejects.toThrow('it must begin with /backstage/payments-prod/');

    await world.teardown(REF);
    expect(world.role(roleArn)).toBeUndefined();
    const later = await world.associate(REF);
    expect(pathOf(later.roleArn)).toBe('/backstage/payments-prod/');
  });

  it('replaces a role at the old path, and removes both with the identity', async () => {
    const { roleArn } = await world.associate(REF);
    move();
    const moved = await world.associate(REF, {
      roleName: 'shop-api',
      replaceRole: true,
    });
    expect(pathOf(moved.roleArn)).toBe('/backstage/payments-prod/');
    expect(pathOf(roleArn)).toBe('/backstage/');
    await world.teardown(REF);
    expect([roleArn, moved.roleArn].map(pathOf)).toEqual([
      undefined,
      undefined,
    ]);
  });
});
