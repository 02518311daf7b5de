import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { parseServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { serviceTrust } from 'eks-sandbox';
import { portal } from '../clusters/__testUtils__/portal';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/payments/invoice-archiver';
/** Made by Terraform. */
const LEDGER = 'payments-prod/payments/payments-ledger';
const IAM = 'arn:aws-cn:iam::111122223333';
const S3 = 'arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess';

/** The partition aws-cn: other ARNs and addresses, the same service principal. */
describe('a cluster in China', () => {
  let world: LifecycleWorld;
  beforeAll(async () => {
    world = await LifecycleWorld.start({ region: 'cn-north-1' });
  });
  afterEach(async () => {
    world.sandbox.cluster('payments-prod').setEksAuthPath('open');
    await world.sandbox.reset();
  });
  afterAll(() => world.stop());

  const verify = (ref: string): Promise<VerificationReport> =>
    world.portal().verification.verify(
      {
        ref: parseServiceAccountRef(ref),
        trigger: 'user',
        probe: 'pod',
        permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
        timeoutSeconds: 3_600,
      },
      world.context(),
    );

  it('gets an identity that is proven by a pod, and loses it again', async () => {
    const made = await world.associate(REF, { managedPolicyArns: [S3] });
    expect(made.roleArn).toContain(`${IAM}:role/backstage/`);
    const role = world.role(made.roleArn)!;
    expect(role.attached).toEqual([S3]);
    expect(role.boundaryArn).toBe(`${IAM}:policy/backstage-workload-boundary`);
    const { Statement } = world.trustOf(made.roleArn);
    expect(Statement).toEqual([
      expect.objectContaining({
        Principal: { Service: 'pods.eks.amazonaws.com' },
      }),
    ]);
    expect(JSON.stringify(Statement)).toContain(
      'arn:aws-cn:eks:cn-north-1:111122223333:cluster/payments-prod',
    );

    const report = await verify(REF);
    expect(report).toMatchObject({
      proof: 'credentials',
      callerArn: expect.stringMatching(
        /^arn:aws-cn:sts::111122223333:assumed-role\//,
      ),
    });
    expect(report.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(JSON.stringify(report)).not.toContain('arn:aws:');

    await world.teardown(REF, { force: true });
    expect(world.association(REF)).toBeUndefined();
    expect(world.role(made.roleArn)).toBeUndefined();
  });

  it('says which setting Backstage needs to find its keys', async () => {
    const { accessKeyId, secretAccessKey } = world.sandbox.credentials.admin;
    const { clusters } = portal({
      sandbox: world.sandbox,
      aws: { mainAccount: { accessKeyId, secretAccessKey } },
    });
    await expect(
      clusters.session('payments-prod', 'read').describeCluster(),
    ).rejects.toThrow(
      'Set the region of aws.mainAccount, or of the account in aws.accounts, in app-config to one of the partition aws-cn, such as cn-north-1: without it Backstage looks in the partition aws.',
    );
    await clusters.close();
  });

  it('does not get a policy of another partition', async () => {
    await expect(
      world.associate(REF, {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      }),
    ).rejects.toThrow(
      /is in partition aws, and cluster payments-prod in aws-cn/,
    );
  });

  const aws = () => world.sandbox.aws;
  const ledger = `${IAM}:role/payments-ledger`;
  const nodes = `${IAM}:role/payments-prod-nodes`;

  it.each<[string, string, string, () => void]>([
    [
      'a trust policy without sts:TagSession',
      'role.trust-policy',
      'arn:aws-cn:eks:cn-north-1:111122223333:cluster/payments-prod',
      () => {
        aws().iam.updateRole(ledger, {
          trust: serviceTrust('pods.eks.amazonaws.com'),
        });
      },
    ],
    [
      'no association',
      'association.exists',
      'service account',
      () => {
        const { associationId } = world.association(LEDGER)!;
        aws().eks.deleteAssociation('payments-prod', associationId);
      },
    ],
    [
      'a node role that is not allowed to call EKS Auth',
      'credentials.agent-answers',
      'AmazonEKSWorkerNodePolicy',
      () => {
        aws().iam.updateRole(nodes, {
          attached: ['arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy'],
        });
      },
    ],
    [
      'no way to EKS Auth',
      'credentials.agent-answers',
      'cn.com.amazonaws.cn-north-1.eks-auth',
      () => world.sandbox.cluster('payments-prod').setEksAuthPath('dropped'),
    ],
    ['no permission', 'permissions.s3', 's3:ListAllMyBuckets', () => {}],
  ])('is advised with its own names: %s', async (_what, id, said, damage) => {
    damage();
    await world.sandbox.clock.advance(61_000);
    const report = await verify(LEDGER);
    const check = report.checks.find(one => one.id === id)!;
    expect(check.status).toBe('fail');
    expect(JSON.stringify(check.fix)).toContain(said);
    expect(JSON.stringify(report)).not.toMatch(/arn:aws:|eu-west-1|us-east-1/);
    const commands = report.checks
      .map(({ fix }) => fix?.snippet?.text ?? '')
      .filter(text => /^aws (iam|eks|ec2) /m.test(text));
    expect(commands.filter(text => !text.includes('cn-north-1'))).toEqual([]);
  });
});
