import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const AWS = 'arn:aws:iam::aws:policy';

/** What a wildcard of the guardrails lets through must not give control of the account. */
describe('Wildcards of the guardrails', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      section: {
        guardrails: {
          managedPolicies: {
            allow: [`${AWS}/*`, `${AWS}/AmazonSSMManagedInstanceCore`],
          },
          roles: { adopt: ['arn:aws:iam::111122223333:role/*'] },
        },
      },
    });
    world.forget();
  });
  afterEach(() => world.stop());

  it.each(['AmazonDynamoDBFullAccess', 'SecretsManagerReadWrite'])(
    'do not attach %s',
    async name => {
      await expect(
        world.associate(REF, { managedPolicyArns: [`${AWS}/${name}`] }),
      ).rejects.toThrow(/control of the account/);
      expect(world.writes()).toEqual([]);
    },
  );

  it.each(['AmazonS3ReadOnlyAccess', 'AmazonSSMManagedInstanceCore'])(
    'attach %s, which is harmless or named',
    async name => {
      const { roleArn } = await world.associate(REF, {
        managedPolicyArns: [`${AWS}/${name}`],
      });
      expect(world.role(roleArn)?.attached).toEqual([`${AWS}/${name}`]);
    },
  );

  const document = (Action: string) =>
    ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
    } as any);

  it.each([
    ['AdministratorAccess', { attached: [`${AWS}/AdministratorAccess`] }],
    ['a policy of its own', { inline: { all: document('*') } }],
    [
      'the policy of a node',
      { attached: [`${AWS}/AmazonEKSWorkerNodePolicy`] },
    ],
  ])('do not adopt a role with %s', async (_, more) => {
    const { arn } = world.sandbox.aws.iam.putRole({ name: 'theirs', ...more });
    world.forget();
    await expect(world.associate(REF, { roleArn: arn })).rejects.toThrow(
      /a workload must not have this role, which gives control/,
    );
    expect(world.writes()).toEqual([]);
  });

  it('do not adopt a role of the portal, of AWS or of the organisation', async () => {
    for (const name of [
      'portal/backstage-eks-write',
      'OrganizationAccountAccessRole',
      'aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1',
    ]) {
      await expect(
        world.associate(REF, {
          roleArn: `arn:aws:iam::111122223333:role/${name}`,
        }),
      ).rejects.toThrow(/not allowed to use the role/);
    }
    expect(world.writes()).toEqual([]);
  });
});

/** The portal's rights on roles hold only for those with the boundary; AWS's denial does not say so. */
describe('A role whose boundary is not the configured one', () => {
  let world: LifecycleWorld;
  beforeAll(async () => {
    world = await LifecycleWorld.withCluster();
  });
  afterAll(() => world.stop());

  it.each([
    ['none', undefined],
    [`${AWS}/ReadOnlyAccess`, `${AWS}/ReadOnlyAccess`],
  ])(
    'is recognised where AWS denies its removal: %s',
    async (named, boundaryArn) => {
      const { roleArn } = await world.associate(REF, {
        managedPolicyArns: [`${AWS}/AmazonS3ReadOnlyAccess`],
      });
      const name = roleArn!.split('/').pop()!;
      world.sandbox.aws.iam.updateRole(roleArn!, { boundaryArn });
      const wanted =
        'arn:aws:iam::111122223333:policy/backstage-workload-boundary';
      await expect(world.teardown(REF)).rejects.toThrow(
        `only on roles with the permissions boundary ${wanted}, and the role ${name} has ${named}. The owner of the account can put it on the role: aws iam put-role-permissions-boundary --region eu-west-1 --role-name ${name} --permissions-boundary ${wanted}.`,
      );
      world.sandbox.aws.iam.updateRole(roleArn!, { boundaryArn: wanted });
      await world.teardown(REF);
      expect(world.role(roleArn)).toBeUndefined();
    },
  );
});
