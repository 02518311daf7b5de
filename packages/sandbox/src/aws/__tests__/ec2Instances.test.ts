import {
  AssociateIamInstanceProfileCommand,
  CreateVpcEndpointCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  ModifyInstanceMetadataOptionsCommand,
} from '@aws-sdk/client-ec2';
import { errorOf } from '../../__testUtils__/clients';
import { Sandbox, startSandbox } from '../../sandbox';
import type { AccessKeys } from '../../seed/accounts';

const CLUSTER = 'payments-prod';
const PROFILE = 'payments-prod-nodes';

let sandbox: Sandbox;
let ec2: EC2Client;
let withoutRights: EC2Client;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [CLUSTER], clockRate: 0 });
  const client = (credentials: AccessKeys) =>
    new EC2Client({
      region: sandbox.region,
      endpoint: sandbox.awsEndpoint,
      credentials,
      maxAttempts: 1,
    });
  ec2 = client(sandbox.credentials.admin);
  withoutRights = client(sandbox.credentials.nobody);
});
afterEach(() => sandbox.cluster(CLUSTER).clearTrouble());
afterAll(async () => {
  ec2.destroy();
  withoutRights.destroy();
  await sandbox.stop();
});

const nodes = () => sandbox.cluster(CLUSTER).list('nodes');
const idOf = (node: any): string => node.spec.providerID.split('/').pop();
const describe1 = async (InstanceId: string) => {
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
  );
  return Reservations![0].Instances![0];
};
const associate = (InstanceId: string, Name = PROFILE) =>
  new AssociateIamInstanceProfileCommand({
    InstanceId,
    IamInstanceProfile: { Name },
  });

it('shows the nodes as instances', async () => {
  const [node] = nodes();
  const { vpc } = sandbox.aws.eks.cluster(CLUSTER);
  expect(await describe1(idOf(node))).toMatchObject({
    InstanceId: idOf(node),
    PrivateDnsName: node.metadata.name,
    State: { Name: 'running' },
    IamInstanceProfile: {
      Arn: `arn:aws:iam::111122223333:instance-profile/${PROFILE}`,
    },
    MetadataOptions: { HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    VpcId: vpc.vpcId,
    SecurityGroups: [{ GroupId: vpc.clusterSecurityGroupId }],
  });
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'private-dns-name', Values: [nodes()[1].metadata.name] },
        { Name: 'vpc-id', Values: ['vpc-*'] },
        { Name: 'tag:eks:cluster-name', Values: [CLUSTER] },
      ],
    }),
  );
  expect(Reservations!.map(one => one.Instances![0].InstanceId)).toEqual([
    idOf(nodes()[1]),
  ]);
});

it('gives an instance the profile that it lacks, and only then', async () => {
  const [id, other] = nodes().map(idOf);
  expect(await errorOf(ec2.send(associate(id)))).toMatchObject({
    name: 'IncorrectState',
    message: `There is an existing association for instance ${id}`,
  });
  sandbox.cluster(CLUSTER).setNodeCredentials('no-instance-profile');
  expect((await describe1(id)).IamInstanceProfile).toBeUndefined();
  expect(await errorOf(ec2.send(associate(id, 'none')))).toMatchObject({
    name: 'InvalidParameterValue',
    message:
      'Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
  });
  const { IamInstanceProfileAssociation } = await ec2.send(associate(id));
  expect(IamInstanceProfileAssociation).toMatchObject({
    InstanceId: id,
    State: 'associating',
  });
  const { IamInstanceProfileAssociations } = await ec2.send(
    new DescribeIamInstanceProfileAssociationsCommand({
      Filters: [{ Name: 'instance-id', Values: [id, other] }],
    }),
  );
  expect(IamInstanceProfileAssociations!.map(one => one.InstanceId)).toEqual([
    id,
  ]);
});

