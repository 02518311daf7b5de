import {
  CreateVpcEndpointCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcEndpointsCommandInput,
  DescribeVpcsCommand,
  EC2Client,
  ModifyVpcEndpointCommand,
  paginateDescribeVpcEndpoints,
} from '@aws-sdk/client-ec2';
import { countByOperation } from '../../core/calls';
import { Sandbox, startSandbox } from '../../sandbox';
import { Keys, errorOf } from '../../__testUtils__/clients';

let sandbox: Sandbox;
let ec2: EC2Client;
const made: EC2Client[] = [];

function client(keys: Keys, more: object = {}): EC2Client {
  const one = new EC2Client({
    region: sandbox.region,
    endpoint: sandbox.awsEndpoint,
    credentials: keys,
    maxAttempts: 1,
    ...more,
  });
  made.push(one);
  return one;
}

beforeAll(async () => {
  sandbox = await startSandbox({
    clusters: ['payments-prod', 'orders-legacy'],
    clockRate: 0,
  });
  ec2 = client(sandbox.credentials.admin);
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  made.forEach(one => one.destroy());
  await sandbox.stop();
});

const vpcOf = (cluster: string) => sandbox.aws.eks.cluster(cluster).vpc;
const describeEndpoints = async (
  input: DescribeVpcEndpointsCommandInput = {},
) => (await ec2.send(new DescribeVpcEndpointsCommand(input))).VpcEndpoints!;
const put = (service: string, more: object = {}) =>
  sandbox.aws.ec2.putVpcEndpoint({
    cluster: 'payments-prod',
    service,
    ...more,
  });

