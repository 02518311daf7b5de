/** @needs aws */
import { realBash } from '../__testUtils__/bash';
import { VerifyWorld, checkOf } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

/** The commands that the check prints, run by the machine's real bash and real AWS CLI against the sandbox. */
describe('the commands of cluster.eks-auth-path', () => {
  let world: VerifyWorld;
  const run = realBash();
  const bash = (script: string, keys: Parameters<typeof run>[1]) =>
    run(world.sandbox, keys, script);
  const admin = (script: string) =>
    bash(script, world.sandbox.credentials.admin);
  const verify = async () => {
    await world.sandbox.clock.advance(61_000);
    return checkOf(
      await world.verify({ ref, probe: 'pod' }),
      'cluster.eks-auth-path',
    );
  };

  beforeAll(async () => {
    world = await VerifyWorld.start({ clockRate: 5 });
    await world.settled();
    const { stdout } = await admin('aws --version');
    // eslint-disable-next-line no-console
    console.log(stdout.trim());
  });
  beforeEach(() => {
    world.sandbox.aws.eks.updateCluster('payments-prod', {
      endpointPublicAccess: false,
    });
  });
  afterEach(() => world.reset());
  afterAll(async () => {
    await world.stop();
  });

  it('create what is missing, and then the check passes', async () => {
    const { vpc } = world.sandbox.aws.eks.cluster('payments-prod');
    const check = await verify();
    expect(check.status).toBe('note');
    expect(await admin(check.fix!.snippet!.text)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(
      world.sandbox.aws.ec2
        .vpcEndpoints('payments-prod')
        .map(({ serviceName, subnetIds, privateDnsEnabled }) => ({
          serviceName,
          subnetIds,
          privateDnsEnabled,
        })),
    ).toEqual(
      ['eks-auth', 'sts'].map(service => ({
        serviceName: `com.amazonaws.eu-west-1.${service}`,
        subnetIds: vpc.subnetIds,
        privateDnsEnabled: true,
      })),
    );
    expect(await verify()).toMatchObject({ status: 'pass' });
  });

  it('show the endpoints, and switch private DNS on', async () => {
    const put = (service: string, privateDnsEnabled: boolean) =>
      world.sandbox.aws.ec2.putVpcEndpoint({
        cluster: 'payments-prod',
        service,
        privateDnsEnabled,
      }).vpcEndpointId;
    const eksAuth = put('eks-auth', true);
    const sts = put('sts', false);
    const logs = put('logs', true);
    const check = await verify();
    const { code, stdout } = await admin(check.fix!.snippet!.text);
    expect(code).toBe(0);
    const rows = stdout
      .split('\n')
      .filter(line => line.includes('vpce-'))
      .map(line => line.split('|').map(cell => cell.trim()));
    expect(rows).toEqual([
      [
        '',
        eksAuth,
        'com.amazonaws.eu-west-1.eks-auth',
        'available',
        'True',
        '',
      ],
      ['', sts, 'com.amazonaws.eu-west-1.sts', 'available', 'False', ''],
    ]);
    expect(stdout).not.toContain(logs);
    expect(await verify()).toMatchObject({ status: 'pass' });
  });

  it('print EC2’s message if the person lacks the right as well', async () => {
    const check = await verify();
    const { accessKeyId, secretAccessKey } = world.sandbox.credentials.nobody;
    const look = check.fix!.snippet!.text.split('\n\n')[0];
    expect(await bash(look, { accessKeyId, secretAccessKey })).toMatchObject({
      code: 254,
      stderr: expect.stringContaining(
        'An error occurred (UnauthorizedOperation) when calling the DescribeVpcEndpoints operation: You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: ec2:DescribeVpcEndpoints because no identity-based policy allows the ec2:DescribeVpcEndpoints action',
      ),
    });
  });
});