it('switches the metadata of an instance on, and changes how far they reach', async () => {
  const [id] = nodes().map(idOf);
  sandbox.cluster(CLUSTER).setNodeCredentials('no-imds');
  expect((await describe1(id)).MetadataOptions!.HttpEndpoint).toBe('disabled');
  const { InstanceMetadataOptions } = await ec2.send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId: id,
      HttpEndpoint: 'enabled',
      HttpPutResponseHopLimit: 2,
    }),
  );
  expect(InstanceMetadataOptions).toMatchObject({
    State: 'pending',
    HttpEndpoint: 'enabled',
    HttpPutResponseHopLimit: 2,
  });
  expect((await describe1(id)).MetadataOptions).toMatchObject({
    State: 'applied',
    HttpEndpoint: 'enabled',
  });
});

it('refuses what EC2 refuses', async () => {
  expect(await errorOf(describe1('i-0abc'))).toMatchObject({
    name: 'InvalidInstanceID.NotFound',
    message: "The instance ID 'i-0abc' does not exist",
  });
  expect(await errorOf(withoutRights.send(associate('i-0abc')))).toMatchObject({
    name: 'UnauthorizedOperation',
    message: expect.stringContaining('ec2:AssociateIamInstanceProfile'),
  });
});

it('has a subnet in each zone, and puts an endpoint into a zone once', async () => {
  const { vpc } = sandbox.aws.eks.cluster(CLUSTER);
  const { Subnets } = await ec2.send(
    new DescribeSubnetsCommand({ SubnetIds: vpc.subnetIds }),
  );
  expect(Subnets!.map(one => one.AvailabilityZone)).toEqual([
    'eu-west-1a',
    'eu-west-1b',
    'eu-west-1c',
  ]);
  vpc.subnetIds.push('subnet-0aaa');
  const create = (SubnetIds: string[]) =>
    ec2.send(
      new CreateVpcEndpointCommand({
        VpcId: vpc.vpcId,
        ServiceName: 'com.amazonaws.eu-west-1.eks-auth',
        VpcEndpointType: 'Interface',
        SubnetIds,
        SecurityGroupIds: [vpc.clusterSecurityGroupId],
      }),
    );
  expect(await errorOf(create(vpc.subnetIds))).toMatchObject({
    name: 'DuplicateSubnetsInSameZone',
  });
  vpc.subnetIds.pop();
  const { VpcEndpoint } = await create(vpc.subnetIds);
  expect(VpcEndpoint!.SubnetIds).toEqual(vpc.subnetIds);
});

describe('the launch template of a node group', () => {
  const launchTemplate = {
    id: 'lt-0123456789abcdef0',
    name: 'workers',
    version: 3,
    metadataOptions: { httpEndpoint: 'enabled', httpPutResponseHopLimit: 2 },
  };
  const versions = (over: object = {}, client = ec2) =>
    client.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: launchTemplate.id,
        Versions: ['3'],
        ...over,
      }),
    );

  beforeAll(() =>
    sandbox.aws.eks.putNodegroup(CLUSTER, {
      nodegroupName: 'workers',
      nodeRole: `arn:aws:iam::111122223333:role/${PROFILE}`,
      launchTemplate,
    }),
  );

  it('has the metadata options of its version', async () => {
    const { LaunchTemplateVersions } = await versions();
    expect(LaunchTemplateVersions).toEqual([
      expect.objectContaining({
        LaunchTemplateId: launchTemplate.id,
        LaunchTemplateName: 'workers',
        VersionNumber: 3,
        LaunchTemplateData: {
          MetadataOptions: {
            HttpEndpoint: 'enabled',
            HttpPutResponseHopLimit: 2,
          },
        },
      }),
    ]);
  });

  it.each<[string, object, string]>([
    [
      'another template',
      { LaunchTemplateId: 'lt-none' },
      'InvalidLaunchTemplateId.NotFound',
    ],
    [
      'another version',
      { Versions: ['4'] },
      'InvalidLaunchTemplateId.VersionNotFound',
    ],
  ])('is not %s', async (_what, over, name) => {
    expect(await errorOf(versions(over))).toMatchObject({ name });
  });

  it('needs a right', async () => {
    expect(await errorOf(versions({}, withoutRights))).toMatchObject({
      name: 'UnauthorizedOperation',
    });
  });
});
