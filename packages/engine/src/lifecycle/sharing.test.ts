import { LifecycleWorld, stepOf } from './__testUtils__/LifecycleWorld';
import { BOUNDARY } from './__testUtils__/lifecyclePortal';
import { TARGET_POLICY_NAME } from '../identity/names';

const DEV = 'dev/shop/api';
const PROD = 'prod/shop/api';
const ENTITY = 'component:default/api';
const OTHER_ENTITY = 'component:default/batch';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess';
const STRICT = 'arn:aws:iam::111122223333:policy/strict-boundary';
const TARGET = 'arn:aws:iam::444455556666:role/data-reader';
const READ_BUCKET = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' },
  ],
};
const PASS_ROLE = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' }],
};

/** Two clusters of one account, one with stricter guardrails. */
describe('A role shared with a stricter cluster', () => {
  let world: LifecycleWorld;
  afterEach(() => world.stop());

  const start = async (prod: Record<string, unknown>) => {
    const dev = {
      managedPolicies: { allow: [S3, SQS] },
      targetRoles: { allow: [TARGET] },
    };
    world = await LifecycleWorld.withCluster({
      clusters: [
        { name: 'dev', guardrails: dev },
        { name: 'prod', guardrails: prod },
      ],
    });
    world.sandbox.aws.iam.putPolicy({
      name: 'strict-boundary',
      document: READ_BUCKET as any,
    });
  };

  const onDev = async (input: Record<string, unknown> = {}) => {
    const { roleArn } = await world.associate(DEV, {
      entityRef: ENTITY,
      ...input,
    });
    world.forget();
    return roleArn!;
  };

  const share = (roleArn: string, entityRef = ENTITY) =>
    world.associate(PROD, { entityRef, roleArn });

  it('must hold no managed policy that is refused there', async () => {
    await start({ managedPolicies: { allow: [] } });
    const roleArn = await onDev({ managedPolicyArns: [SQS] });
    const error = await share(roleArn).catch(e => e);
    expect(error.name).toBe('ConflictError');
    expect(error.message).toMatch(
      /AmazonSQSFullAccess: \S+ has it, but it is not allowed on cluster prod, whose configuration \(guardrails\.managedPolicies\.allow\) allows none; give this service account a separate role: have one created/,
    );
    expect(world.writes()).toEqual([]);
    await world.associate(PROD, { entityRef: ENTITY });
    expect(world.association(PROD)?.roleArn).not.toBe(roleArn);
  });

  it('must have the boundary of that cluster', async () => {
    await start({ permissionsBoundaryArn: STRICT });
    const roleArn = await onDev();
    expect(world.role(roleArn)?.boundaryArn).toBe(BOUNDARY);
    await expect(share(roleArn)).rejects.toThrow(
      `permissions-boundary ${STRICT}: cluster prod requires it, but ${roleArn} has ${BOUNDARY}; give this service account a separate role`,
    );
    world.sandbox.aws.iam.updateRole(roleArn, { boundaryArn: undefined });
    await expect(share(roleArn)).rejects.toThrow(`${roleArn} has none`);
    expect(world.writes()).toEqual([]);
  });

  it('must hold no inline policy that is refused there, ours or foreign', async () => {
    await start({ targetRoles: { allow: [] } });
    const roleArn = await onDev({
      inlinePolicies: { bucket: READ_BUCKET },
      targetRoleArn: TARGET,
    });
    const { inline } = world.role(roleArn)!;
    const set = (more: Record<string, object>) =>
      world.sandbox.aws.iam.updateRole(roleArn, {
        inline: {
          ...Object.fromEntries(
            Object.entries(inline)
              .filter(([name]) => name !== TARGET_POLICY_NAME)
              .map(([name, text]) => [name, JSON.parse(text)]),
          ),
          ...more,
        } as any,
      });
    await expect(share(roleArn)).rejects.toThrow(
      /inline-policy BackstageEksPodIdentityTarget: .* goes beyond guardrails\.targetRoles\.allow/,
    );
    set({ theirs: PASS_ROLE });
    await expect(share(roleArn)).rejects.toThrow(
      /inline-policy theirs: .*"iam:PassRole" would let the workload hand any role to a service/,
    );
    expect(world.writes()).toEqual([]);
    set({});
    expect((await share(roleArn)).changed).toBe(true);
  });

  it('is judged by one reading of each document', async () => {
    await start({ targetRoles: { allow: [TARGET] } });
    const roleArn = await onDev({ targetRoleArn: TARGET });
    const ours = JSON.parse(world.role(roleArn)!.inline[TARGET_POLICY_NAME]);
    world.sandbox.aws.iam.updateRole(roleArn, {
      inline: { [TARGET_POLICY_NAME]: ours, theirs: READ_BUCKET as any },
    });
    await world.planAssociate(PROD, {
      entityRef: ENTITY,
      roleArn,
      targetRoleArn: TARGET,
    });
    const documents = world.calls().filter(call => /GetRolePolicy$/.test(call));
    expect(documents).toHaveLength(2);
  });

  it('stays unchanged while it fits', async () => {
    await start({ managedPolicies: { allow: [S3] } });
    const roleArn = await onDev({
      managedPolicyArns: [S3],
      inlinePolicies: { bucket: READ_BUCKET },
    });
    await share(roleArn);
    expect(world.writes()).toEqual([
      'iam:UpdateAssumeRolePolicy',
      'eks:CreatePodIdentityAssociation',
    ]);
    world.forget();
    expect((await share(roleArn)).changed).toBe(false);
    const again = await world.associate(PROD, { entityRef: ENTITY });
    expect(again.changed).toBe(false);
    expect(again.roleArn).toBe(roleArn);
    expect(world.writes()).toEqual([]);

    world.sandbox.aws.iam.updateRole(roleArn, { attached: [S3, SQS] });
    await expect(world.associate(PROD, { entityRef: ENTITY })).rejects.toThrow(
      /separate role: have one created under a new name, and replace this one/,
    );
    await world.associate(PROD, {
      entityRef: ENTITY,
      roleName: 'prod-api',
      replaceRole: true,
    });
    expect(world.association(PROD)?.roleArn).toContain('/prod-api');
  });

  it('gains nothing from the other cluster that is refused there', async () => {
    await start({
      managedPolicies: { allow: [S3] },
      targetRoles: { allow: [] },
    });
    const roleArn = await onDev({ managedPolicyArns: [S3] });
    await share(roleArn);
    world.forget();
    const more = (input: Record<string, unknown>) =>
      world.associate(DEV, { entityRef: ENTITY, ...input });
    await expect(more({ managedPolicyArns: [S3, SQS] })).rejects.toThrow(
      /AmazonSQSFullAccess: a service account of cluster prod shares \S+, and there it is not allowed on cluster prod/,
    );
    await expect(more({ targetRoleArn: TARGET })).rejects.toThrow(
      /a service account of cluster prod shares .*goes beyond guardrails\.targetRoles\.allow/,
    );
    expect(world.writes()).toEqual([]);
    await more({ inlinePolicies: { bucket: READ_BUCKET } });
    await world.teardown(PROD, { entityRef: ENTITY });
    await more({ managedPolicyArns: [SQS] });
    expect(world.role(roleArn)?.attached).toEqual([S3, SQS]);
  });

  it('gains nothing that is refused by a cluster that may share it through an account-wide statement', async () => {
    await start({ managedPolicies: { allow: [S3] } });
    const roleArn = await onDev();
    await world.associate(PROD, {
      entityRef: ENTITY,
      roleArn,
      trustScope: 'account',
    });
    await expect(
      world.associate(DEV, { entityRef: ENTITY, managedPolicyArns: [SQS] }),
    ).rejects.toThrow(
      /for the whole account, which may be one of cluster prod/,
    );
  });

  it('cannot bypass this as an adopted role: its tag is the portal’s own', async () => {
    await start({ managedPolicies: { allow: [] } });
    const roleArn = await onDev({
      managedPolicyArns: [SQS],
      trustScope: 'account',
    });
    const plan = await world.planAssociate(
      PROD,
      { entityRef: OTHER_ENTITY, roleArn },
      { owns: [ENTITY, OTHER_ENTITY] },
    );
    expect(stepOf(plan, 'role').reason).toMatch(/^adopted/);
    expect(stepOf(plan, 'role.managed-policy.AmazonSQSFullAccess').change).toBe(
      'conflict',
    );
  });
});
