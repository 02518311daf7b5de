import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass } from 'eks-sandbox';
import {
  LifecycleWorld,
  outline,
  stepOf,
} from './__testUtils__/LifecycleWorld';
import { BOUNDARY } from './__testUtils__/lifecyclePortal';
import { identityTarget, trustSid } from '../identity/names';

const NONE = { kubernetes: { access: 'none' } };
const PROD = { name: 'payments-prod', ...NONE };
const SECOND = { name: 'orders', ...NONE };
const REF = 'payments-prod/shop/api';
const OTHER = 'orders/shop/api';
const ENTITY = 'component:default/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const ADOPT_ANY = {
  guardrails: { roles: { adopt: ['arn:aws:iam::111122223333:role/*'] } },
};

const startWorld = (section: Record<string, unknown> = {}) =>
  LifecycleWorld.withCluster({
    clusters: [PROD, SECOND],
    portals: ['main', 'other'],
    section,
  });

describe('Ownership', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await startWorld(ADOPT_ANY);
  });
  afterEach(() => world.stop());

  const aws = () => world.sandbox.aws;

  it('distinguishes a-b/c from a/b-c', async () => {
    const one = await world.associate('payments-prod/a-b/c');
    const two = await world.associate('payments-prod/a/b-c');
    expect(one.roleArn).not.toBe(two.roleArn);
    await world.teardown('payments-prod/a-b/c');
    expect(world.association('payments-prod/a/b-c')).toBeDefined();
    expect(world.role(two.roleArn)).toBeDefined();
    expect(world.role(one.roleArn)).toBeUndefined();
  });

  it('leaves the identity of another portal alone', async () => {
    const theirs = await world.associate(REF, {}, { portal: 'other' });
    world.forget();
    await expect(world.associate(REF)).rejects.toThrow(
      /belongs to another portal \(other\.example\.com\)/,
    );
    const teardown = await world.teardown(REF);
    expect(teardown.removed).toEqual([]);
    expect(teardown.kept).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'association' }),
        expect.objectContaining({
          kind: 'role',
          reason: expect.stringContaining('other.example.com'),
        }),
      ]),
    );
    expect(world.writes()).toEqual([]);
    expect(world.role(theirs.roleArn)).toBeDefined();
  });

  it('keeps a foreign association that fits, and names both sides when it does not', async () => {
    const role = aws().iam.putRole({ name: 'theirs' });
    aws().eks.putAssociation('payments-prod', {
      namespace: 'shop',
      serviceAccount: 'api',
      roleArn: role.arn,
      tags: { ManagedBy: 'terraform' },
    });
    const fits = await world.associate(REF, { roleArn: role.arn });
    expect(fits.changed).toBe(false);
    // A request for it does not make the component its owner
    expect(fits.taggedEntityRef).toBeUndefined();
    expect(stepOf(fits.plan, 'association')).toMatchObject({
      change: 'keep',
      owner: 'external',
    });
    const asks = await world.planAssociate(
      REF,
      { entityRef: ENTITY },
      { owns: [ENTITY] },
    );
    expect(stepOf(asks, 'association')).toMatchObject({
      change: 'conflict',
      choice: { roleArn: role.arn },
    });
    const error = await world.associate(REF).catch(e => e);
    expect(error.name).toBe('ConflictError');
    expect(error.message).toContain(role.arn);
    expect(error.message).toMatch(
      /wants role arn:aws:iam::\S+eks-payments-prod/,
    );
    expect(world.writes()).toEqual([]);
    // replaceRole is for our own associations only.
    await expect(world.associate(REF, { replaceRole: true })).rejects.toThrow(
      /ask its owner/,
    );
  });

  it('reports the component that the tag names, for every caller', async () => {
    const first = await world.associate(REF, { entityRef: ENTITY });
    const again = await world.associate(REF, {
      entityRef: 'component:default/another',
    });
    expect(again.changed).toBe(false);
    expect([first, again].map(result => result.taggedEntityRef)).toEqual([
      ENTITY,
      ENTITY,
    ]);
  });

  it('never touches an association that an add-on owns', async () => {
    const role = aws().iam.putRole({ name: 'ebs' });
    aws().eks.putAssociation('payments-prod', {
      namespace: 'shop',
      serviceAccount: 'api',
      roleArn: role.arn,
      ownerArn:
        'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/ebs/1234',
    });
    await expect(world.associate(REF)).rejects.toThrow(/through the add-on/);
    const { kept, removed } = await world.teardown(REF, { force: true });
    expect(removed).toEqual([]);
    expect(kept[0].reason).toMatch(/addon\/payments-prod\/ebs\/1234 owns it/);
    expect(world.writes()).toEqual([]);
  });

  it('refuses a role name that another owner has taken, and suggests sharing', async () => {
    aws().iam.putRole({ name: 'api', path: '/backstage/' });
    await expect(world.associate(REF, { roleName: 'api' })).rejects.toThrow(
      /the name api is wanted for payments-prod\/shop\/api, but taken by a role that belongs to another owner/,
    );
    const first = await world.associate(OTHER, {
      roleName: 'shared',
      entityRef: ENTITY,
    });
    await expect(
      world.associate(REF, { roleName: 'shared', entityRef: ENTITY }),
    ).rejects.toThrow(`choose the existing role ${first.roleArn}`);
    expect(world.association(REF)).toBeUndefined();
  });

  it('keeps foreign policies, tags and trust statements, and finds its own among them', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    const foreign = {
      Sid: 'Ec2',
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    const trust = world.trustOf(roleArn);
    trust.Statement.unshift(foreign);
    aws().iam.updateRole(roleArn!, {
      trust: trust as any,
      attached: [S3, SQS],
      inline: {
        'their-own': {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
        },
      },
      tags: { ...world.role(roleArn)!.tags, owner: 'somebody' },
    });
    world.forget();
    const { plan } = await world.associate(REF, {
      managedPolicyArns: [S3],
      trustScope: 'namespace',
    });
    expect(outline(plan).filter(line => !line.startsWith('keep'))).toEqual([
      'update role.trust',
    ]);
    expect(stepOf(plan, 'role.trust.Ec2').reason).toMatch(
      /not written by this portal|not in this request/,
    );
    expect(
      stepOf(plan, 'role.managed-policy.AmazonSQSReadOnlyAccess'),
    ).toMatchObject({
      change: 'keep',
      owner: 'external',
    });
    expect(stepOf(plan, 'role.inline-policy.their-own').change).toBe('keep');
    expect(world.writes()).toEqual(['iam:UpdateAssumeRolePolicy']);
    const after = world.role(roleArn)!;
    expect(world.trustOf(roleArn).Statement[0]).toEqual(foreign);
    expect(world.trustOf(roleArn).Statement[1].Condition.StringEquals).toEqual({
      'aws:RequestTag/eks-cluster-arn':
        'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
      'aws:RequestTag/kubernetes-namespace': 'shop',
    });
    expect(after.attached).toEqual([S3, SQS]);
    expect(after.tags.owner).toBe('somebody');
  });

  it('stops at a foreign Deny that would lock out the service account', async () => {
    const { roleArn } = await world.associate(REF);
    const trust = world.trustOf(roleArn);
    trust.Statement.push({
      Sid: 'NotFromHere',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Condition: {
        StringNotEquals: {
          'aws:RequestTag/kubernetes-namespace': 'secrets-of-another-team',
        },
      },
    });
    aws().iam.updateRole(roleArn!, { trust: trust as any });
    world.forget();
    await expect(world.associate(REF)).rejects.toThrow(
      /keeps this service account out/,
    );
    expect(world.writes()).toEqual([]);
    // Which statement it is, and nothing of what it says about others
    const plan = await world.planAssociate(REF);
    expect(stepOf(plan, 'role.trust').before).toEqual({
      statements: [{ name: 'statement "NotFromHere"', effect: 'Deny' }],
    });
    expect(JSON.stringify(plan)).not.toContain('another-team');
  });

  describe('of an adopted role', () => {
    it('is not changed; what the request needs must be there', async () => {
      const role = aws().iam.putRole({ name: 'legacy', attached: [S3] });
      const result = await world.associate(REF, {
        roleArn: role.arn,
        managedPolicyArns: [S3],
      });
      expect(world.writes()).toEqual(['eks:CreatePodIdentityAssociation']);
      expect(result.roleArn).toBe(role.arn);
      world.forget();
      await expect(
        world.associate(REF, {
          roleArn: role.arn,
          managedPolicyArns: [S3, SQS],
        }),
      ).rejects.toThrow(/AmazonSQSReadOnlyAccess: the request names it/);
      await expect(
        world.associate(REF, {
          roleArn: role.arn,
          detachManagedPolicyArns: [S3],
        }),
      ).rejects.toThrow(/the request names it, but the policies of/);
      expect(world.writes()).toEqual([]);
      const { kept } = await world.teardown(REF);
      expect(kept).toContainEqual(
        expect.objectContaining({ kind: 'role', name: role.arn }),
      );
      expect(world.role(role.arn)).toEqual(role);
    });

    it('must trust the service account, and the plan shows the statement to add', async () => {
      const role = aws().iam.putRole({
        name: 'irsa',
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: {
                Federated: 'arn:aws:iam::111122223333:oidc-provider/x',
              },
              Action: 'sts:AssumeRoleWithWebIdentity',
            },
          ],
        },
      });
      const plan = await world.planAssociate(REF, { roleArn: role.arn });
      const step = stepOf(plan, 'role.trust');
      expect(step.change).toBe('conflict');
      expect(step.after).toMatchObject({
        statementToAdd: {
          Sid: expect.stringMatching(/^BackstageEksPodIdentity/),
        },
      });
      await expect(world.associate(REF, { roleArn: role.arn })).rejects.toThrow(
        /No statement lets the service pods\.eks\.amazonaws\.com in/,
      );
      expect(world.writes()).toEqual([]);
    });

    it('is used with a warning when its trust cannot be evaluated', async () => {
      const role = aws().iam.putRole({
        name: 'odd',
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Condition: {
                StringEquals: { 'aws:SourceVpc': 'vpc-1' },
              },
            },
          ],
        },
      });
      const { warnings } = await world.associate(REF, { roleArn: role.arn });
      expect(warnings.join()).toMatch(/aws:SourceVpc .*is not evaluated/);
    });

    it('needs permission: a pattern, or a tag that names an entity of the user', async () => {
      await world.stop();
      world = await startWorld();
      const role = aws().iam.putRole({ name: 'legacy' });
      const tagged = aws().iam.putRole({
        name: 'tagged',
        tags: {
          [MARK_TAGS.entityRef]: 'component:default/batch',
          [MARK_TAGS.entityUid]: 'uid-component:default/batch',
        },
      });
      const as = { owns: [ENTITY, 'component:default/batch'] };
      const asking = (roleArn: string, owns: string[]) =>
        world.associate(REF, { roleArn, entityRef: ENTITY }, { owns });
      await expect(asking(role.arn, as.owns)).rejects.toThrow(
        /not allowed to use the role \S+legacy:/,
      );
      await expect(asking(tagged.arn, [ENTITY])).rejects.toThrow(
        /not allowed to use the role \S+tagged: .*an entity that you own/,
      );
      expect(world.writes()).toEqual([]);
      letPortalPass(world.sandbox.aws, world.sandbox.credentials, [tagged.arn]);
      await asking(tagged.arn, as.owns);
      expect(world.association(REF)?.roleArn).toBe(tagged.arn);
    });
  });

  describe('of a role shared by two clusters', () => {
    const share = async () => {
      const first = await world.associate(REF, {
        entityRef: ENTITY,
        managedPolicyArns: [S3],
      });
      world.forget();
      const second = await world.associate(OTHER, {
        entityRef: ENTITY,
        roleArn: first.roleArn,
        managedPolicyArns: [S3],
      });
      return { first, second, roleArn: first.roleArn! };
    };
    const sids = (arn: string) =>
      world.trustOf(arn).Statement.map(({ Sid }) => Sid);
    const sidOf = (cluster: string) =>
      trustSid(
        identityTarget(
          { arn: `arn:aws:eks:eu-west-1:111122223333:cluster/${cluster}` },
          { namespace: 'shop', serviceAccount: 'api' },
        ),
      );

    it('has a statement for each, and nothing else changes', async () => {
      const { roleArn, second } = await share();
      expect(sids(roleArn)).toEqual([sidOf('payments-prod'), sidOf('orders')]);
      expect(world.writes()).toEqual([
        'iam:UpdateAssumeRolePolicy',
        'eks:CreatePodIdentityAssociation',
      ]);
      expect(stepOf(second.plan, 'role').reason).toMatch(/^shared/);
      world.forget();
      // The role of our association is used again although the request does not name it.
      const again = await world.associate(OTHER, { entityRef: ENTITY });
      expect(again.changed).toBe(false);
      expect(again.roleArn).toBe(roleArn);
      expect((await world.associate(REF, { entityRef: ENTITY })).changed).toBe(
        false,
      );
      expect(world.writes()).toEqual([]);
    });

    it.each([
      [REF, OTHER],
      [OTHER, REF],
    ])('is removed with the last one: %s, then %s', async (one, two) => {
      const { roleArn } = await share();
      const first = await world.teardown(one, { entityRef: ENTITY });
      expect(first.removed.map(({ kind }) => kind)).toEqual([
        'association',
        'trust-statement',
      ]);
      expect(first.kept).toContainEqual(
        expect.objectContaining({
          kind: 'role',
          reason: expect.stringMatching(/shared with another service account/),
        }),
      );
      expect(sids(roleArn)).toEqual([
        sidOf(two === REF ? 'payments-prod' : 'orders'),
      ]);
      expect(world.role(roleArn)?.attached).toEqual([S3]);
      expect((await world.teardown(one)).changed).toBe(false);
      const second = await world.teardown(two, { entityRef: ENTITY });
      expect(second.removed.map(({ kind }) => kind)).toEqual([
        'association',
        'managed-policy',
        'role',
      ]);
      expect(world.role(roleArn)).toBeUndefined();
    });

    it('is refused for another entity', async () => {
      const { roleArn } = await world.associate(REF, { entityRef: ENTITY });
      world.forget();
      const result = await world.planAssociate(OTHER, {
        entityRef: 'component:default/batch',
        roleArn,
      });
      expect(stepOf(result, 'role').reason).toMatch(/^adopted/);
      expect(stepOf(result, 'role.trust').change).toBe('conflict');
      expect(world.writes()).toEqual([]);
    });

    it('accepts no further policies', async () => {
      const { roleArn } = await world.associate(REF, { entityRef: ENTITY });
      await expect(
        world.associate(OTHER, {
          entityRef: ENTITY,
          roleArn,
          managedPolicyArns: [SQS],
        }),
      ).rejects.toThrow(/policies of a shared role are not changed/);
    });
  });

  it('recreates a deleted role, with its name and ownership tags', async () => {
    const { roleArn } = await world.associate(REF, { roleName: 'mine' });
    const before = world.role(roleArn)!;
    aws().iam.deleteRole(roleArn!);
    world.forget();
    const again = await world.associate(REF);
    expect(again.roleArn).toBe(roleArn);
    expect(world.writes()).toEqual(['iam:CreateRole']);
    expect(world.role(roleArn)?.roleId).not.toBe(before.roleId);
    expect(world.role(roleArn)?.boundaryArn).toBe(BOUNDARY);
  });

  it('goes to the next name when another holds the first, and finds it again', async () => {
    const { roleArn: usual } = await world.associate(REF);
    await world.teardown(REF);
    const { name, path } = {
      name: usual!.split('/').pop()!,
      path: '/squatted/',
    };
    aws().iam.putRole({ name, path });
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    expect(roleArn).not.toBe(usual);
    expect(roleArn).toMatch(
      /role\/backstage\/eks-payments-prod-shop-api-[0-9a-f]{8}$/,
    );
    // As after a crash between the role and the association
    aws().eks.deleteAssociation(
      'payments-prod',
      world.association(REF)!.associationId,
    );
    world.forget();
    const again = await world.associate(REF, { managedPolicyArns: [S3] });
    expect(again.roleArn).toBe(roleArn);
    expect(world.writes()).toEqual(['eks:CreatePodIdentityAssociation']);
    await world.teardown(REF);
    expect(world.role(roleArn)).toBeUndefined();
    expect(
      aws()
        .iam.roles()
        .some(role => role.path === path),
    ).toBe(true);
  });

  it('does not take over a foreign role recreated under our name', async () => {
    const { roleArn } = await world.associate(REF);
    const { name, path } = world.role(roleArn)!;
    aws().iam.putRole({ name, path });
    world.forget();
    await expect(world.associate(REF)).rejects.toThrow(
      /taken by a role that belongs to another owner/,
    );
    const { kept, removed } = await world.teardown(REF);
    expect(removed.map(({ kind }) => kind)).toEqual(['association']);
    expect(kept).toContainEqual(expect.objectContaining({ kind: 'role' }));
    expect(world.role(roleArn)).toBeDefined();
  });
});
