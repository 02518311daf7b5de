import { DeletePolicyCommand } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import { boundaryPolicy } from '../aws/workloadBoundary';
import { BOUNDARY } from '../lifecycle/__testUtils__/lifecyclePortal';
import { adminClients, applyPlan, pictureOf } from './__testUtils__/appliers';
import { CLUSTER, bareAccount } from './__testUtils__/bareAccount';
import { stacksOf } from './__testUtils__/stacks';
import { blocksOf, planModule } from './__testUtils__/terraformModule';

const OTHER = 'payments-test';
const COMPANY = 'arn:aws:iam::111122223333:policy/company/limit';

/** The stack of an account with those of its clusters, held against the one that makes it all for one cluster. */
describe('the stacks of several clusters', () => {
  let sandbox: Sandbox;
  let clients: ReturnType<typeof adminClients>;
  let one: ReturnType<typeof stacksOf>;
  let account: ReturnType<typeof stacksOf>;
  let first: ReturnType<typeof stacksOf>;
  let second: ReturnType<typeof stacksOf>;

  // For each try, should one be retried
  beforeEach(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
    await sandbox.createCluster({ name: OTHER });
    await bareAccount(sandbox);
    clients = adminClients(sandbox);
    one = stacksOf(sandbox, 'cloudformation.yaml', 'one');
    account = stacksOf(sandbox, 'account.yaml', 'account');
    first = stacksOf(sandbox, 'cluster.yaml', 'first');
    second = stacksOf(sandbox, 'cluster.yaml', 'second');
  });
  afterEach(async () => {
    clients.eks.destroy();
    clients.iam.destroy();
    [one, account, first, second].forEach(stacks => stacks.end());
    await sandbox.stop();
  });

  const removeBoundary = () =>
    clients.iam.send(new DeletePolicyCommand({ PolicyArn: BOUNDARY }));

  const PORTAL = { PortalId: 'portal.example.com' };
  const principal = () => ({
    ...PORTAL,
    PortalPrincipalArn: sandbox.credentials.backstage.arn,
  });

  /** Each role with all statements of its policies, in whatever policy they are. */
  async function rights() {
    const { boundary, roles, entries } = await pictureOf(sandbox, clients);
    return {
      boundary: boundary.statements,
      entries,
      roles: Object.fromEntries(
        roles.map(({ arn, trust, inline, attached }) => [
          arn,
          {
            trust,
            statements: [
              ...Object.values(inline).flat(),
              ...attached.flatMap(({ statements }) => statements),
            ]
              .map(statement => JSON.stringify(statement))
              .sort(),
          },
        ]),
      ),
    };
  }

  /** What a module of this folder makes; resolves with its outputs. */
  async function applied(
    folder: string,
    values: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const { resources, outputs } = planModule(
      blocksOf(`terraform/${folder}`),
      { portal_id: PORTAL.PortalId, ...values },
      { account: sandbox.accountId, region: sandbox.region },
    );
    await applyPlan(clients, resources);
    return outputs;
  }

  /** The value of a variable of Terraform, by the parameter of CloudFormation. */
  const variables = (parameters: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        {
          CloudTrailEvidence: 'cloudtrail_evidence',
          EditTrust: 'edit_trust',
          InstallAgent: 'install_agent',
          MoreDataActions: 'more_data_actions',
          Look: 'look',
          OptionalReading: 'optional_reading',
          RolePath: 'role_path',
          SelfService: 'self_service',
        }[name]!,
        name === 'MoreDataActions'
          ? value.split(',')
          : value === 'yes' || (value !== 'no' && value),
      ]),
    );

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['by default', {}, {}],
    [
      'with all that can be asked for',
      {
        Look: 'yes',
        OptionalReading: 'yes',
        CloudTrailEvidence: 'yes',
        EditTrust: 'yes',
      },
      { Look: 'yes', OptionalReading: 'yes', InstallAgent: 'yes' },
    ],
    ['with the look at all AWS access', { Look: 'yes' }, { Look: 'yes' }],
    [
      'with more data of workloads',
      { MoreDataActions: 'kinesis:GetRecords,kinesis:PutRecord' },
      {},
    ],
    [
      'with a path and names',
      { RolePath: '/portal/' },
      { RolePath: '/portal/' },
    ],
  ])(
    'have the rights of the one stack for one cluster, %s',
    async (_, ofAccount, ofCluster) => {
      await one.create({
        ClusterName: CLUSTER,
        ...principal(),
        ...ofAccount,
        ...ofCluster,
      });
      const wanted = await rights();
      expect(Object.keys(wanted.roles)).toHaveLength(3);
      const statements: { Sid: string; Action: unknown }[] = wanted.boundary;
      const more = statements.filter(({ Sid }) => Sid.startsWith('More'));
      expect(more.map(({ Action }) => `${Action}`)).toEqual(
        Object.values(ofAccount).filter(value => value.includes(':')),
      );
      expect(wanted.entries).toHaveLength(3);
      await one.delete();

      await account.create({ ...principal(), ...ofAccount });
      await first.create({ ClusterName: CLUSTER, ...PORTAL, ...ofCluster });
      expect(await rights()).toEqual(wanted);
      await first.delete();
      await account.delete();
      await removeBoundary();

      await applied('account', {
        portal_principal_arn: principal().PortalPrincipalArn,
        ...variables(ofAccount),
      });
      await applied('cluster', {
        cluster_name: CLUSTER,
        ...variables(ofCluster),
      });
      expect(await rights()).toEqual(wanted);
    },
  );

  it('keep the own roles of the portal apart from those that it changes', async () => {
    const path = '/backstage/';
    await expect(
      account.create({ ...principal(), RolesPath: path }),
    ).rejects.toThrow(/RolesPath has to differ from RolePath/);
    await expect(
      applied('account', {
        portal_principal_arn: principal().PortalPrincipalArn,
        roles_path: path,
      }),
    ).rejects.toThrow(/roles_path has to differ from role_path/);
  });

  it('put the own roles of the portal below a path', async () => {
    const place = { RolesPath: '/platform/' };
    const portal = stacksOf(sandbox, 'portal.yaml', 'portal');
    const { roles } = sandbox.credentials;
    for (const use of ['read', 'verify', 'write'] as const) {
      roles[use] = roles[use].replace('role/', 'role/platform/');
    }
    await account.create({ ...principal(), ...place });
    await first.create({ ClusterName: CLUSTER, ...PORTAL, ...place });
    const wanted = await rights();
    expect(Object.keys(wanted.roles).sort()).toEqual(Object.values(roles));
    expect(wanted.entries).toHaveLength(3);
    expect(JSON.stringify(wanted.boundary)).toContain(
      'role/platform/backstage-eks-*',
    );
    await portal.create({
      SignsInBy: 'pod-identity',
      ClusterName: CLUSTER,
      ...place,
    });
    portal.end();
    const { assuming } = sandbox.aws.iam.role(
      'arn:aws:iam::111122223333:role/backstage-portal',
    ).inline;
    expect(JSON.parse(assuming).Statement[0].Resource).toEqual(
      Object.values(roles),
    );
    await first.delete();
    await account.delete();
    await removeBoundary();

    const roles_path = place.RolesPath;
    await applied('account', {
      portal_principal_arn: principal().PortalPrincipalArn,
      roles_path,
    });
    await applied('cluster', { cluster_name: CLUSTER, roles_path });
    expect(await rights()).toEqual(wanted);
    const { resources } = planModule(
      blocksOf('terraform/portal'),
      {
        signs_in_by: 'pod-identity',
        cluster_name: CLUSTER,
        roles_path,
      },
      { account: sandbox.accountId, region: sandbox.region },
    );
    expect(
      resources.find(({ values }) => values.name === 'assuming')!.values.policy,
    ).toContain(roles.read);
  });

  it('make no write role for a portal that only watches', async () => {
    const watching = { SelfService: 'no' };
    await account.create({ ...principal(), ...watching });
    await first.create({ ClusterName: CLUSTER, ...PORTAL, ...watching });
    const { read, verify, write } = sandbox.credentials.roles;
    const ours = () =>
      sandbox.aws.iam
        .roles()
        .map(({ arn }) => arn)
        .filter(arn => [read, verify, write].includes(arn))
        .sort();
    expect(ours()).toEqual([read, verify]);
    await first.delete();
    await account.delete();
    const outputs = await applied('account', {
      portal_principal_arn: principal().PortalPrincipalArn,
      self_service: false,
    });
    expect(outputs).toMatchObject({ write_role: null, boundary: null });
    await applied('cluster', {
      cluster_name: CLUSTER,
      role_prefix: outputs.role_prefix,
      self_service: false,
    });
    expect(ours()).toEqual([read, verify]);
  });

  it('give and take the rights in one cluster, and keep the boundary', async () => {
    await account.create(principal());
    const none = await rights();
    expect(JSON.stringify(none.roles)).not.toContain(CLUSTER);
    await first.create({ ClusterName: CLUSTER, ...PORTAL });
    const ofFirst = await rights();
    await second.create({ ClusterName: OTHER, ...PORTAL });
    const both = await rights();
    for (const [arn, { statements }] of Object.entries(both.roles)) {
      const added = statements.filter(text => text.includes(`/${OTHER}`));
      const had = ofFirst.roles[arn].statements;
      expect(statements).toEqual([...had, ...added].sort());
      expect(added.map(text => text.replaceAll(OTHER, CLUSTER))).toEqual(
        had.filter(text => text.includes(`/${CLUSTER}`)),
      );
    }
    await second.delete();
    expect(await rights()).toEqual(ofFirst);
    await first.delete();
    expect(await rights()).toEqual(none);
    await account.delete();
    expect(sandbox.aws.iam.roles().map(({ name }) => name)).not.toContain(
      'backstage-eks-read',
    );
    const { boundary } = await rights();
    expect(boundary).toEqual(none.boundary);
  });

  it('can be made again after a first try that failed', async () => {
    const { read } = sandbox.credentials.roles;
    sandbox.aws.iam.putRole({ name: 'backstage-eks-read' });
    await expect(account.create(principal())).rejects.toThrow(
      'ROLLBACK_COMPLETE',
    );
    await account.delete();
    sandbox.aws.iam.deleteRole(read);
    expect(await account.create(principal())).toContain(BOUNDARY);
  });

  it.each([
    ['terraform', { self_service: false }],
    ['terraform/account', { self_service: false }],
    ['terraform/account', { boundary_arn: COMPANY }],
  ])('add no actions where %s makes no boundary: %j', (module, given) => {
    const planned = (more: string[]) =>
      planModule(
        blocksOf(module),
        {
          cluster_name: CLUSTER,
          portal_id: PORTAL.PortalId,
          portal_principal_arn: principal().PortalPrincipalArn,
          more_data_actions: more,
          ...given,
        },
        { account: sandbox.accountId, region: sandbox.region },
      );
    expect(planned([]).resources).not.toEqual([]);
    expect(() => planned(['kinesis:PutRecord'])).toThrow(
      /^more_data_actions is for the boundary that this module makes: none with /,
    );
  });

  it('take a boundary of the company, for the roles of workloads and for their own', async () => {
    sandbox.aws.iam.putPolicy({
      name: 'limit',
      path: '/company/',
      document: boundaryPolicy({
        partition: 'aws',
        accountId: sandbox.accountId,
        rolePath: '/backstage/',
      }),
    });
    const said = await account.create({
      ...principal(),
      BoundaryArn: COMPANY,
      RolesBoundaryArn: COMPANY,
    });
    expect(said).toContain(COMPANY);
    const plan = planModule(
      blocksOf('terraform/account'),
      {
        portal_id: PORTAL.PortalId,
        portal_principal_arn: principal().PortalPrincipalArn,
        boundary_arn: COMPANY,
        roles_boundary_arn: COMPANY,
      },
      { account: sandbox.accountId, region: sandbox.region },
    );
    const { role_prefix: prefix, ...outputs } = plan.outputs;
    expect(prefix).toBe('backstage-eks');
    expect(Object.values(outputs).sort()).toEqual(said);
    expect(
      plan.resources
        .filter(({ type }) => type === 'aws_iam_role')
        .map(({ values }) => values.permissions_boundary),
    ).toEqual([COMPANY, COMPANY, COMPANY]);
    expect(
      plan.resources
        .filter(({ type }) => type === 'aws_iam_policy')
        .map(({ values }) => values.name),
    ).toEqual(['backstage-eks-account']);
    const { write, read } = sandbox.credentials.roles;
    expect(sandbox.aws.iam.role(read).boundaryArn).toBe(COMPANY);
    const { Statement } = JSON.parse(
      sandbox.aws.iam.role(write).inline.changing,
    );
    const limits = (
      Statement as { Condition: { StringEquals: Record<string, string> } }[]
    ).flatMap(({ Condition }) =>
      Object.entries(Condition.StringEquals).filter(
        ([key]) => key === 'iam:PermissionsBoundary',
      ),
    );
    expect(limits).toEqual(Array(2).fill(['iam:PermissionsBoundary', COMPANY]));
  });

  it('name the policies of a cluster within the limit of IAM, by each region its own', () => {
    const { resources } = planModule(
      blocksOf('terraform/cluster'),
      {
        portal_id: PORTAL.PortalId,
        cluster_name: 'c'.repeat(100),
        role_prefix: 'p'.repeat(40),
      },
      { account: sandbox.accountId, region: sandbox.region },
    );
    const prefixes = resources
      .filter(({ type }) => type === 'aws_iam_policy')
      .map(({ values }) => values.name_prefix.length);
    // Of the 128 characters the provider keeps 26 for what it adds
    expect(prefixes).toEqual([100, 100, 100]);
  });

  it('can no longer have the boundary made that it kept, but take it', async () => {
    await account.create(principal());
    await account.update({ ...principal(), SelfService: 'no' });
    await expect(account.update(principal())).rejects.toThrow(
      'UPDATE_ROLLBACK_COMPLETE',
    );
    const said = await account.update({
      ...principal(),
      BoundaryArn: BOUNDARY,
    });
    expect(said).toContain(BOUNDARY);
  });

  it('give up the write role where those of the clusters do first', async () => {
    const watching = { SelfService: 'no' };
    await account.create(principal());
    await first.create({ ClusterName: CLUSTER, ...PORTAL });
    await first.update({ ClusterName: CLUSTER, ...PORTAL, ...watching });
    await account.update({ ...principal(), ...watching });
    const { write } = sandbox.credentials.roles;
    expect(sandbox.aws.iam.findRole(write)).toBeUndefined();
    await account.update({ ...principal(), BoundaryArn: BOUNDARY });
    await first.update({ ClusterName: CLUSTER, ...PORTAL });
    expect(sandbox.aws.iam.role(write).attached).toHaveLength(2);
  });
});
