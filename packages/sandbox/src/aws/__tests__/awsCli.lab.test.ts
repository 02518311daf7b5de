/** @needs aws */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { POD_IDENTITY_TRUST } from '../direct/iam';
import { Sandbox, startSandbox } from '../../sandbox';
import { AwsCli } from '../../__testUtils__/clients';
import { POD_AWS_CASES } from '../../__testUtils__/podAwsCases';
import { podAwsTrial } from '../../__testUtils__/podAwsTrial';

/** Checks the sandbox with the real `aws`, an independent client. */
const cluster = ['--cluster-name', 'payments-prod'];
let sandbox: Sandbox;
let aws: AwsCli;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: ['payments-prod'], clockRate: 0 });
  aws = new AwsCli(sandbox, sandbox.credentials.admin);
  // eslint-disable-next-line no-console
  console.log((await aws.ok(['--version'])).trim());
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  aws.remove();
  await sandbox.stop();
});

const trustFile = () => {
  const path = join(aws.home, 'trust-policy.json');
  writeFileSync(path, JSON.stringify(POD_IDENTITY_TRUST));
  return `file://${path}`;
};

it('@night goes through the AWS steps of the lab', async () => {
  sandbox.aws.eks
    .cluster('payments-prod')
    .addons.delete('eks-pod-identity-agent');
  sandbox.delays.addon = 10_000;
  const addon = await aws.json([
    ...['eks', 'create-addon', ...cluster],
    ...['--addon-name', 'eks-pod-identity-agent'],
  ]);
  expect(addon.addon.status).toBe('CREATING');
  await sandbox.clock.advance(10_000);
  await aws.ok([
    ...['eks', 'wait', 'addon-active', ...cluster],
    ...['--addon-name', 'eks-pod-identity-agent'],
  ]);

  const RoleName = 'EKSPodIdentityS3Role';
  const roleArn = (
    await aws.ok([
      ...['iam', 'create-role', '--role-name', RoleName],
      ...['--assume-role-policy-document', trustFile()],
      ...['--query', 'Role.Arn', '--output', 'text'],
    ])
  ).trim();
  expect(roleArn).toBe(`arn:aws:iam::111122223333:role/${RoleName}`);
  const policyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  await aws.ok([
    ...['iam', 'attach-role-policy', '--role-name', RoleName],
    ...['--policy-arn', policyArn],
  ]);

  const serviceAccount = [
    ...['--namespace', 'default', '--service-account', 'pod-id-sa'],
  ];
  const { association } = await aws.json([
    ...['eks', 'create-pod-identity-association', ...cluster],
    ...['--role-arn', roleArn, ...serviceAccount],
  ]);
  expect(association.roleArn).toBe(roleArn);
  const again = await aws.run([
    ...['eks', 'create-pod-identity-association', ...cluster],
    ...['--role-arn', roleArn, ...serviceAccount],
  ]);
  expect(again.code).toBe(254);
  expect(again.stderr.trim()).toBe(
    `An error occurred (ResourceInUseException) when calling the CreatePodIdentityAssociation operation: Association already exists: ${association.associationId}`,
  );

  const associationId = (
    await aws.ok([
      ...['eks', 'list-pod-identity-associations', ...cluster],
      ...[...serviceAccount, '--query', 'associations[0].associationId'],
      ...['--output', 'text'],
    ])
  ).trim();
  expect(associationId).toBe(association.associationId);
  await aws.ok([
    ...['eks', 'delete-pod-identity-association', ...cluster],
    ...['--association-id', associationId],
  ]);
  const tooEarly = await aws.run([
    ...['iam', 'delete-role', '--role-name', RoleName],
  ]);
  expect(tooEarly.stderr.trim()).toBe(
    'An error occurred (DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must detach all policies first.',
  );
  await aws.ok([
    ...['iam', 'detach-role-policy', '--role-name', RoleName],
    ...['--policy-arn', policyArn],
  ]);
  await aws.ok(['iam', 'delete-role', '--role-name', RoleName]);
  await aws.ok([
    ...['eks', 'delete-addon', ...cluster],
    ...['--addon-name', 'eks-pod-identity-agent'],
  ]);
  await sandbox.clock.advance(10_000);
  await aws.ok([
    ...['eks', 'wait', 'addon-deleted', ...cluster],
    ...['--addon-name', 'eks-pod-identity-agent'],
  ]);
});

