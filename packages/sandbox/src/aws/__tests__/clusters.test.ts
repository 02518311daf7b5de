import {
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  DescribeClusterVersionsCommand,
  DescribeNodegroupCommand,
  ListClustersCommand,
  ListNodegroupsCommand,
  UpdateAccessEntryCommand,
} from '@aws-sdk/client-eks';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

let sandbox: Sandbox;
let admin: Clients;

beforeAll(async () => {
  sandbox = await startSandbox({ clockRate: 0 });
  admin = sdk(sandbox, sandbox.credentials.admin);
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  admin.destroy();
  await sandbox.stop();
});

describe('the demo', () => {
  it('lists three clusters, also in pages', async () => {
    const { clusters } = await admin.eks.send(new ListClustersCommand({}));
    expect(clusters).toEqual([
      'orders-legacy',
      'payments-prod',
      'platform-auto',
    ]);
    const first = await admin.eks.send(
      new ListClustersCommand({ maxResults: 2 }),
    );
    expect(first.clusters).toHaveLength(2);
    const second = await admin.eks.send(
      new ListClustersCommand({ maxResults: 2, nextToken: first.nextToken }),
    );
    expect(second.clusters).toEqual(['platform-auto']);
    expect(second.nextToken).toBeUndefined();
  });

  it('has the versions for which there are add-ons', async () => {
    const versions = async (input = {}) => {
      const { clusterVersions } = await admin.eks.send(
        new DescribeClusterVersionsCommand(input),
      );
      return clusterVersions!.map(one => one.clusterVersion);
    };
    expect(await versions()).toEqual(['1.34', '1.33', '1.32', '1.31', '1.30']);
    expect(await versions({ defaultOnly: true })).toEqual(['1.33']);
    expect(await versions({ clusterVersions: ['1.31', '1.2'] })).toEqual([
      '1.31',
    ]);
  });

  it('has one in Auto Mode, which reports it', async () => {
    const of = async (name: string) =>
      (await admin.eks.send(new DescribeClusterCommand({ name }))).cluster!;
    const auto = await of('platform-auto');
    expect(auto.computeConfig).toEqual({
      enabled: true,
      nodePools: ['general-purpose', 'system'],
      nodeRoleArn: 'arn:aws:iam::111122223333:role/platform-auto-auto-nodes',
    });
    expect(auto.accessConfig?.authenticationMode).toBe('API');
    const usual = await of('payments-prod');
    expect(usual.computeConfig).toBeUndefined();
    expect(usual).toMatchObject({
      arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
      status: 'ACTIVE',
      version: '1.33',
      resourcesVpcConfig: { endpointPublicAccess: true },
      kubernetesNetworkConfig: { ipFamily: 'ipv4' },
      tags: { team: 'payments' },
    });
  });

  it('has node groups with their roles', async () => {
    const clusterName = 'orders-legacy';
    const { nodegroups } = await admin.eks.send(
      new ListNodegroupsCommand({ clusterName }),
    );
    expect(nodegroups).toEqual(['general', 'old']);
    const { nodegroup } = await admin.eks.send(
      new DescribeNodegroupCommand({ clusterName, nodegroupName: 'old' }),
    );
    expect(nodegroup?.nodeRole).toBe(
      'arn:aws:iam::111122223333:role/orders-legacy-old-nodes',
    );
    const error = await errorOf(
      admin.eks.send(
        new DescribeNodegroupCommand({ clusterName, nodegroupName: 'none' }),
      ),
    );
    expect(error.message).toBe('No node group found for name: none.');
  });

  it('can hold the same cluster name in two accounts', async () => {
    await sandbox.createCluster({
      accountId: '444455556666',
      name: 'payments-prod',
    });
    const other = sdk(sandbox, sandbox.credentials.secondAdmin);
    const { cluster } = await other.eks.send(
      new DescribeClusterCommand({ name: 'payments-prod' }),
    );
    expect(cluster?.arn).toBe(
      'arn:aws:eks:eu-west-1:444455556666:cluster/payments-prod',
    );
    other.destroy();
    await sandbox.deleteCluster({
      accountId: '444455556666',
      region: 'eu-west-1',
      name: 'payments-prod',
    });
  });
});

