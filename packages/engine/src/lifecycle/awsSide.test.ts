import {
  LifecycleWorld,
  outline,
  stepOf,
} from './__testUtils__/LifecycleWorld';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const ENTITY = 'component:default/api';

/** Only the AWS side: clusters whose Kubernetes API the portal does not use. */
describe('Associate and teardown on the AWS side', () => {
  let world: LifecycleWorld;

  beforeEach(async () => {
    world = await LifecycleWorld.start({
      portals: {
        main: {
          clusters: [{ name: 'payments-prod', kubernetes: { access: 'none' } }],
        },
      },
    });
  });
  afterEach(() => world.stop());

  it('creates role, policies and association, with ownership tags in the create calls', async () => {
    const result = await world.associate(
      REF,
      { managedPolicyArns: [S3], entityRef: ENTITY },
      { taskId: 'task-1' },
    );
    expect(result).toMatchObject({
      applied: true,
      changed: true,
      effective: 'unknown',
      clusterName: 'payments-prod',
    });
    const association = world.association(REF);
    expect(association).toMatchObject({
      roleArn: result.roleArn,
      associationId: result.associationId,
      tags: {
        [MARK_TAGS.managedBy]: 'eks-pod-identity',
        [MARK_TAGS.portal]: 'main.example.com',
        [MARK_TAGS.cluster]: 'payments-prod',
        [MARK_TAGS.region]: 'eu-west-1',
        [MARK_TAGS.namespace]: 'shop',
        [MARK_TAGS.serviceAccount]: 'api',
        [MARK_TAGS.entityRef]: ENTITY,
        [MARK_TAGS.taskId]: 'task-1',
      },
    });
    expect(world.role(result.roleArn)).toMatchObject({
      path: '/backstage/',
      attached: [S3],
      boundaryArn: expect.stringContaining('boundary'),
      tags: association?.tags,
    });
    expect(world.writes()).toEqual([
      'iam:CreateRole',
      'iam:AttachRolePolicy',
      'eks:CreatePodIdentityAssociation',
    ]);
    expect(world.guarded).toHaveLength(3);
  });

  it('plans only keep the second time and writes nothing', async () => {
    const input = { managedPolicyArns: [S3], entityRef: ENTITY };
    await world.associate(REF, input, { taskId: 'task-1' });
    world.forget();
    const again = await world.associate(REF, input, { taskId: 'task-2' });
    expect(again.changed).toBe(false);
    expect(again.plan.steps.map(({ change }) => change)).toEqual(
      again.plan.steps.map(() => 'keep'),
    );
    expect(world.writes()).toEqual([]);
  });

  it('removes everything, and a second time does nothing', async () => {
    const { roleArn } = await world.associate(REF, {
      managedPolicyArns: [S3, SQS],
    });
    world.forget();
    const gone = await world.teardown(REF);
    expect(gone.removed.map(({ kind }) => kind)).toEqual([
      'association',
      'managed-policy',
      'managed-policy',
      'role',
    ]);
    expect(world.association(REF)).toBeUndefined();
    expect(world.role(roleArn)).toBeUndefined();
    world.forget();
    const again = await world.teardown(REF);
    expect(again).toMatchObject({ applied: true, changed: false, removed: [] });
    expect(world.writes()).toEqual([]);
  });

  it('shows what would happen and writes nothing', async () => {
    const plan = await world.planAssociate(REF, { managedPolicyArns: [S3] });
    expect(outline(plan)).toEqual([
      'create role',
      'create role.managed-policy.AmazonS3ReadOnlyAccess',
      'create association',
      'keep service-account',
      'keep agent',
      'keep gate',
    ]);
    expect(stepOf(plan, 'association').dependsOn).toEqual([
      'role',
      'role.managed-policy.AmazonS3ReadOnlyAccess',
    ]);
    const result = await world.associate(REF, { planOnly: true });
    expect(result).toMatchObject({ applied: false, changed: false });
    expect(world.writes()).toEqual([]);
  });
});
