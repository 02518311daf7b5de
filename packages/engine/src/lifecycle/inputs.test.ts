import { readFileSync } from 'node:fs';
import type {
  AssociateInput,
  TeardownInput,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  associateInputSchema,
  teardownInputSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  LifecycleWorld,
  outline,
  ClusterOptions,
  stepOf,
} from './__testUtils__/LifecycleWorld';
import { BOUNDARY } from './__testUtils__/lifecyclePortal';
import { TARGET_POLICY_NAME } from '../identity/names';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const TARGET = 'arn:aws:iam::444455556666:role/data-reader';
const CLUSTER_ARN = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';
const READ_BUCKET = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-payments-receipts/*',
    },
  ],
};

const GUARDRAILS = {
  roles: { adopt: ['arn:aws:iam::111122223333:role/*'] },
  targetRoles: { allow: [TARGET] },
  managedPolicies: { allow: [S3, SQS] },
};

const start = (options: ClusterOptions = {}) =>
  LifecycleWorld.withCluster({
    section: { guardrails: GUARDRAILS },
    ...options,
  });

describe('Each input of associate', () => {
  /** Inputs about how associate works; the tests of service accounts, the agent, restarts and the last request cover them. */
  const ELSEWHERE = [
    'createNamespace',
    'createServiceAccount',
    'installAgent',
    'waitUntilEffective',
    'timeoutSeconds',
    'restartWorkloads',
    'keepSettings',
  ];

  it('has its test in this file, or is in the list', () => {
    const [, tests] = readFileSync(__filename, 'utf8').split(/^describe\(/m);
    const titles = tests.match(/^ {2}(it\(|\]\)\()'.*/gm)!.join();
    const isHere = (name: string) => new RegExp(`\\b${name}\\b`).test(titles);
    expect(
      Object.keys(associateInputSchema.shape).filter(name => !isHere(name)),
    ).toEqual(ELSEWHERE);
  });

  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await start();
  });
  afterEach(() => world.stop());

  const conditionsOf = (arn: string | undefined) =>
    world.trustOf(arn).Statement[0].Condition?.StringEquals;

  it('roleName, rolePath and roleDescription shape the new role', async () => {
    const { roleArn, roleName } = await world.associate(REF, {
      roleName: 'api-reader',
      rolePath: '/backstage/shop/',
      roleDescription: 'Reads receipts',
    });
    expect(roleArn).toBe(
      'arn:aws:iam::111122223333:role/backstage/shop/api-reader',
    );
    expect(roleName).toBe('api-reader');
    expect(world.role(roleArn)?.description).toBe('Reads receipts');
  });

  it('roleDescription is changed later; rolePath cannot be', async () => {
    const { roleArn } = await world.associate(REF);
    // By its owner
    world.sandbox.aws.iam.updateRole(roleArn!, { maxSessionDuration: 7200 });
    await world.associate(REF, { roleDescription: 'Other' });
    expect(world.role(roleArn)).toMatchObject({
      description: 'Other',
      maxSessionDuration: 7200,
    });
    await expect(
      world.associate(REF, { rolePath: '/backstage/shop/' }),
    ).rejects.toThrow(
      /rolePath is \/backstage\/shop\/, but the role lives under/,
    );
  });

  it('roleName: an invalid one, and roleArn beside it, are refused', async () => {
    const bad = associateInputSchema.safeParse({
      clusterName: 'c',
      namespace: 'n',
      serviceAccount: 's',
      roleName: 'no spaces',
    });
    expect(bad.error?.issues[0].path).toEqual(['roleName']);
    await expect(
      world.associate(REF, {
        roleName: 'x',
        roleArn: 'arn:aws:iam::111122223333:role/x',
      }),
    ).rejects.toThrow(/^roleName is not possible with an existing role/);
    await expect(world.associate(REF, { rolePath: '/else/' })).rejects.toThrow(
      /rolePath \/else\/ is not allowed/,
    );
  });

  it('roleArn: a missing role, another account, another path', async () => {
    world.sandbox.aws.iam.putRole({ name: 'deep', path: '/team/' });
    for (const [roleArn, message] of [
      ['arn:aws:iam::111122223333:role/nope', /roleArn: there is no role/],
      [
        'arn:aws:iam::444455556666:role/x',
        /roleArn .* is not a role of account/,
      ],
      [
        'arn:aws:iam::111122223333:role/deep',
        /role\/team\/deep, not .*role\/deep/,
      ],
    ] as const) {
      await expect(world.associate(REF, { roleArn })).rejects.toThrow(message);
    }
    expect(world.writes()).toEqual([]);
  });

  it('managedPolicyArns are attached, detachManagedPolicyArns detached, nothing else', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    await world.associate(REF, { managedPolicyArns: [SQS] });
    expect(world.role(roleArn)?.attached).toEqual([S3, SQS]);
    const { plan } = await world.associate(REF, {
      detachManagedPolicyArns: [S3],
    });
    expect(
      stepOf(plan, 'role.managed-policy.AmazonS3ReadOnlyAccess'),
    ).toMatchObject({
      change: 'delete',
      reason: 'detachManagedPolicyArns names it',
    });
    expect(world.role(roleArn)?.attached).toEqual([SQS]);
    world.forget();
    const again = await world.associate(REF, { detachManagedPolicyArns: [S3] });
    expect(again.changed).toBe(false);
    await expect(
      world.associate(REF, {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
      }),
    ).rejects.toThrow(/The policy .*AdministratorAccess is not allowed/);
    await expect(
      world.associate(REF, {
        managedPolicyArns: [S3],
        detachManagedPolicyArns: [S3],
      }),
    ).rejects.toThrow(/cannot be attached and detached at once/);
    expect(world.writes()).toEqual([]);
  });

  it('inlinePolicies are written, changed and removed under our prefix', async () => {
    const { roleArn } = await world.associate(REF, {
      inlinePolicies: { bucket: READ_BUCKET },
    });
    const name = 'BackstageEksPodIdentity-bucket';
    const inline = () => world.role(roleArn)?.inline ?? {};
    expect(JSON.parse(inline()[name])).toEqual(READ_BUCKET);
    world.forget();
    // The same policy in another spelling counts as unchanged.
    await world.associate(REF, {
      inlinePolicies: {
        bucket: {
          Statement: {
            Resource: ['arn:aws:s3:::acme-payments-receipts/*'],
            Action: ['s3:GetObject'],
            Effect: 'Allow',
          },
          Version: '2012-10-17',
        },
      },
    });
    await world.associate(REF);
    expect(world.writes()).toEqual([]);
    const other = structuredClone(READ_BUCKET);
    other.Statement[0].Action = 's3:ListBucket';
    other.Statement[0].Resource = 'arn:aws:s3:::acme-payments-receipts';
    const { plan } = await world.associate(REF, {
      inlinePolicies: { bucket: other },
    });
    expect(stepOf(plan, `role.inline-policy.${name}`)).toMatchObject({
      change: 'update',
      before: {
        Statement: [expect.objectContaining({ Action: 's3:GetObject' })],
      },
    });
    await world.associate(REF, { inlinePolicies: {} });
    expect(inline()).toEqual({});
    await expect(
      world.associate(REF, {
        inlinePolicies: {
          all: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
          },
        },
      }),
    ).rejects.toThrow(/inlinePolicies\["all"\]/);
  });

  it.each([
    [
      'serviceAccount',
      ['eks-cluster-arn', 'kubernetes-namespace', 'kubernetes-service-account'],
    ],
    ['namespace', ['eks-cluster-arn', 'kubernetes-namespace']],
    ['cluster', ['eks-cluster-arn']],
  ] as const)('trustScope %s is narrowed by %j', async (trustScope, tags) => {
    const { roleArn } = await world.associate(REF, { trustScope });
    expect(Object.keys(conditionsOf(roleArn))).toEqual(
      tags.map(tag => `aws:RequestTag/${tag}`),
    );
    expect(conditionsOf(roleArn)['aws:RequestTag/eks-cluster-arn']).toBe(
      CLUSTER_ARN,
    );
  });

  it('trustScope account is AWS’s minimal policy, with a warning about its reach', async () => {
    const { roleArn, warnings } = await world.associate(REF, {
      trustScope: 'account',
    });
    expect(world.trustOf(roleArn).Statement).toEqual([
      {
        Sid: expect.any(String),
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ]);
    expect(warnings.join()).toMatch(/every association in the account may use/);
  });

  it('disableSessionTags sends none, trusts the account and refuses any other scope', async () => {
    const { roleArn, warnings } = await world.associate(REF, {
      disableSessionTags: true,
    });
    expect(world.association(REF)?.disableSessionTags).toBe(true);
    expect(conditionsOf(roleArn)).toBeUndefined();
    expect(warnings.join()).toMatch(/every association in the account/);
    await expect(
      world.associate(REF, { disableSessionTags: true, trustScope: 'cluster' }),
    ).rejects.toThrow(
      /trustScope "cluster" cannot work with disableSessionTags/,
    );
    // Left out, it keeps its value; given, it changes, and the trust policy with it.
    world.forget();
    await world.associate(REF);
    expect(world.writes()).toEqual([]);
    await world.associate(REF, { disableSessionTags: false });
    expect(world.association(REF)?.disableSessionTags).toBe(false);
    expect(Object.keys(conditionsOf(roleArn))).toHaveLength(3);
  });

  it('disableSessionTags: an explicit trustScope that contradicts the existing association is refused by name', async () => {
    await world.associate(REF, { disableSessionTags: true });
    await expect(
      world.associate(REF, { trustScope: 'namespace' }),
    ).rejects.toThrow(
      /^trustScope "namespace" cannot work with disableSessionTags/,
    );
  });

  it('targetRoleArn gets one inline policy on exactly it, and the snippet for its owner', async () => {
    const result = await world.associate(REF, { targetRoleArn: TARGET });
    const { roleArn } = result;
    expect(result.effectiveRoleArn).toBe(TARGET);
    expect(world.association(REF)?.targetRoleArn).toBe(TARGET);
    const policy = JSON.parse(world.role(roleArn)!.inline[TARGET_POLICY_NAME]);
    expect(policy.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: TARGET,
      },
    ]);
    const snippet = JSON.parse(result.targetTrustPolicy!);
    expect(snippet.Statement[0]).toEqual({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: {
        ArnEquals: { 'aws:PrincipalArn': roleArn },
        StringEquals: {
          'aws:RequestTag/eks-cluster-arn': CLUSTER_ARN,
          'aws:RequestTag/kubernetes-namespace': 'shop',
          'aws:RequestTag/kubernetes-service-account': 'api',
        },
      },
    });
    expect(stepOf(result.plan, 'target-trust').after).toEqual({
      trustPolicyToAdd: snippet,
    });
    await expect(
      world.associate(REF, {
        targetRoleArn: 'arn:aws:iam::444455556666:role/other',
      }),
    ).rejects.toThrow(/targetRoleArn .*role\/other is not allowed/);
  });

  it('a target role that the association keeps is judged too', async () => {
    await world.associate(REF, { targetRoleArn: TARGET });
    world.addPortal('main', {
      clusters: [{ name: 'payments-prod', kubernetes: { access: 'none' } }],
      section: { guardrails: { ...GUARDRAILS, targetRoles: { allow: [] } } },
    });
    world.forget();
    await expect(world.associate(REF)).rejects.toThrow(
      /targetRoleArn .*data-reader is not allowed on cluster payments-prod/,
    );
    expect(world.writes()).toEqual([]);
    await world.associate(REF, { targetRoleArn: '' });
    expect(world.association(REF)?.targetRoleArn).toBeUndefined();
  });

  it('targetRoleArn without session tags asks for the external id that AWS made', async () => {
    const result = await world.associate(REF, {
      targetRoleArn: TARGET,
      disableSessionTags: true,
    });
    expect(result.externalId).toBe(
      'eu-west-1/111122223333/payments-prod/shop/api',
    );
    const [assume, tag] = JSON.parse(result.targetTrustPolicy!).Statement;
    expect(assume.Condition.StringEquals).toEqual({
      'sts:ExternalId': result.externalId,
    });
    expect(tag.Action).toBe('sts:TagSession');
    expect(tag.Condition.StringEquals).toBeUndefined();
  });

  it('targetRoleArn on an adopted role must be allowed there already', async () => {
    const { iam } = world.sandbox.aws;
    const role = iam.putRole({ name: 'legacy' });
    const input = { roleArn: role.arn, targetRoleArn: TARGET };
    await expect(world.associate(REF, input)).rejects.toThrow(
      /targetRoleArn needs \S+legacy to be allowed sts:AssumeRole/,
    );
    expect(world.writes()).toEqual([]);
    const policy = iam.putPolicy({
      name: 'go-on',
      document: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }],
      },
    });
    iam.updateRole(role.arn, { attached: [policy.arn] });
    const { plan } = await world.associate(REF, input);
    expect(stepOf(plan, 'role.target-permission').change).toBe('keep');
    expect(world.writes()).toEqual(['eks:CreatePodIdentityAssociation']);
  });

  it('targetRoleArn and sessionPolicy are cleared by an empty string', async () => {
    const set = await world.associate(REF, {
      targetRoleArn: TARGET,
      disableSessionTags: true,
      sessionPolicy: READ_BUCKET,
    });
    expect(JSON.parse(world.association(REF)!.policy!)).toEqual(READ_BUCKET);
    world.forget();
    expect((await world.associate(REF)).changed).toBe(false);
    const { plan } = await world.associate(REF, {
      targetRoleArn: '',
      sessionPolicy: '',
    });
    expect(stepOf(plan, 'association')).toMatchObject({
      change: 'update',
      after: { targetRoleArn: null, policy: null },
    });
    const association = world.association(REF);
    expect(association?.associationId).toBe(set.associationId);
    expect(association?.targetRoleArn).toBeFalsy();
    expect(association?.policy).toBeFalsy();
    expect(world.role(set.roleArn)?.inline[TARGET_POLICY_NAME]).toBeUndefined();
    expect(world.writes()).toEqual([
      'eks:UpdatePodIdentityAssociation',
      'iam:DeleteRolePolicy',
    ]);
  });

  it('clearing replaces the association where AWS keeps the value, and says so', async () => {
    world.sandbox.aws.set({ emptyStringClears: false });
    const set = await world.associate(REF, { targetRoleArn: TARGET });
    world.forget();
    const { associationId, effectiveRoleArn, warnings } = await world.associate(
      REF,
      { targetRoleArn: '' },
    );
    expect(associationId).not.toBe(set.associationId);
    expect(effectiveRoleArn).toBe(set.roleArn);
    expect(world.association(REF)?.targetRoleArn).toBeUndefined();
    expect(warnings.join()).toMatch(/running pods get 404/);
    expect(world.writes()).toEqual([
      'eks:UpdatePodIdentityAssociation',
      'eks:DeletePodIdentityAssociation',
      'eks:CreatePodIdentityAssociation',
      'iam:DeleteRolePolicy',
    ]);
    world.forget();
    expect((await world.associate(REF)).changed).toBe(false);
  });

  it('sessionPolicy needs disableSessionTags', async () => {
    await expect(
      world.associate(REF, { sessionPolicy: READ_BUCKET }),
    ).rejects.toThrow(/sessionPolicy needs disableSessionTags/);
    await world.associate(REF, {
      sessionPolicy: READ_BUCKET,
      disableSessionTags: true,
      targetRoleArn: TARGET,
    });
    await expect(
      world.associate(REF, { disableSessionTags: false }),
    ).rejects.toThrow(
      /^disableSessionTags: the association has a session policy/,
    );
  });

  it('replaceRole replaces our role; teardown finds both', async () => {
    const first = await world.associate(REF, { roleName: 'one' });
    await expect(world.associate(REF, { roleName: 'two' })).rejects.toThrow(
      /has the role \S+one, the request wants \S+two; choose to replace its role/,
    );
    expect(world.role(first.roleArn!.replace('one', 'two'))).toBeUndefined();
    const second = await world.associate(REF, {
      roleName: 'two',
      replaceRole: true,
    });
    expect(second.associationId).toBe(first.associationId);
    expect(world.association(REF)?.roleArn).toBe(second.roleArn);
    expect(second.warnings.join()).toMatch(/former role one stays/);
    const { removed } = await world.teardown(REF);
    expect(removed.filter(({ kind }) => kind === 'role')).toHaveLength(2);
    expect(world.role(first.roleArn)).toBeUndefined();
    expect(world.role(second.roleArn)).toBeUndefined();
  });

  it('tags go on role and association, and are changed when the request changes them', async () => {
    const { roleArn } = await world.associate(REF, { tags: { tier: '1' } });
    expect(world.role(roleArn)?.tags.tier).toBe('1');
    expect(world.association(REF)?.tags.tier).toBe('1');
    await world.associate(REF, { tags: { tier: '2' } });
    expect(world.role(roleArn)?.tags.tier).toBe('2');
    expect(world.association(REF)?.tags.tier).toBe('2');
    world.forget();
    await world.associate(REF);
    expect(world.writes()).toEqual([]);
    await expect(
      world.associate(REF, { tags: { 'backstage.io/portal': 'x' } }),
    ).rejects.toThrow(/tags\["backstage\.io\/portal"\]/);
  });

  it('configured tags and the boundary are on every role; a removed boundary comes back', async () => {
    await world.stop();
    world = await start({
      section: {
        guardrails: GUARDRAILS,
        tags: { 'cost-center': 'shop' },
        role: { path: '/backstage/', permissionsBoundaryArn: BOUNDARY },
      },
    });
    const { roleArn } = await world.associate(REF);
    expect(world.role(roleArn)?.tags['cost-center']).toBe('shop');
    world.sandbox.aws.iam.updateRole(roleArn!, { boundaryArn: undefined });
    world.forget();
    const { plan } = await world.associate(REF);
    expect(stepOf(plan, 'role.boundary').change).toBe('create');
    expect(world.writes()).toEqual(['iam:PutRolePermissionsBoundary']);
    expect(world.role(roleArn)?.boundaryArn).toBe(BOUNDARY);
  });

  it('a cluster’s own boundary overrides the global one, on new and existing roles', async () => {
    await world.stop();
    const own = 'arn:aws:iam::111122223333:policy/strict-boundary';
    const cluster = { name: 'payments-prod', kubernetes: { access: 'none' } };
    // The portal's write role may only set the usual boundary.
    world = await start({ as: 'admin' });
    world.sandbox.aws.iam.putPolicy({
      name: 'strict-boundary',
      document: READ_BUCKET as any,
    });
    const { roleArn } = await world.associate(REF);
    expect(world.role(roleArn)?.boundaryArn).toBe(BOUNDARY);
    world.addPortal('main', {
      as: 'admin',
      clusters: [{ ...cluster, guardrails: { permissionsBoundaryArn: own } }],
      section: {
        guardrails: GUARDRAILS,
        role: { path: '/backstage/', permissionsBoundaryArn: BOUNDARY },
      },
    });
    const { plan } = await world.associate(REF);
    expect(stepOf(plan, 'role.boundary')).toMatchObject({
      change: 'update',
      after: { permissionsBoundary: own },
    });
    expect(world.role(roleArn)?.boundaryArn).toBe(own);
    const other = await world.associate('payments-prod/shop/other');
    expect(world.role(other.roleArn)?.boundaryArn).toBe(own);
  });

  it('a tag that differs only in letter case from one on the role replaces it, and the plan says so', async () => {
    const { roleArn } = await world.associate(REF);
    const { tags } = world.role(roleArn)!;
    world.sandbox.aws.iam.updateRole(roleArn!, {
      tags: { ...tags, Tier: 'theirs' },
    });
    const { plan } = await world.associate(REF, { tags: { tier: '1' } });
    expect(stepOf(plan, 'role.tags').before).toEqual({
      tier: null,
      Tier: 'theirs',
    });
    expect(world.role(roleArn)?.tags).toEqual({ ...tags, tier: '1' });
    expect((await world.associate(REF, { tags: { tier: '1' } })).changed).toBe(
      false,
    );
  });

  it('planOnly shows the plan and changes nothing', async () => {
    const result = await world.associate(REF, { planOnly: true });
    expect(result).toMatchObject({ applied: false, changed: false });
    expect(result.plan.changes).toBe(true);
    expect(result.serviceAccountManifest).toMatch(/kind: ServiceAccount/);
    expect(world.writes()).toEqual([]);
    expect(world.guarded).toEqual([]);
  });

  it('clusterName, namespace and serviceAccount must be valid names', async () => {
    await expect(world.associate('nowhere/shop/api')).rejects.toThrow(
      /There is no cluster "nowhere"/,
    );
    await expect(
      world.associate('payments-prod/kube-system/api'),
    ).rejects.toThrow(/namespace kube-system is not allowed/);
    const bad: Partial<AssociateInput> = {
      clusterName: '-c',
      namespace: 'Shop',
      serviceAccount: 'a_b',
    };
    const parsed = associateInputSchema.safeParse(bad);
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual([
      'clusterName',
      'namespace',
      'serviceAccount',
    ]);
  });

  it('entityRef is required for a user, who must own it', async () => {
    const owns = ['component:default/api'];
    await expect(world.associate(REF, {}, { owns })).rejects.toThrow(
      /entityRef is missing/,
    );
    await expect(
      world.associate(REF, { entityRef: 'component:default/x' }, { owns }),
    ).rejects.toThrow(/entityRef component:default\/x is not allowed/);
    await world.associate(REF, { entityRef: owns[0] }, { owns });
    expect(world.association(REF)?.tags['backstage.io/entity-ref']).toBe(
      owns[0],
    );
  });

  it('needs the rights that the plan uses', async () => {
    const create = 'eks-pod-identity.association.create';
    const update = 'eks-pod-identity.association.update';
    const read = 'eks-pod-identity.association.read';
    await expect(world.associate(REF, {}, { granted: [] })).rejects.toThrow(
      `needs the permission ${create}`,
    );
    await world.associate(REF, {}, { granted: [create] });
    await expect(
      world.associate(
        REF,
        { managedPolicyArns: [S3] },
        { granted: [create, read] },
      ),
    ).rejects.toThrow(`needs the permission ${update}`);
    await world.associate(
      REF,
      { managedPolicyArns: [S3] },
      { granted: [update, read] },
    );
    await expect(
      world.teardown(REF, {}, { granted: [create, update, read] }),
    ).rejects.toThrow(
      /needs the permission eks-pod-identity\.association\.delete/,
    );
    expect(world.association(REF)).toBeDefined();
  });

  it('asks an adopter’s naming strategy for new roles only', async () => {
    await world.stop();
    const asked: string[] = [];
    let prefix = 'team-';
    world = await start({
      roleNaming: ({ defaultName, cluster, ref }) => {
        asked.push(`${cluster.name}/${ref.namespace}/${ref.serviceAccount}`);
        return `${prefix}${defaultName}`.slice(0, 64);
      },
    });
    const { roleName, roleArn } = await world.associate(REF);
    expect(roleName).toMatch(/^team-eks-payments-prod-shop-api-/);
    expect(asked).toContain(REF);
    prefix = 'other-';
    const again = await world.associate(REF);
    expect(again).toMatchObject({ changed: false, roleArn });
    prefix = 'not a name ';
    await expect(world.associate('payments-prod/shop/b')).rejects.toThrow(
      /naming strategy proposed "not a name/,
    );
  });
});