describe('access entries', () => {
  const clusterName = 'payments-prod';
  const create = async (principalArn: string, more: object = {}) =>
    (
      await admin.eks.send(
        new CreateAccessEntryCommand({ clusterName, principalArn, ...more }),
      )
    ).accessEntry!;
  const honoured = (principalArn: string) =>
    sandbox.aws.eks
      .accessEntries(clusterName)
      .find(entry => entry.principalArn === principalArn);

  it('are created, read, changed and deleted', async () => {
    const { arn } = sandbox.aws.iam.putRole({ name: 'ops', path: '/team/' });
    const made = await create(arn, { kubernetesGroups: ['viewers'] });
    expect(made).toMatchObject({
      clusterName,
      principalArn: arn,
      kubernetesGroups: ['viewers'],
      accessEntryArn: expect.stringMatching(
        /^arn:aws:eks:eu-west-1:111122223333:access-entry\/payments-prod\/role\/111122223333\/ops\/[0-9a-f-]{36}$/,
      ),
      username: 'arn:aws:sts::111122223333:assumed-role/ops/{{SessionName}}',
      type: 'STANDARD',
    });
    const read = await admin.eks.send(
      new DescribeAccessEntryCommand({ clusterName, principalArn: arn }),
    );
    expect(read.accessEntry).toEqual(made);
    await admin.eks.send(
      new UpdateAccessEntryCommand({
        clusterName,
        principalArn: arn,
        kubernetesGroups: ['editors'],
      }),
    );
    expect(honoured(arn)?.groups).toEqual(['editors']);
    await admin.eks.send(
      new DeleteAccessEntryCommand({ clusterName, principalArn: arn }),
    );
    const error = await errorOf(
      admin.eks.send(
        new DescribeAccessEntryCommand({ clusterName, principalArn: arn }),
      ),
    );
    expect(error.name).toBe('ResourceNotFoundException');
    expect(honoured(arn)).toBeUndefined();
  });

  it('apply once they have propagated, and not to a recreated principal', async () => {
    const { arn } = sandbox.aws.iam.putRole({ name: 'ops' });
    sandbox.delays.accessEntry = 4_000;
    await create(arn);
    expect(honoured(arn)).toBeUndefined();
    await sandbox.clock.advance(4_000);
    expect(honoured(arn)).toBeDefined();
    sandbox.aws.iam.putRole({ name: 'ops' });
    expect(honoured(arn)).toBeUndefined();
  });

  it.each<[string, string, object, string, string]>([
    [
      'a principal that does not exist',
      'arn:aws:iam::111122223333:role/none',
      {},
      'InvalidParameterException',
      'The specified principalArn is invalid: invalid principal.',
    ],
    [
      'an ARN that is not a principal',
      'arn:aws:sts::111122223333:assumed-role/a/b',
      {},
      'InvalidParameterException',
      'The principalArn parameter format is not valid',
    ],
    [
      'a principal that already has one',
      'arn:aws:iam::111122223333:user/platform-admin',
      {},
      'ResourceInUseException',
      'The specified access entry resource is already in use on this cluster.',
    ],
    [
      'a system group',
      'arn:aws:iam::111122223333:user/nobody',
      { kubernetesGroups: ['system:masters'] },
      'InvalidParameterException',
      'The kubernetes group name system:masters is invalid, it cannot start with system:',
    ],
  ])('are refused for %s', async (_name, principal, more, name, message) => {
    const error = await errorOf(create(principal, more));
    expect([error.name, error.message]).toEqual([name, message]);
  });

  it('are unavailable on a cluster that uses only the config map', async () => {
    sandbox.aws.eks.updateCluster(clusterName, {
      authenticationMode: 'CONFIG_MAP',
    });
    const error = await errorOf(
      create('arn:aws:iam::111122223333:user/nobody'),
    );
    expect(error.name).toBe('InvalidParameterException');
    expect(error.message).toContain('authentication mode');
  });
});
