import {
  glance,
  VerifyWorld,
  checkOf,
  type WorldOptions,
} from '../__testUtils__/VerifyWorld';

const ACCOUNT = 'arn:aws:iam::111122223333';
const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const role = `${ACCOUNT}:role/payments-ledger`;
const clusterArn = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';

/** What can be seen of an identity on AWS alone, over the wire: each check where it passes, fails and cannot look. */
describe('checks of AWS', () => {
  let world: VerifyWorld;
  const aws = () => world.sandbox.aws;
  const association = () =>
    aws()
      .eks.associations('payments-prod')
      .find(one => one.serviceAccount === ref.serviceAccount)!;
  const verify = async (id: string) => checkOf(await world.verify({ ref }), id);

  beforeAll(async () => {
    world = await VerifyWorld.start({
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
    });
  });
  afterEach(async () => {
    world.lastAssociate = undefined;
    world.events.length = 0;
    await world.sandbox.reset();
  });
  afterAll(() => world.stop());

  it('are consistent where all is well, complete, and skip the cluster with the reason', async () => {
    const report = await world.verify({ ref });
    expect(report).toMatchObject({
      status: 'consistent',
      proof: 'none',
      expectedRoleArn: role,
      expectedRoleSource: 'association',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      engineVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(glance(report)).toEqual([
      'access.aws pass',
      'access.kubernetes skip',
      'cluster.active pass',
      'cluster.supported pass',
      'cluster.eks-auth-path pass',
      'agent.installed pass',
      'agent.healthy pass',
      'agent.on-node skip',
      'role.exists pass',
      'role.trust-policy pass',
      'role.policies pass',
      'role.target skip',
      'association.exists pass',
      'association.matches pass',
      'service-account.exists skip',
      'service-account.irsa skip',
      'admission.injects skip',
      'credentials.agent-answers skip',
      'credentials.identity skip',
      'credentials.imds skip',
      'workloads.injected skip',
      'workloads.shadowed skip',
      'workloads.unsupported skip',
    ]);
    expect(checkOf(report, 'service-account.exists').message).toContain(
      'kubernetes.access: none',
    );
    expect(world.told.map(({ id }) => id).sort()).toEqual(
      report.checks.map(({ id }) => id).sort(),
    );
  });

  it('run no pod where the portal has no Kubernetes access, and say so', async () => {
    const report = await world.verify({
      ref,
      probe: 'pod',
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(report).toMatchObject({ probe: 'none', status: 'consistent' });
    expect(checkOf(report, 'permissions.s3').status).toBe('skip');
    expect(world.log[0]).toContain('so no pod is run');
  });

  describe('cluster', () => {
    it.each([
      ['CREATING', 'fail'],
      ['DELETING', 'fail'],
      ['FAILED', 'fail'],
      ['UPDATING', 'note'],
      ['ACTIVE', 'pass'],
    ] as const)('active: %s is %s', async (status, expected) => {
      aws().eks.updateCluster('payments-prod', { status });
      expect(await verify('cluster.active')).toMatchObject({
        status: expected,
        message: expect.stringContaining('payments-prod'),
      });
    });

    it('active: fails when the cluster is gone', async () => {
      await world.sandbox.deleteCluster('payments-prod');
      const report = await world.verify({ ref });
      expect(checkOf(report, 'cluster.active')).toMatchObject({
        status: 'fail',
        message:
          'There is no EKS cluster payments-prod in eu-west-1 of account 111122223333.',
      });
      expect(report.status).toBe('failed');
      expect(checkOf(report, 'cluster.supported')).toMatchObject({
        status: 'skip',
        becauseOf: 'cluster.active',
      });
    });

    it('active and supported: cannot look without the right, and name it', async () => {
      world.forbid('eks:DescribeCluster');
      const report = await world.verify({ ref });
      for (const id of ['cluster.active', 'cluster.supported']) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'unknown',
          message: `The portal is not allowed to call eks:DescribeCluster on ${clusterArn}.`,
        });
      }
      expect(report.status).toBe('inconclusive');
    });

    it('supported: fails on old versions, Outposts and connected clusters', async () => {
      aws().eks.updateCluster('payments-prod', { version: '1.23' });
      expect(await verify('cluster.supported')).toMatchObject({
        status: 'fail',
        message: 'Kubernetes 1.23 is too old for Pod Identity.',
        expected: '1.24 or later',
        observed: '1.23',
      });
      await world.sandbox.reset();
      aws().eks.updateCluster('payments-prod', {
        outpostConfig: {
          outpostArns: ['arn:o'],
          controlPlaneInstanceType: 'm5.large',
        },
      } as any);
      expect(await verify('cluster.supported')).toMatchObject({
        status: 'fail',
        observed: 'outposts',
      });
    });

    it('eks-auth-path: is skipped on a private cluster in a run without a pod', async () => {
      aws().eks.updateCluster('payments-prod', { endpointPublicAccess: false });
      const report = await world.verify({ ref });
      expect(checkOf(report, 'cluster.eks-auth-path')).toMatchObject({
        status: 'skip',
        advisory: true,
        message: expect.stringContaining('looked at in runs that start a pod'),
      });
      expect(report.status).toBe('consistent');
      expect(
        world.sandbox.calls.calls().filter(call => call.service === 'ec2'),
      ).toEqual([]);
    });
  });

  describe('agent', () => {
    it('installed: cannot tell without the add-on and without a look into the cluster', async () => {
      aws()
        .eks.cluster('payments-prod')
        .addons.delete('eks-pod-identity-agent');
      expect(await verify('agent.installed')).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^There is no add-on eks-pod-identity-agent; whether/,
        ),
      });
    });

    it('installed: cannot look without the right', async () => {
      world.forbid('eks:DescribeAddon');
      expect(await verify('agent.installed')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to call eks:DescribeAddon on arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/eks-pod-identity-agent/*.',
      });
    });

    it('healthy: warns with EKS’s own issue and what to do about it', async () => {
      aws().eks.setAddonHealth('payments-prod', 'eks-pod-identity-agent', {
        status: 'CREATE_FAILED',
        issues: [
          {
            code: 'ConfigurationConflict',
            message: 'Conflicts found when trying to apply.',
            resourceIds: [],
          },
        ],
      });
      const report = await world.verify({ ref });
      expect(checkOf(report, 'agent.healthy')).toMatchObject({
        status: 'warn',
        message:
          'The add-on is CREATE_FAILED. It reports ConfigurationConflict: Conflicts found when trying to apply.',
        fix: {
          actions: expect.arrayContaining([
            expect.stringContaining('--resolve-conflicts OVERWRITE'),
          ]),
        },
      });
      expect(report.status).toBe('degraded');
    });
  });

  describe('role', () => {
    it('exists: fails when it was deleted, and nothing about it is looked at', async () => {
      aws().iam.deleteRole(role);
      const report = await world.verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'fail',
        message: `The role ${role} does not exist.`,
        observed: 'NoSuchEntity',
      });
      expect(checkOf(report, 'role.trust-policy')).toMatchObject({
        status: 'skip',
        becauseOf: 'role.exists',
      });
      expect(report).toMatchObject({ status: 'failed' });
      expect(report.fingerprint).toBeUndefined();
    });

    it('exists: notes a role that was made again', async () => {
      await world.sandbox.clock.advance(60_000);
      aws().iam.putRole({
        name: 'payments-ledger',
        attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      });
      const report = await world.verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('is younger than the association'),
      });
      expect(report.status).toBe('consistent');
    });

    it('exists, trust-policy and policies: cannot look without the right', async () => {
      world.forbid('iam:GetRole');
      const report = await world.verify({ ref });
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'unknown',
        message: `The portal is not allowed to call iam:GetRole on ${role}.`,
        fix: {
          snippet: {
            language: 'json',
            text: expect.stringContaining('"iam:GetRole"'),
          },
        },
      });
      for (const id of ['role.trust-policy', 'role.policies']) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'skip',
          becauseOf: 'role.exists',
        });
      }
      expect(report.status).toBe('inconclusive');
    });

    const trusting = (change: object) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow' as const,
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          ...change,
        },
      ],
    });

    it('trust-policy: passes on a pattern that fits', async () => {
      aws().iam.updateRole(role, {
        trust: trusting({
          Condition: {
            StringLike: { 'aws:RequestTag/kubernetes-namespace': 'pay*' },
          },
        }),
      });
      expect(await verify('role.trust-policy')).toMatchObject({
        status: 'pass',
        message: expect.stringMatching(/lets payments\/payments-ledger in/),
      });
    });

    it.each<[string, object, string, RegExp]>([
      [
        'another principal',
        { Principal: { Service: 'ec2.amazonaws.com' } },
        'fail',
        /No statement lets the service pods\.eks\.amazonaws\.com in/,
      ],
      [
        'no TagSession',
        { Action: 'sts:AssumeRole' },
        'fail',
        /No statement allows sts:TagSession/,
      ],
      [
        'another namespace',
        {
          Condition: {
            StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'billing' },
          },
        },
        'fail',
        /kubernetes-namespace/,
      ],
      [
        'a condition only AWS can judge',
        {
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111122223333' },
          },
        },
        'warn',
        /cannot be told from here/,
      ],
    ])(
      'trust-policy: %s, and the fix it shows fixes it',
      async (_what, change, status, message) => {
        aws().iam.updateRole(role, { trust: trusting(change) });
        const check = await verify('role.trust-policy');
        expect(check).toMatchObject({
          status,
          message: expect.stringMatching(message),
        });
        const statement = JSON.parse(check.fix!.snippet!.text);
        expect(statement).toMatchObject({
          Sid: expect.stringMatching(/^BackstageEksPodIdentity[0-9a-f]{16}$/),
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        });
        aws().iam.updateRole(role, {
          trust: { Version: '2012-10-17', Statement: [statement] },
        });
        expect(await verify('role.trust-policy')).toMatchObject({
          status: 'pass',
        });
      },
    );

    it('policies: notes a role that may do nothing by itself', async () => {
      aws().iam.updateRole(role, { attached: [] });
      const report = await world.verify({ ref });
      expect(checkOf(report, 'role.policies')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('No policy is attached'),
      });
      expect(report.status).toBe('consistent');
    });

    it('policies: cannot look without the right', async () => {
      world.forbid('iam:ListAttachedRolePolicies');
      const report = await world.verify({ ref });
      expect(checkOf(report, 'role.policies')).toMatchObject({
        status: 'unknown',
        message: `The portal is not allowed to call iam:ListAttachedRolePolicies on ${role}.`,
      });
      expect(report.status).toBe('inconclusive');
      expect(report.fingerprint).toBeUndefined();
    });

    describe('target', () => {
      const target = `${ACCOUNT}:role/ledger-archive`;
      const associate = (targetRoleArn: string) =>
        aws().eks.updateAssociation(
          'payments-prod',
          association().associationId,
          { targetRoleArn },
        );
      const trustOf = (principal: string) => ({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow' as const,
            Principal: { AWS: `${ACCOUNT}:root` },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: { ArnEquals: { 'aws:PrincipalArn': principal } },
          },
        ],
      });
      const assume = {
        go: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow' as const,
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Resource: target,
            },
          ],
        },
      };

      it('passes when both hops fit', async () => {
        aws().iam.putRole({ name: 'ledger-archive', trust: trustOf(role) });
        aws().iam.updateRole(role, { inline: assume });
        associate(target);
        expect(await verify('role.target')).toMatchObject({
          status: 'pass',
          resource: { name: target },
        });
      });

      it('fails when the target does not trust the role, and when it is gone', async () => {
        aws().iam.putRole({
          name: 'ledger-archive',
          trust: trustOf(`${ACCOUNT}:role/other`),
        });
        aws().iam.updateRole(role, { inline: assume });
        associate(target);
        expect(await verify('role.target')).toMatchObject({ status: 'fail' });
        aws().iam.deleteRole(target);
        expect(await verify('role.target')).toMatchObject({
          status: 'fail',
          message: `The target role ${target} does not exist.`,
        });
      });

      it('fails when the role surely may not go on', async () => {
        aws().iam.putRole({ name: 'ledger-archive', trust: trustOf(role) });
        aws().iam.updateRole(role, { attached: [], inline: {} });
        associate(target);
        expect(await verify('role.target')).toMatchObject({
          status: 'fail',
          message: `No inline policy of the role allows it to assume ${target}.`,
        });
      });

      it('cannot look into another account, and shows both policies', async () => {
        associate('arn:aws:iam::444455556666:role/ledger-archive');
        const report = await world.verify({ ref });
        expect(checkOf(report, 'role.target')).toMatchObject({
          status: 'unknown',
          advisory: true,
          message: expect.stringContaining('account 444455556666'),
          fix: {
            snippet: {
              text: expect.stringMatching(
                /Permissions of .*payments-ledger[\s\S]*Trust policy of .*ledger-archive[\s\S]*aws:PrincipalArn/,
              ),
            },
          },
        });
        expect(report.status).toBe('consistent');
      });
    });
  });

  describe('association', () => {
    it('exists: fails for a neighbour’s name, and names neighbours in no sentence', async () => {
      for (const serviceAccount of ['payments-ledgers', 'payments_ledges']) {
        aws().eks.putAssociation('payments-prod', {
          namespace: 'payments',
          serviceAccount,
          roleArn: role,
        });
      }
      const report = await world.verify({
        ref: { ...ref, serviceAccount: 'payments-ledge' },
      });
      const { nearby, ...told } = checkOf(report, 'association.exists');
      expect(told).toMatchObject({
        status: 'fail',
        message:
          'payments-prod has no Pod Identity association for payments/payments-ledge.',
      });
      expect(JSON.stringify(told)).not.toContain('payments-ledger');
      // Readers get those of them that they may see
      expect(nearby).toEqual([
        ref,
        { ...ref, serviceAccount: 'payments-ledgers' },
      ]);
      expect(checkOf(report, 'association.matches').status).toBe('skip');
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'skip',
        becauseOf: 'association.exists',
      });
      expect(report.status).toBe('failed');
    });

    it('exists: never takes a-b/c for a/b-c', async () => {
      aws().eks.putAssociation('payments-prod', {
        namespace: 'a-b',
        serviceAccount: 'c',
        roleArn: role,
      });
      const report = await world.verify({
        ref: {
          cluster: 'payments-prod',
          namespace: 'a',
          serviceAccount: 'b-c',
        },
      });
      expect(checkOf(report, 'association.exists').status).toBe('fail');
    });

    it.each([
      ['eks:ListPodIdentityAssociations', clusterArn],
      [
        'eks:DescribePodIdentityAssociation',
        'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod/*',
      ],
    ])(
      'exists: cannot look without %s, on its own resource',
      async (action, resource) => {
        world.forbid(action);
        const report = await world.verify({ ref });
        expect(checkOf(report, 'association.exists')).toMatchObject({
          status: 'unknown',
          message: `The portal is not allowed to call ${action} on ${resource}.`,
        });
        expect(checkOf(report, 'association.matches')).toMatchObject({
          status: 'skip',
          becauseOf: 'association.exists',
        });
        expect(report.status).toBe('inconclusive');
      },
    );

    it('matches: fails on another role than the input expects', async () => {
      const report = await world.verify({
        ref,
        expectedRoleArn: `${ACCOUNT}:role/other`,
      });
      expect(report).toMatchObject({
        status: 'failed',
        expectedRoleSource: 'input',
      });
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'fail',
        message: `The association has role ${role} instead of ${ACCOUNT}:role/other.`,
      });
    });

    it('matches: compares with what the portal last associated', async () => {
      const result = { applied: true, roleArn: role, effectiveRoleArn: role };
      world.lastAssociate = {
        input: { disableSessionTags: true } as any,
        result: result as any,
      };
      const report = await world.verify({ ref });
      expect(report.expectedRoleSource).toBe('last-associate');
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'warn',
        expected: 'session tags: off',
        observed: 'session tags: on',
      });
      expect(report.status).toBe('degraded');
      world.lastAssociate = {
        input: { targetRoleArn: `${ACCOUNT}:role/target` } as any,
        result: {
          ...result,
          effectiveRoleArn: `${ACCOUNT}:role/target`,
        } as any,
      };
      expect(await verify('association.matches')).toMatchObject({
        status: 'fail',
        observed: `role: ${role}`,
      });
    });

    it('matches: notes an owner', async () => {
      const report = await world.verify({
        ref: {
          cluster: 'payments-prod',
          namespace: 'kube-system',
          serviceAccount: 'ebs-csi-controller-sa',
        },
      });
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('belongs to the EKS add-on arn:'),
      });
    });
  });

  describe('a role that is only expected', () => {
    const lonely = { ...ref, serviceAccount: 'payments-nobody' };
    const expecting = (
      name: string,
      more: Partial<Parameters<VerifyWorld['verify']>[0]> = {},
    ) =>
      world.verify({
        ref: lonely,
        expectedRoleArn: `${ACCOUNT}:role/${name}`,
        ...more,
      });
    const vendor = (tags: Record<string, string> = {}) =>
      aws().iam.putRole({
        name: 'vendor',
        tags,
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Condition: {
                StringEquals: { 'aws:PrincipalTag/vendor': 'secret' },
              },
            },
          ],
        },
        attached: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess'],
      });
    const said = ({ checks }: Awaited<ReturnType<typeof expecting>>) =>
      checks.map(({ id, status, message }) => ({ id, status, message }));

    it('is not looked at where this ServiceAccount may not have it, and looks as if it was not there', async () => {
      vendor({ 'backstage.io/entity-ref': 'component:default/others' });
      const report = await expecting('vendor', {
        entityRef: 'component:default/mine',
      });
      for (const id of ['exists', 'trust-policy', 'policies']) {
        expect(checkOf(report, `role.${id}`)).toMatchObject({
          status: 'skip',
          becauseOf: 'association.exists',
        });
      }
      expect(JSON.stringify(report)).not.toMatch(/secret|AmazonSQSFullAccess/);
      expect(said(await expecting('none'))).toEqual(said(report));
    });

    it('is looked at where its tag gives leave', async () => {
      vendor({ 'backstage.io/entity-ref': 'component:default/mine' });
      const report = await expecting('vendor', {
        entityRef: 'component:default/mine',
      });
      expect(checkOf(report, 'role.policies').message).toContain(
        'AmazonSQSFullAccess',
      );
    });

    it.each([
      ['vendor', 'target', 'vendor'],
      ['vendor', 'target', 'target'],
    ])(
      'is looked at where the last associate of it made %s, then %s, and %s is expected',
      async (name, target, asked) => {
        vendor();
        world.lastAssociate = {
          input: {} as any,
          result: {
            applied: true,
            roleArn: `${ACCOUNT}:role/${name}`,
            effectiveRoleArn: `${ACCOUNT}:role/${target}`,
          } as any,
        };
        const report = await expecting(asked);
        expect(checkOf(report, 'role.exists')).toMatchObject({
          status: 'pass',
          message: expect.stringContaining('vendor'),
        });
      },
    );
  });

  describe('access.aws', () => {
    it('gathers everything that is missing into one policy', async () => {
      world.forbid('iam:GetRole');
      world.forbid('eks:DescribeAddon');
      const check = await verify('access.aws');
      expect(check).toMatchObject({ status: 'unknown', advisory: true });
      expect(JSON.parse(check.fix!.snippet!.text).Statement).toEqual([
        {
          Effect: 'Allow',
          Action: ['eks:DescribeAddon'],
          Resource:
            'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/eks-pod-identity-agent/*',
        },
        { Effect: 'Allow', Action: ['iam:GetRole'], Resource: role },
      ]);
      expect(check.fix!.actions[0]).toContain(
        world.sandbox.credentials.roles.read,
      );
    });
  });
});

describe('AWS out of reach', () => {
  const start = (options: Partial<WorldOptions> = {}) =>
    VerifyWorld.start({
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
      ...options,
    });

  it('is unknown everywhere for a portal without any right', async () => {
    const world = await start({ as: 'nobody' });
    try {
      const report = await world.verify({ ref });
      expect(report.status).toBe('inconclusive');
      expect(checkOf(report, 'access.aws')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('eks:ListPodIdentityAssociations'),
      });
    } finally {
      await world.stop();
    }
  });

  it('is unknown with one sentence when nothing listens', async () => {
    const world = await start();
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    try {
      const report = await world.verify({ ref });
      expect(report.status).toBe('inconclusive');
      expect(checkOf(report, 'cluster.active')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('ECONNREFUSED'),
      });
      expect(checkOf(report, 'access.aws').status).toBe('unknown');
    } finally {
      await world.stop();
    }
  });

  it('ends at its own deadline when nobody answers', async () => {
    const world = await start();
    try {
      world.sandbox.latency.set('eks:*', 60_000);
      world.sandbox.clock.setRate(100);
      const report = await world.verify({ ref, timeoutSeconds: 30 });
      expect(report.status).toBe('inconclusive');
      expect(checkOf(report, 'association.exists')).toMatchObject({
        status: 'unknown',
        message: 'There was no answer before the deadline of this run.',
      });
    } finally {
      await world.stop();
    }
  });

  it('rejects with the reason when the operation is cancelled', async () => {
    const world = await start();
    try {
      world.sandbox.latency.set('eks:*', 60_000);
      const running = world.verify({ ref });
      setTimeout(() => world.controller.abort(new Error('cancelled')), 100);
      await expect(running).rejects.toThrow('cancelled');
    } finally {
      await world.stop();
    }
  });
});