describe('Wrong values of associate', () => {
  it.each<[keyof AssociateInput, unknown]>([
    ['entityRef', 'api'],
    ['roleArn', 'api'],
    ['roleName', 'no spaces'],
    ['rolePath', 'backstage'],
    ['roleDescription', 'x'.repeat(1001)],
    ['managedPolicyArns', ['AmazonS3ReadOnlyAccess']],
    ['detachManagedPolicyArns', ['AmazonS3ReadOnlyAccess']],
    ['inlinePolicies', { a: 'b' }],
    ['trustScope', 'world'],
    ['targetRoleArn', 'reader'],
    ['disableSessionTags', 'no'],
    ['sessionPolicy', 5],
    ['createNamespace', 'yes'],
    ['createServiceAccount', 'maybe'],
    ['installAgent', 'yes'],
    ['waitUntilEffective', 1],
    ['timeoutSeconds', 0],
    ['replaceRole', 'yes'],
    ['tags', { a: 1 }],
    ['planOnly', 'yes'],
  ])('%s is refused by name', (field, value) => {
    const parsed = associateInputSchema.safeParse({
      clusterName: 'c',
      namespace: 'n',
      serviceAccount: 's',
      [field]: value,
    });
    expect(parsed.error?.issues[0].path[0]).toBe(field);
  });
});