it('lists buckets and their objects', async () => {
  expect(await aws.ok(['s3', 'ls'])).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d acme-orders-export\n/,
  );
  expect(await aws.ok(['s3', 'ls', 's3://acme-payments-receipts'])).toMatch(
    /PRE receipts\/\n.*28 README\.txt\n$/,
  );
  await aws.ok([
    ...['s3api', 'head-bucket', '--bucket', 'acme-payments-receipts'],
  ]);
  const missing = await aws.run(['s3', 'ls', 's3://no-such-bucket']);
  expect(missing.stderr).toContain(
    'An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist',
  );
});

it("answers what the cases of the pods' aws say; npm run trials -- podAws tries them all", async () => {
  const cases = process.env.EKS_TEST_POD_AWS_ALL
    ? Object.values(POD_AWS_CASES).flat()
    : [
        ...POD_AWS_CASES['a bucket and what is in it'].slice(0, 4),
        ...POD_AWS_CASES['another role'],
      ];
  for (const { expected, real } of await podAwsTrial(sandbox)(cases)) {
    expect(real).toEqual(expected);
  }
});

it("shows what a session is denied, in AWS's own words", async () => {
  const role = sandbox.aws.iam.putRole({ name: 'app' });
  const session = sandbox.aws.iam.sessionOf({
    roleArn: role.arn,
    sessionName: 'eks-payments-p-app',
  });
  const pod = new AwsCli(sandbox, session);
  const me = 'arn:aws:sts::111122223333:assumed-role/app/eks-payments-p-app';
  expect(
    JSON.parse(
      await pod.ok(['sts', 'get-caller-identity', '--output', 'json']),
    ),
  ).toEqual({
    UserId: `${role.roleId}:eks-payments-p-app`,
    Account: '111122223333',
    Arn: me,
  });
  const denied: [string[], string][] = [
    [
      ['s3', 'ls'],
      `An error occurred (AccessDenied) when calling the ListBuckets operation: User: ${me} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action`,
    ],
    [
      ['s3api', 'head-bucket', '--bucket', 'acme-payments-receipts'],
      'An error occurred (403) when calling the HeadBucket operation: Forbidden',
    ],
  ];
  const refusals = await Promise.all(denied.map(([args]) => pod.run(args)));
  expect(refusals.map(({ stderr }) => stderr.trim())).toEqual(
    denied.map(([, sentence]) => sentence),
  );
  expect(refusals.every(({ code }) => code !== 0)).toBe(true);
  sandbox.aws.iam.updateRole(role.arn, {
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  });
  await Promise.all(denied.map(([args]) => pod.ok(args)));
  pod.remove();
});

it('@night gets the error codes of each service', async () => {
  const { admin } = sandbox.credentials;
  const wrongSecret = new AwsCli(sandbox, {
    ...admin,
    secretAccessKey: 'not-the-secret',
  });
  const unknown = new AwsCli(sandbox, {
    accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
    secretAccessKey: 'x',
  });
  const session = sandbox.aws.iam.sessionOf({
    roleArn: sandbox.credentials.roles.read,
  });
  sandbox.aws.iam.expireSession(session.accessKeyId);
  const expired = new AwsCli(sandbox, session);
  const commands = {
    eks: ['eks', 'list-clusters'],
    sts: ['sts', 'get-caller-identity'],
  };
  const codes = async (cli: AwsCli) => {
    const found = await Promise.all(
      Object.entries(commands).map(async ([service, args]) => {
        const { stderr } = await cli.run(args);
        return [service, /An error occurred \((\w+)\)/.exec(stderr)?.[1]];
      }),
    );
    cli.remove();
    return Object.fromEntries(found);
  };
  expect(await codes(wrongSecret)).toEqual({
    eks: 'InvalidSignatureException',
    sts: 'SignatureDoesNotMatch',
  });
  expect(await codes(unknown)).toEqual({
    eks: 'UnrecognizedClientException',
    sts: 'InvalidClientTokenId',
  });
  expect(await codes(expired)).toEqual({
    eks: 'ExpiredTokenException',
    sts: 'ExpiredToken',
  });
});