describe('DescribeVpcEndpoints', () => {
  it('shows an endpoint as EC2 does', async () => {
    expect(await describeEndpoints()).toEqual([]);
    const { vpcEndpointId } = put('eks-auth', { tags: { team: 'platform' } });
    const { vpcId, subnetIds, clusterSecurityGroupId } = vpcOf('payments-prod');
    expect(await describeEndpoints()).toEqual([
      expect.objectContaining({
        VpcEndpointId: expect.stringMatching(/^vpce-0[0-9a-f]{16}$/),
        VpcEndpointType: 'Interface',
        VpcId: vpcId,
        ServiceName: 'com.amazonaws.eu-west-1.eks-auth',
        State: 'available',
        PrivateDnsEnabled: true,
        SubnetIds: subnetIds,
        Groups: [{ GroupId: clusterSecurityGroupId }],
        OwnerId: '111122223333',
        CreationTimestamp: new Date(sandbox.clock.now()),
        Tags: [{ Key: 'team', Value: 'platform' }],
      }),
    ]);
    sandbox.aws.ec2.removeVpcEndpoint(vpcEndpointId);
    expect(await describeEndpoints()).toEqual([]);
  });

  it('requires every filter to match, by any of its values, with wildcards', async () => {
    put('eks-auth');
    put('sts', { state: 'failed', privateDnsEnabled: false });
    put('sts', { cluster: 'orders-legacy' });
    put('s3', { type: 'Gateway', tags: { team: 'data' } });
    const namesOf = async (filters: Record<string, string[]>) =>
      (
        await describeEndpoints({
          Filters: Object.entries(filters).map(([Name, Values]) => ({
            Name,
            Values,
          })),
        })
      ).map(
        ({ ServiceName, State }) => `${ServiceName!.split('.').pop()} ${State}`,
      );
    const here = { 'vpc-id': [vpcOf('payments-prod').vpcId] };
    expect(await namesOf(here)).toEqual([
      'eks-auth available',
      'sts failed',
      's3 available',
    ]);
    const both = {
      'service-name': [
        'com.amazonaws.eu-west-1.sts',
        'com.amazonaws.eu-west-1.eks-auth',
      ],
    };
    expect(await namesOf({ ...here, ...both })).toEqual([
      'eks-auth available',
      'sts failed',
    ]);
    expect(await namesOf({ 'service-name': ['*.sts'] })).toEqual([
      'sts failed',
      'sts available',
    ]);
    expect(await namesOf({ 'service-name': ['sts'] })).toEqual([]);
    expect(
      await namesOf({ ...both, ...here, 'vpc-endpoint-state': ['available'] }),
    ).toEqual(['eks-auth available']);
    expect(await namesOf({ 'vpc-endpoint-type': ['Gateway'] })).toEqual([
      's3 available',
    ]);
    expect(await namesOf({ 'tag:team': ['da?a'] })).toEqual(['s3 available']);
    expect(await namesOf({ 'vpc-id': ['vpc-0none'] })).toEqual([]);
  });

  it('pages its answers, and separates regions and accounts', async () => {
    for (let i = 0; i < 12; i++) put('logs');
    const pages: number[] = [];
    for await (const page of paginateDescribeVpcEndpoints(
      { client: ec2, pageSize: 5 },
      {},
    )) {
      pages.push(page.VpcEndpoints!.length);
    }
    expect(pages).toEqual([5, 5, 2]);
    const { admin, secondAdmin } = sandbox.credentials;
    for (const other of [
      client(admin, { region: 'us-east-1' }),
      client(secondAdmin),
    ]) {
      expect(
        (await other.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints,
      ).toEqual([]);
    }
  });

  it('is counted, and its endpoints disappear after a reset', async () => {
    put('sts');
    expect(await describeEndpoints()).toHaveLength(1);
    expect(countByOperation(sandbox.calls.calls())).toEqual({
      'ec2:DescribeVpcEndpoints': 1,
    });
    expect(sandbox.calls.calls()[0].write).toBe(false);
    await sandbox.reset();
    expect(sandbox.calls.calls()).toEqual([]);
    expect(await describeEndpoints()).toEqual([]);
  });

  it('can be set up from another process', async () => {
    await sandbox.client.aws.ec2.putVpcEndpoint({
      cluster: 'payments-prod',
      service: 'sts',
    });
    expect(
      await sandbox.client.aws.ec2.vpcEndpoints('payments-prod'),
    ).toMatchObject([{ serviceName: 'com.amazonaws.eu-west-1.sts' }]);
  });

  it.each<[string, DescribeVpcEndpointsCommandInput, string, string]>([
    [
      'an unknown filter',
      { Filters: [{ Name: 'vpc', Values: ['x'] }] },
      'InvalidParameterValue',
      "The filter 'vpc' is invalid",
    ],
    [
      'an endpoint that does not exist',
      { VpcEndpointIds: ['vpce-0aa'] },
      'InvalidVpcEndpointId.NotFound',
      "The Vpc Endpoint Id 'vpce-0aa' does not exist",
    ],
    [
      'a page size that is too small',
      { MaxResults: 1 },
      'InvalidParameterValue',
      'Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5.',
    ],
    [
      "another caller's token",
      { NextToken: 'abc' },
      'InvalidNextToken',
      'The specified NextToken is not valid.',
    ],
    [
      'a dry run',
      { DryRun: true },
      'DryRunOperation',
      'Request would have succeeded, but DryRun flag is set.',
    ],
  ])('refuses %s', async (_what, input, code, message) => {
    const error = await errorOf(describeEndpoints(input));
    expect([error.name, error.message]).toEqual([code, message]);
  });
});

describe('callers', () => {
  const look = (keys: Keys) =>
    errorOf(client(keys).send(new DescribeVpcEndpointsCommand({})));

  it("need ec2:DescribeVpcEndpoints on *, or get EC2's refusal", async () => {
    const error = await look(sandbox.credentials.nobody);
    expect(error.name).toBe('UnauthorizedOperation');
    expect(error.$metadata.httpStatusCode).toBe(403);
    expect(error.message).toBe(
      'You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: ec2:DescribeVpcEndpoints because no identity-based policy allows the ec2:DescribeVpcEndpoints action',
    );
    const allowing = (Resource: string) =>
      sandbox.aws.iam.putUser({
        name: 'looker',
        inline: {
          look: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Action: 'ec2:DescribeVpcEndpoints',
              Resource,
            },
          },
        },
      }).key;
    const onOne = allowing('arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/*');
    expect((await look(onOne)).name).toBe('UnauthorizedOperation');
    const { VpcEndpoints } = await client(allowing('*')).send(
      new DescribeVpcEndpointsCommand({}),
    );
    expect(VpcEndpoints).toEqual([]);
  });

  it('get AuthFailure for any fault of their keys', async () => {
    const { admin, roles } = sandbox.credentials;
    const wrong = await look({ ...admin, secretAccessKey: 'not-it' });
    expect([wrong.name, wrong.$metadata.httpStatusCode]).toEqual([
      'AuthFailure',
      401,
    ]);
    const session = sandbox.aws.iam.sessionOf({ roleArn: roles.read });
    sandbox.aws.iam.expireSession(session.accessKeyId);
    expect((await look(session)).name).toBe('RequestExpired');
  });

  it('get an error for actions that the sandbox lacks', async () => {
    const error = await errorOf(ec2.send(new DescribeVpcsCommand({})));
    expect([error.name, error.message]).toEqual([
      'InvalidAction',
      'The action DescribeVpcs is not valid for this web service.',
    ]);
  });
});