describe('Each input of teardown', () => {
  it('is checked by name', () => {
    const base = { clusterName: 'c', namespace: 'n', serviceAccount: 's' };
    const rows: [Partial<Record<keyof TeardownInput, unknown>>, string][] = [
      [{ removeAgent: 'yes' }, 'removeAgent'],
      [{ force: 1 }, 'force'],
      [{ createdByTask: 7 }, 'createdByTask'],
      [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
      [{ planOnly: 'x' }, 'planOnly'],
      [{ entityRef: 'x' }, 'entityRef'],
    ];
    for (const [change, name] of rows) {
      const parsed = teardownInputSchema.safeParse({ ...base, ...change });
      expect(parsed.error?.issues[0].path[0]).toBe(name);
    }
  });

  it('timeoutSeconds limits every single wait', async () => {
    const world = await start();
    try {
      await world.associate(REF);
      world.sandbox.delays.associationDelete = 3_600_000;
      // wall time: on the clock of the sandbox
      await expect(world.teardown(REF, { timeoutSeconds: 5 })).rejects.toThrow(
        /still shows it after 5 s/,
      );
    } finally {
      await world.stop();
    }
  });

  it('planOnly shows what would be removed and what would stay', async () => {
    const world = await start();
    try {
      await world.associate(REF, { managedPolicyArns: [S3] });
      world.forget();
      const result = await world.teardown(REF, { planOnly: true });
      expect(result).toMatchObject({
        applied: false,
        changed: false,
        removed: [],
      });
      expect(outline(result.plan)).toEqual([
        'delete association',
        'keep service-account',
        'delete role.managed-policy.AmazonS3ReadOnlyAccess',
        'delete role',
      ]);
      expect(world.writes()).toEqual([]);
      await expect(
        world.teardown(REF, { createdByTask: '  ' }),
      ).rejects.toThrow(/createdByTask is empty/);
    } finally {
      await world.stop();
    }
  });
});