it('writes a kubeconfig, and gets tokens that the cluster accepts', async () => {
  const kubeconfig = join(aws.home, 'kubeconfig');
  const missing = await aws.run([
    ...['eks', 'update-kubeconfig', '--name', 'nowhere'],
    ...['--kubeconfig', kubeconfig],
  ]);
  expect(missing.code).toBe(254);
  expect(missing.stderr).toContain(
    'An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: nowhere.',
  );
  const token = await aws.json(['eks', 'get-token', ...cluster]);
  expect(token.status.token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
});

it('waits for an add-on and reports its failure', async () => {
  sandbox.aws.eks.setAddonHealth('payments-prod', 'eks-pod-identity-agent', {
    status: 'DEGRADED',
    issues: [
      {
        code: 'InsufficientNumberOfReplicas',
        message: 'unhealthy',
        resourceIds: [],
      },
    ],
  });
  const { code, stderr } = await aws.run([
    ...['eks', 'wait', 'addon-active', ...cluster],
    ...['--addon-name', 'eks-pod-identity-agent'],
  ]);
  expect(code).toBe(255);
  expect(stderr).toContain('Waiter encountered a terminal failure state');
});

it('@night lists and creates VPC endpoints', async () => {
  const { vpc } = sandbox.aws.eks.cluster('payments-prod');
  const name = (service: string) => `com.amazonaws.eu-west-1.${service}`;
  const { VpcEndpoint } = await aws.json([
    ...['ec2', 'create-vpc-endpoint', '--vpc-id', vpc.vpcId],
    ...['--vpc-endpoint-type', 'Interface', '--private-dns-enabled'],
    ...['--service-name', name('eks-auth'), '--subnet-ids', ...vpc.subnetIds],
    ...['--security-group-ids', vpc.clusterSecurityGroupId],
  ]);
  expect(VpcEndpoint.State).toBe('pending');
  await sandbox.clock.advance(20_000);
  for (let i = 0; i < 6; i++) {
    sandbox.aws.ec2.putVpcEndpoint({
      cluster: 'payments-prod',
      service: 'sts',
    });
  }
  const list = (...more: string[]) =>
    aws.ok([
      ...['ec2', 'describe-vpc-endpoints', '--output', 'text'],
      ...['--query', 'VpcEndpoints[].[ServiceName,State,PrivateDnsEnabled]'],
      ...['--filters', `Name=vpc-id,Values=${vpc.vpcId}`, ...more],
    ]);
  const services = `Name=service-name,Values=${name('eks-auth')},${name(
    'ec2',
  )}`;
  expect(await list(services)).toBe(`${name('eks-auth')}\tavailable\tTrue\n`);
  // The CLI follows the pages by itself.
  expect((await list('--page-size', '5')).trim().split('\n')).toHaveLength(7);
  const refused = await aws.run([
    ...['ec2', 'create-vpc-endpoint', '--vpc-id', vpc.vpcId],
    ...['--vpc-endpoint-type', 'Interface', '--private-dns-enabled'],
    ...['--service-name', name('eks-auth')],
  ]);
  expect(refused.stderr).toContain(
    `An error occurred (InvalidParameter) when calling the CreateVpcEndpoint operation: private-dns-enabled cannot be set because there is already a conflicting DNS domain for eks-auth.eu-west-1.api.aws in the VPC ${vpc.vpcId}`,
  );
});

it('@night looks events up by attribute and page, and is throttled', async () => {
  for (let index = 0; index < 160; index++) {
    sandbox.aws.cloudTrail.putEvent({
      EventName: 'ListQueues',
      EventSource: 'sqs.amazonaws.com',
      EventTime: new Date(sandbox.clock.now() - index * 1_000).toISOString(),
      Username: `session-${index}`,
    });
  }
  const lookup = [
    ...['cloudtrail', 'lookup-events', '--lookup-attributes'],
    'AttributeKey=EventName,AttributeValue=ListQueues',
  ];
  // Four pages within a second, and no second try.
  const throttled = await aws.run(lookup, { AWS_MAX_ATTEMPTS: '1' });
  sandbox.aws.set({ lookupsPerSecond: 100 });
  const all = await aws.json(lookup);
  const two = await aws.run([
    ...lookup,
    'AttributeKey=Username,AttributeValue=session-1',
  ]);
  expect(throttled.stderr.trim()).toBe(
    'An error occurred (ThrottlingException) when calling the LookupEvents operation (reached max retries: 0): Rate exceeded',
  );
  expect(
    all.Events.map(({ Username }: { Username: string }) => Username),
  ).toEqual(Array.from({ length: 160 }, (_, index) => `session-${index}`));
  expect(JSON.parse(all.Events[0].CloudTrailEvent)).toMatchObject({
    eventName: 'ListQueues',
    awsRegion: 'eu-west-1',
  });
  expect(two.stderr).toContain('(InvalidLookupAttributesException)');
});
