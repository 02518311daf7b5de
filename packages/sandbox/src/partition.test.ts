import { CreateVpcEndpointCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Clients, errorOf, sdk } from './__testUtils__/clients';
import { POD_IDENTITY_TRUST } from './aws/direct/iam';
import { Sandbox, startSandbox } from './sandbox';

const NAME = 'payments-prod';
const IAM = 'arn:aws-cn:iam::111122223333';
const READER = 'arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess';

/** The partition of a sandbox follows from its region. */
describe('a sandbox in China', () => {
  let sandbox: Sandbox;
  let clients: Clients;
  beforeAll(async () => {
    sandbox = await startSandbox({ region: 'cn-north-1', clusters: [NAME] });
    clients = sdk(sandbox, sandbox.credentials.admin);
  });
  afterAll(async () => {
    clients.destroy();
    await sandbox.stop();
  });

  it('has only ARNs and addresses of its partition', async () => {
    const { Arn } = await clients.sts.send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe(`${IAM}:user/platform-admin`);
    const { cluster } = await clients.eks.send(
      new DescribeClusterCommand({ name: NAME }),
    );
    expect(cluster).toMatchObject({
      arn: 'arn:aws-cn:eks:cn-north-1:111122223333:cluster/payments-prod',
      roleArn: `${IAM}:role/eks-cluster-payments-prod`,
      identity: {
        oidc: {
          issuer: expect.stringMatching(
            /^https:\/\/oidc\.eks\.cn-north-1\.amazonaws\.com\.cn\/id\//,
          ),
        },
      },
    });
    expect(sandbox.credentials.roles.read).toBe(
      `${IAM}:role/portal/backstage-eks-read`,
    );
    const kube = sandbox.cluster(NAME);
    const agent = kube.get(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
    );
    expect(agent!.spec.template.spec.containers[0].image).toContain(
      '.dkr.ecr.cn-north-1.amazonaws.com.cn/',
    );
  });

  it('takes the managed policies of its partition alone', async () => {
    const { iam } = clients;
    await iam.send(
      new CreateRoleCommand({
        RoleName: 'reader',
        AssumeRolePolicyDocument: JSON.stringify(POD_IDENTITY_TRUST),
      }),
    );
    const attach = (PolicyArn: string) =>
      iam.send(new AttachRolePolicyCommand({ RoleName: 'reader', PolicyArn }));
    await attach(READER);
    const error = await errorOf(attach(READER.replace('aws-cn', 'aws')));
    expect(error.name).toBe('NoSuchEntityException');
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'reader' }));
    expect(Role?.Arn).toBe(`${IAM}:role/reader`);
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({
        PolicyArn: 'arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy',
        VersionId: 'v6',
      }),
    );
    expect(decodeURIComponent(PolicyVersion!.Document!)).toContain(
      '"arn:aws-cn:ec2:*:*:network-interface/*"',
    );
  });

  it('does not know its keys in a region of another partition', async () => {
    const elsewhere = sdk(sandbox, sandbox.credentials.admin, {
      region: 'eu-west-1',
    });
    const error = await errorOf(
      elsewhere.sts.send(new GetCallerIdentityCommand({})),
    );
    expect(error.name).toBe('InvalidClientTokenId');
    elsewhere.destroy();
  });

  it('names endpoint services as China does', async () => {
    const ec2 = new EC2Client({
      region: sandbox.region,
      endpoint: sandbox.awsEndpoint,
      credentials: sandbox.credentials.admin,
      maxAttempts: 1,
    });
    const { vpc } = sandbox.aws.eks.cluster(NAME);
    const create = (ServiceName: string) =>
      ec2.send(
        new CreateVpcEndpointCommand({
          VpcId: vpc.vpcId,
          VpcEndpointType: 'Interface',
          ServiceName,
          SubnetIds: vpc.subnetIds,
          SecurityGroupIds: [vpc.clusterSecurityGroupId],
          PrivateDnsEnabled: true,
        }),
      );
    expect((await errorOf(create('com.amazonaws.cn-north-1.sts'))).name).toBe(
      'InvalidServiceName',
    );
    await create('cn.com.amazonaws.cn-north-1.eks-auth');
    await create('com.amazonaws.cn-north-1.logs');
    const again = await errorOf(create('cn.com.amazonaws.cn-north-1.eks-auth'));
    expect(again.message).toContain(
      'eks-auth.cn-north-1.api.amazonwebservices.com.cn',
    );
    ec2.destroy();
  });
});