describe('CreateVpcEndpoint and ModifyVpcEndpoint', () => {
  const create = (more: object = {}) =>
    ec2.send(
      new CreateVpcEndpointCommand({
        VpcId: vpcOf('payments-prod').vpcId,
        VpcEndpointType: 'Interface',
        ServiceName: 'com.amazonaws.eu-west-1.eks-auth',
        SubnetIds: vpcOf('payments-prod').subnetIds,
        SecurityGroupIds: [vpcOf('payments-prod').clusterSecurityGroupId],
        PrivateDnsEnabled: true,
        ...more,
      }),
    );

  it('create an endpoint that starts as pending', async () => {
    const { VpcEndpoint } = await create({
      TagSpecifications: [
        { ResourceType: 'vpc-endpoint', Tags: [{ Key: 'a', Value: 'b' }] },
      ],
    });
    expect(VpcEndpoint).toMatchObject({
      State: 'pending',
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    await sandbox.clock.advance(20_000);
    expect(await describeEndpoints()).toEqual([
      { ...VpcEndpoint, State: 'available' },
    ]);
    expect(sandbox.calls.calls().map(({ write }) => write)).toEqual([
      true,
      false,
    ]);
  });

  it('turn private DNS on for only one endpoint of a service per VPC', async () => {
    const { VpcEndpoint } = await create({ PrivateDnsEnabled: false });
    const { VpcEndpointId } = VpcEndpoint!;
    const on = () =>
      ec2.send(
        new ModifyVpcEndpointCommand({
          VpcEndpointId,
          PrivateDnsEnabled: true,
        }),
      );
    const other = put('eks-auth');
    const conflict =
      /^private-dns-enabled cannot be set because there is already a conflicting DNS domain for eks-auth\.eu-west-1\.api\.aws in the VPC vpc-/;
    expect((await errorOf(on())).message).toMatch(conflict);
    expect((await errorOf(create())).message).toMatch(conflict);
    sandbox.aws.ec2.removeVpcEndpoint(other.vpcEndpointId);
    expect((await on()).Return).toBe(true);
    expect((await describeEndpoints())[0].PrivateDnsEnabled).toBe(true);
  });

  it.each<[string, object, string]>([
    ['another VPC', { VpcId: 'vpc-0none' }, 'InvalidVpcId.NotFound'],
    [
      'a service that does not exist',
      { ServiceName: 'com.amazonaws.eu-west-1.nothing' },
      'InvalidServiceName',
    ],
    ['another subnet', { SubnetIds: ['subnet-0'] }, 'InvalidSubnetId.NotFound'],
    [
      'another security group',
      { SecurityGroupIds: ['sg-0'] },
      'InvalidSecurityGroupId.NotFound',
    ],
    ['another type', { VpcEndpointType: 'Gateway' }, 'InvalidParameter'],
    ['an unknown parameter', { IpAddressType: 'ipv4' }, 'UnknownParameter'],
  ])('refuse %s', async (_what, input, code) => {
    expect((await errorOf(create(input))).name).toBe(code);
    expect(await describeEndpoints()).toEqual([]);
  });
});
