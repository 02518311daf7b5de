import { VerifyWorld, checkOf } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const EKS_AUTH = 'com.amazonaws.eu-west-1.eks-auth';
const STS = 'com.amazonaws.eu-west-1.sts';

/** cluster.eks-auth-path over the wire. */
describe('cluster.eks-auth-path', () => {
  let world: VerifyWorld;
  const aws = () => world.sandbox.aws;
  const vpcId = () => aws().eks.cluster('payments-prod').vpc.vpcId;
  const put = (service: 'eks-auth' | 'sts', more: object = {}) =>
    aws().ec2.putVpcEndpoint({ cluster: 'payments-prod', service, ...more })
      .vpcEndpointId;
  const setPrivate = () =>
    aws().eks.updateCluster('payments-prod', { endpointPublicAccess: false });
  const ec2Calls = () =>
    world.sandbox.calls
      .calls()
      .filter(({ service }) => service === 'ec2')
      .map(({ operation, status }) => `${operation} ${status}`);
  /** The check of a run; asserts that it did not change the verdict. */
  const verify = async () => {
    // Within a minute the previous report would be returned again.
    await world.sandbox.clock.advance(61_000);
    const report = await world.verify({ ref, probe: 'pod' });
    expect(report).toMatchObject({ status: 'verified' });
    expect(report.reused).toBeUndefined();
    return checkOf(report, 'cluster.eks-auth-path');
  };

  beforeAll(async () => {
    // Faster than real time, because only the pod’s start takes time here.
    world = await VerifyWorld.start({ clockRate: 5 });
    await world.settled();
  });
  afterEach(async () => {
    world.assertNoProbes('payments');
    await world.reset();
  });
  afterAll(() => world.stop());

  it('passes on a public cluster by the roles of the nodes, without calling EC2', async () => {
    expect(await verify()).toMatchObject({
      status: 'pass',
      message:
        'The cluster is not private-only, and the roles of its nodes may ask EKS Auth.',
      observed: expect.stringMatching(/^arn:aws:iam::111122223333:role\//),
    });
    expect(ec2Calls()).toEqual([]);
  });

  it('warns of running pods on nodes whose role is not allowed to ask EKS Auth', async () => {
    aws().iam.updateRole('arn:aws:iam::111122223333:role/payments-prod-nodes', {
      attached: ['arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy'],
    });
    const look = await world.verify({ ref, probe: 'none' });
    expect(look.status).toBe('no-pod-has-it');
    const report = await world.verify({ ref, probe: 'pod' });
    const [ofLook, check] = [look, report].map(one =>
      checkOf(one, 'cluster.eks-auth-path'),
    );
    expect(ofLook).toEqual(check);
    expect(check).toMatchObject({
      status: 'warn',
      message:
        'The role of node group general is not allowed to call eks-auth:AssumeRoleForPodIdentity, so 2 of 2 running pods get no credentials there.',
      fix: {
        actions: [
          expect.stringContaining('AmazonEKSWorkerNodePolicy'),
          'This needs IAM rights.',
        ],
        snippet: {
          language: 'bash',
          text: 'aws iam attach-role-policy --role-name payments-prod-nodes --policy-arn arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy --region eu-west-1',
        },
      },
    });
  });

  it('passes on a private cluster with both endpoints, and names them', async () => {
    setPrivate();
    const [eksAuth, sts] = [put('eks-auth'), put('sts')];
    expect(await verify()).toMatchObject({
      status: 'pass',
      message: `The cluster is private-only, its VPC ${vpcId()} has endpoints for eks-auth (${eksAuth}) and sts (${sts}), and the roles of its nodes may ask EKS Auth.`,
    });
    expect(ec2Calls()).toEqual(['DescribeVpcEndpoints 200']);
  });

  it('notes what is missing, with the commands to inspect and to fix it', async () => {
    setPrivate();
    aws().ec2.putVpcEndpoint({ cluster: 'payments-prod', service: 'logs' });
    const check = await verify();
    expect(check).toMatchObject({
      status: 'note',
      advisory: true,
      message: `The cluster is private-only, and in its VPC ${vpcId()} there is no endpoint for ${EKS_AUTH}, and there is no endpoint for ${STS}.`,
      expected: `${EKS_AUTH} and ${STS}: available, with private DNS`,
      observed: 'none of the two',
      resource: { kind: 'vpc', name: vpcId() },
    });
    expect(check.fix!.actions).toEqual([
      expect.stringContaining(`Create an interface endpoint for ${EKS_AUTH}`),
      expect.stringContaining(`Create an interface endpoint for ${STS}`),
      expect.stringContaining('a NAT gateway, a proxy'),
      'This needs EC2 rights.',
    ]);
    const commands = check.fix!.snippet!.text.split('\n\n');
    expect(commands).toHaveLength(3);
    expect(commands[0]).toMatch(/^aws ec2 describe-vpc-endpoints /);
    expect(commands[1]).toContain(
      `--vpc-endpoint-type Interface --service-name ${EKS_AUTH} --private-dns-enabled`,
    );
    expect(commands[2]).toContain(`--service-name ${STS}`);
  });

  it('notes one that is missing', async () => {
    setPrivate();
    const eksAuth = put('eks-auth');
    expect(await verify()).toMatchObject({
      status: 'note',
      message: `The cluster is private-only, and in its VPC ${vpcId()} there is no endpoint for ${STS}.`,
      observed: `${eksAuth} ${EKS_AUTH}: available, private DNS on`,
    });
  });

  it('notes endpoints that do not work, each with its fix', async () => {
    setPrivate();
    const failed = put('eks-auth', { state: 'failed' });
    const bare = put('sts', { privateDnsEnabled: false });
    const check = await verify();
    expect(check).toMatchObject({
      status: 'note',
      message: `The cluster is private-only, and in its VPC ${vpcId()} the endpoint ${failed} for ${EKS_AUTH} is failed, and the endpoint ${bare} for ${STS} has private DNS off.`,
    });
    expect(check.fix!.snippet!.text.split('\n\n').slice(1)).toEqual([
      expect.stringContaining(`--service-name ${EKS_AUTH}`),
      `aws ec2 modify-vpc-endpoint --region eu-west-1 --vpc-endpoint-id ${bare} --private-dns-enabled`,
    ]);
    await world.sandbox.reset();
    setPrivate();
    put('sts');
    const pending = put('eks-auth', { state: 'pending' });
    expect(await verify()).toMatchObject({
      status: 'note',
      message: expect.stringContaining(`${pending} for ${EKS_AUTH} is pending`),
      fix: {
        actions: expect.arrayContaining([
          `Wait until ${pending} is available, then verify again.`,
        ]),
      },
    });
  });

  it('does not count the endpoints of another VPC', async () => {
    setPrivate();
    aws().eks.putCluster({ name: 'neighbour' });
    for (const service of ['eks-auth', 'sts'])
      aws().ec2.putVpcEndpoint({ cluster: 'neighbour', service });
    expect(await verify()).toMatchObject({
      status: 'note',
      observed: 'none of the two',
    });
    aws().eks.deleteCluster('neighbour');
  });

  it('is unknown without the right, and names it', async () => {
    setPrivate();
    put('eks-auth');
    put('sts');
    world.forbid('ec2:DescribeVpcEndpoints');
    const check = await verify();
    expect(check).toMatchObject({
      status: 'unknown',
      advisory: true,
      message:
        'The portal is not allowed to call ec2:DescribeVpcEndpoints on *.',
      fix: {
        actions: [
          "Allow ec2:DescribeVpcEndpoints on * to the portal's role. Everything that role needs is in https://portal.example.com/aws-identities/permissions#aws-reading.",
          expect.stringContaining(
            `aws ec2 describe-vpc-endpoints --region eu-west-1 --filters Name=vpc-id,Values=${vpcId()} `,
          ),
        ],
      },
    });
    expect(JSON.parse(check.fix!.snippet!.text).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['ec2:DescribeVpcEndpoints'],
        Resource: '*',
      },
    ]);
    expect(ec2Calls()).toEqual(['DescribeVpcEndpoints 403']);
  });

  it('is unknown without the right to read the roles of the nodes, with or without endpoints', async () => {
    setPrivate();
    put('eks-auth');
    put('sts');
    world.forbid('eks:ListNodegroups');
    expect(await verify()).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('eks:ListNodegroups'),
    });
    for (const { vpcEndpointId } of aws().ec2.vpcEndpoints('payments-prod'))
      aws().ec2.removeVpcEndpoint(vpcEndpointId);
    expect(await verify()).toMatchObject({
      status: 'note',
      message: expect.stringContaining('there is no endpoint'),
    });
  });
});
