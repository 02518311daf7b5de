import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { forbidAction } from '../clusters/__testUtils__/forbidAction';
import { LifecycleWorld, outline } from './__testUtils__/LifecycleWorld';

const NONE = { kubernetes: { access: 'none' } };
const PROD = { name: 'payments-prod', ...NONE };
const REF = 'payments-prod/shop/api';
const ENTITY = 'component:default/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';

describe('Teardown', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      clusters: [PROD, { name: 'orders' }],
      section: {
        guardrails: { roles: { adopt: ['arn:aws:iam::111122223333:role/*'] } },
      },
    });
  });
  afterEach(() => world.stop());

  const aws = () => world.sandbox.aws;
  const keptRole = (result: { kept: { kind: string; reason: string }[] }) =>
    result.kept.find(({ kind }) => kind === 'role')?.reason;

  describe('of a role with wide trust', () => {
    const wide = () =>
      world.associate(REF, {
        trustScope: 'account',
        managedPolicyArns: [S3],
      });

    it('keeps it while an association on any cluster of the account uses it', async () => {
      const { roleArn } = await wide();
      aws().eks.putAssociation('orders', {
        namespace: 'batch',
        serviceAccount: 'nightly',
        roleArn: roleArn!,
      });
      world.forget();
      const result = await world.teardown(REF);
      expect(result.removed.map(({ kind }) => kind)).toEqual(['association']);
      expect(keptRole(result)).toMatch(
        /still used by another service account$/,
      );
      expect(JSON.stringify(result)).not.toMatch(/nightly/);
      expect(result.warnings).toEqual([
        expect.stringMatching(/^The portal cannot tell which workloads lose/),
      ]);
      expect(world.role(roleArn)?.attached).toEqual([S3]);
      aws().eks.deleteAssociation(
        'orders',
        world.sandbox.aws.eks.associations('orders')[0].associationId,
      );
      expect(
        (await world.teardown(REF)).removed.map(({ kind }) => kind),
      ).toEqual(['managed-policy', 'role']);
    });

    it('keeps it when a cluster of the account cannot be read, and says which', async () => {
      const { roleArn } = await wide();
      world.addPortal('main', {
        clusters: [
          PROD,
          {
            name: 'orders',
            ...NONE,
            roles: { read: 'arn:aws:iam::111122223333:role/portal/nope' },
          },
        ],
      });
      const result = await world.teardown(REF);
      expect(keptRole(result)).toMatch(
        /another association uses it: Could not look at the associations of cluster orders/,
      );
      expect(world.role(roleArn)).toBeDefined();
    });

    it('keeps it when there was no time to read all of them', async () => {
      const { roleArn } = await wide();
      aws().eks.putAssociations(
        'orders',
        Array.from({ length: 40 }, (_, i) => ({
          namespace: 'batch',
          serviceAccount: `job-${i}`,
          roleArn: 'arn:aws:iam::111122223333:role/batch',
        })),
      );
      // Each answer takes simulated seconds, so the time is up before half of them are read.
      world.sandbox.latency.set('eks:DescribePodIdentityAssociation', 60);
      world.sandbox.clock.setRate(1_000);
      const result = await world.teardown(REF, { planOnly: true });
      expect(keptRole(result)).toMatch(
        /\d+ of 40 associations of cluster orders could not be looked at within 30 s/,
      );
      expect(world.role(roleArn)).toBeDefined();
    });

    it('treats a deleted cluster as one without associations', async () => {
      const { roleArn } = await wide();
      await world.sandbox.deleteCluster('orders');
      await world.teardown(REF);
      expect(world.role(roleArn)).toBeUndefined();
    });

    it('scans nothing when the trust names exactly this service account', async () => {
      const { roleArn } = await world.associate(REF);
      aws().eks.putAssociation('orders', {
        namespace: 'batch',
        serviceAccount: 'nightly',
        roleArn: roleArn!,
      });
      world.forget();
      await world.teardown(REF);
      expect(
        world
          .calls()
          .filter(call => call === 'eks:ListPodIdentityAssociations'),
      ).toHaveLength(2);
      expect(world.role(roleArn)).toBeUndefined();
    });
  });

  describe('keeps the role, and removes nothing from it,', () => {
    const roleWith = async (change: (arn: string) => void) => {
      const { roleArn } = await world.associate(REF, {
        managedPolicyArns: [S3],
      });
      change(roleArn!);
      const before = world.role(roleArn);
      const result = await world.teardown(REF);
      expect(world.association(REF)).toBeUndefined();
      expect(world.role(roleArn)).toEqual(before);
      // A second run gives the same answer.
      expect((await world.teardown(REF)).changed).toBe(false);
      return keptRole(result);
    };

    it('when an instance profile holds it', async () => {
      const reason = await roleWith(arn =>
        aws().iam.putInstanceProfile({
          name: 'nodes',
          roleName: arn.split('/').pop(),
        }),
      );
      expect(reason).toMatch(/instance profile nodes holds it/);
    });

    it('when its trust has a statement that is not ours', async () => {
      const reason = await roleWith(arn => {
        const trust = world.trustOf(arn);
        trust.Statement.push({
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        });
        aws().iam.updateRole(arn, { trust: trust as any });
      });
      expect(reason).toMatch(/a statement that is not ours/);
    });

    it('when it has an inline policy that is not ours', async () => {
      const reason = await roleWith(arn =>
        aws().iam.updateRole(arn, {
          inline: {
            theirs: {
              Version: '2012-10-17',
              Statement: [
                { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
              ],
            },
          },
        }),
      );
      expect(reason).toMatch(/inline policy theirs, which is not ours/);
    });
  });

  it('keeps an association that differs in any single ownership tag', async () => {
    await world.associate(REF);
    const { associationId, tags } = world.association(REF)!;
    for (const key of [
      MARK_TAGS.managedBy,
      MARK_TAGS.portal,
      MARK_TAGS.cluster,
      MARK_TAGS.region,
      MARK_TAGS.namespace,
      MARK_TAGS.serviceAccount,
    ]) {
      aws().eks.updateAssociation('payments-prod', associationId, {
        tags: { ...tags, [key]: `${tags[key]}-2` },
      });
      world.forget();
      const result = await world.teardown(REF);
      expect(result.kept).toContainEqual(
        expect.objectContaining({ kind: 'association' }),
      );
      // The remaining association uses the role.
      expect(keptRole(result)).toMatch(/stays and uses it/);
      expect(world.writes()).toEqual([]);
    }
    // Information only: never compared.
    aws().eks.updateAssociation('payments-prod', associationId, {
      tags: {
        ...tags,
        [MARK_TAGS.entityRef]: 'component:default/other',
        [MARK_TAGS.taskId]: 'x',
      },
    });
    expect((await world.teardown(REF)).kept).not.toContainEqual(
      expect.objectContaining({ kind: 'association' }),
    );
  });

  it('works when the cluster is gone', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    await world.sandbox.deleteCluster('payments-prod');
    await world.sandbox.clock.advance(20_000);
    const { removed, warnings } = await world.teardown(REF);
    expect(removed.map(({ kind }) => kind)).toEqual(['managed-policy', 'role']);
    expect(warnings.join()).toMatch(/Cluster payments-prod is gone/);
    expect(world.role(roleArn)).toBeUndefined();
    expect((await world.teardown(REF)).removed).toEqual([]);
  });

  it('finds a role under an unrecorded name', async () => {
    await expect(
      world.associate(
        REF,
        { roleName: 'odd-name' },
        {
          beforeWrite: async what => {
            if (what.startsWith('create the association'))
              throw new Error('killed');
          },
        },
      ),
    ).rejects.toThrow(/killed/);
    const arn = 'arn:aws:iam::111122223333:role/backstage/odd-name';
    expect(world.role(arn)).toBeDefined();
    const { removed } = await world.teardown(REF);
    expect(removed).toEqual([{ kind: 'role', name: arn }]);
    expect(world.role(arn)).toBeUndefined();
  });

  it('reports that it could not search for one', async () => {
    forbidAction(world.sandbox, 'iam:GetAccountAuthorizationDetails');
    const { warnings } = await world.teardown(REF);
    expect(warnings.join()).toMatch(/iam:GetAccountAuthorizationDetails/);
  });

  it('continues with independent steps when one fails, and lists both kinds', async () => {
    await world.associate(REF, { managedPolicyArns: [S3, SQS] });
    const error = await world
      .teardown(
        REF,
        {},
        {
          beforeWrite: async what => {
            if (what.startsWith('detach AmazonS3ReadOnlyAccess'))
              throw new Error('no right');
          },
        },
      )
      .catch(e => e);
    expect(error.message).toMatch(/no right/);
    expect(error.message).toMatch(
      /Done: delete the association \S+; detach AmazonSQSReadOnlyAccess/,
    );
    expect(error.message).toMatch(
      /Not done: detach AmazonS3ReadOnlyAccess from \S+; delete the role/,
    );
    const { removed } = await world.teardown(REF);
    expect(removed.map(({ kind }) => kind)).toEqual(['managed-policy', 'role']);
  });

  describe('of what one task made', () => {
    const back = (createdByTask: string) =>
      world.teardown(REF, { createdByTask, entityRef: ENTITY });

    it('removes everything the task made, and only that', async () => {
      const { roleArn } = await world.associate(
        REF,
        { entityRef: ENTITY, managedPolicyArns: [S3] },
        { taskId: 'one' },
      );
      world.forget();
      const other = await back('two');
      expect(other.removed).toEqual([]);
      expect(other.kept).toContainEqual(
        expect.objectContaining({
          kind: 'association',
          reason: 'it was made by task one, not by two',
        }),
      );
      expect(world.writes()).toEqual([]);
      const own = await back('one');
      expect(own.removed.map(({ kind }) => kind)).toEqual([
        'association',
        'managed-policy',
        'role',
      ]);
      expect(world.role(roleArn)).toBeUndefined();
    });

    it('leaves a healthy identity unchanged when the task only read it', async () => {
      const { roleArn } = await world.associate(REF, {}, { taskId: 'one' });
      await world.associate(REF, {}, { taskId: 'two' });
      const before = { a: world.association(REF), r: world.role(roleArn) };
      const { removed } = await back('two');
      expect(removed).toEqual([]);
      expect({ a: world.association(REF), r: world.role(roleArn) }).toEqual(
        before,
      );
    });

    it('keeps a role the task made when an older association uses it', async () => {
      const { roleArn } = await world.associate(REF, {}, { taskId: 'one' });
      aws().iam.deleteRole(roleArn!);
      await world.associate(REF, {}, { taskId: 'two' });
      const result = await back('two');
      expect(result.removed).toEqual([]);
      expect(keptRole(result)).toMatch(/stays and uses it/);
      expect(world.role(roleArn)).toBeDefined();
    });

    it('rolls back half an associate', async () => {
      world.sandbox.delays.iam = 3_600_000;
      await expect(
        world.associate(REF, { managedPolicyArns: [S3] }, { taskId: 'one' }),
      ).rejects.toThrow();
      const { removed } = await back('one');
      expect(removed.map(({ kind }) => kind)).toEqual([
        'managed-policy',
        'role',
      ]);
      expect((await back('one')).removed).toEqual([]);
    });

    it('removes its statement from a shared role, with the association', async () => {
      const first = await world.associate(
        'orders/shop/api',
        { entityRef: ENTITY },
        { taskId: 'one' },
      );
      await world.associate(
        REF,
        { entityRef: ENTITY, roleArn: first.roleArn },
        { taskId: 'two' },
      );
      expect(world.trustOf(first.roleArn).Statement).toHaveLength(2);
      const { removed } = await back('two');
      expect(removed.map(({ kind }) => kind)).toEqual([
        'association',
        'trust-statement',
      ]);
      expect(world.trustOf(first.roleArn).Statement).toHaveLength(1);
      expect(world.association('orders/shop/api')).toBeDefined();
    });

    it('keeps everything where others changed the identity after the task', async () => {
      const { roleArn } = await world.associate(REF, {}, { taskId: 'one' });
      const { changed, kept, removed } = await world.teardown(
        REF,
        { createdByTask: 'one' },
        { changedAfterTask: async task => task === 'one' },
      );
      expect([changed, removed]).toEqual([false, []]);
      const why = 'others changed this identity after task one';
      const stays = kept.filter(({ reason }) => reason === why);
      expect(stays.map(({ kind }) => kind)).toEqual(['association', 'role']);
      expect(world.association(REF)).toBeDefined();
      expect(world.trustOf(roleArn)).toBeDefined();
    });

    it('lists what the task changed but did not create, with its former value', async () => {
      await world.associate(
        REF,
        { managedPolicyArns: [S3] },
        { taskId: 'one' },
      );
      const { plan } = await world.associate(
        REF,
        { managedPolicyArns: [S3, SQS], trustScope: 'namespace' },
        { taskId: 'two' },
      );
      const { kept, removed } = await world.teardown(
        REF,
        { createdByTask: 'two' },
        { plansOfTask: async task => (task === 'two' ? [plan] : []) },
      );
      expect(removed).toEqual([]);
      const trust = kept.find(({ kind }) => kind === 'trust-statement');
      expect(trust?.reason).toMatch(
        /Former value: .*kubernetes-service-account/,
      );
      expect(kept.find(({ name }) => name === SQS)?.reason).toMatch(
        /it was not there/,
      );
    });
  });

  describe('of the agent', () => {
    const bare = async () => {
      await world.sandbox.createCluster({ name: 'fresh' });
      world.addPortal('main', { clusters: [{ name: 'fresh', ...NONE }] });
      return 'fresh/shop/api';
    };
    const addon = () =>
      aws().eks.cluster('fresh').addons.get('eks-pod-identity-agent');

    it('is installed with ownership tags and removed when nothing needs it any more', async () => {
      const ref = await bare();
      world.sandbox.delays.addon = 30_000;
      await world.associate(ref, {}, { taskId: 'one' });
      expect(addon()).toMatchObject({
        status: 'ACTIVE',
        resolveConflicts: 'NONE',
        tags: { [MARK_TAGS.portal]: 'main.example.com' },
      });
      expect(outline(await world.planTeardown(ref))).not.toContain(
        'delete agent',
      );
      const { removed } = await world.teardown(ref, { removeAgent: true });
      expect(removed).toContainEqual({
        kind: 'agent',
        name: 'eks-pod-identity-agent',
      });
      expect(addon()).toBeUndefined();
    });

    it('stays while any association is left, and when another owner installed it', async () => {
      const ref = await bare();
      await world.associate(ref);
      aws().eks.putAssociation('fresh', {
        namespace: 'kube-system',
        serviceAccount: 'ebs',
        roleArn: aws().iam.putRole({ name: 'ebs' }).arn,
        ownerArn: 'arn:aws:eks:eu-west-1:111122223333:addon/fresh/ebs/1',
      });
      const { kept } = await world.teardown(ref, { removeAgent: true });
      expect(kept).toContainEqual(
        expect.objectContaining({
          kind: 'agent',
          reason: 'an association of the cluster still needs it',
        }),
      );
      expect(addon()).toBeDefined();
      aws().eks.deleteAssociation(
        'fresh',
        aws().eks.associations('fresh')[0].associationId,
      );
      addon()!.tags = {};
      const theirs = await world.teardown(ref, { removeAgent: true });
      expect(theirs.kept).toContainEqual(
        expect.objectContaining({
          kind: 'agent',
          reason: 'this portal did not install it',
        }),
      );
      expect(addon()).toBeDefined();
    });

    it('needs the permission for it', async () => {
      const ref = await bare();
      const granted = [
        'eks-pod-identity.association.create',
        'eks-pod-identity.association.delete',
      ];
      await expect(
        world.associate(ref, { installAgent: true }, { granted }),
      ).rejects.toThrow(/installAgent is not allowed.*agent\.install/);
      expect(world.writes()).toEqual([]);
      const { warnings } = await world.associate(ref, {}, { granted });
      expect(warnings.join()).toContain(
        'aws eks create-addon --cluster-name fresh --addon-name eks-pod-identity-agent --region eu-west-1',
      );
      expect(addon()).toBeUndefined();
      await expect(
        world.teardown(ref, { removeAgent: true }, { granted }),
      ).rejects.toThrow(/removeAgent is not allowed/);
    });
  });
});
