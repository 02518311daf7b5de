import {
  comparable,
  POD_AWS_CASES,
  putCasesRoles,
} from '../../__testUtils__/podAwsCases';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod } from '../__testUtils__/wire';

/** The clock runs fast, because the pods' `aws` waits in simulated time. */
const RATE = 200;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster({ clockRate: RATE });
  for (const name of ['app', 'none']) {
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name },
    });
  }
  cluster.aws.eks.putAssociation('demo', {
    namespace: 'default',
    serviceAccount: 'app',
    roleArn: putCasesRoles(cluster.aws),
  });
  await cluster.handle.waitFor(
    'daemonsets',
    'kube-system',
    'eks-pod-identity-agent',
    set => set?.status?.numberReady === 2,
  );
});

afterEach(() => cluster.handle.blockAws('s3', false));
afterAll(() => cluster.stop());

let count = 0;

async function newPod(
  serviceAccountName: string,
  env: Record<string, string> = {},
) {
  const name = `aws-${++count}`;
  const spec = {
    serviceAccountName,
    containers: [
      {
        name: 'main',
        image: 'amazon/aws-cli:2.23.6',
        command: ['sleep', '3600'],
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
      },
    ],
  };
  await cluster.handle.apply(pod(name, { spec }));
  await cluster.handle.waitFor(
    'pods',
    'default',
    name,
    p => p?.status.phase === 'Running',
  );
  const run = (...command: string[]) =>
    cluster.handle.exec('default', name, command);
  return { run, aws: (...args: string[]) => run('aws', ...args) };
}

it.each(Object.entries(POD_AWS_CASES))(
  'answers as the real aws: %s',
  async (_group, cases) => {
    const { aws } = await newPod('app');
    for (const one of cases) {
      const { args } = one;
      const { exitCode: code, ...printed } = await aws(...args);
      expect(comparable({ args, code, ...printed })).toEqual(comparable(one));
    }
  },
);

it('uses what assume-role printed', async () => {
  const { run } = await newPod('app');
  const { stdout } = await run(
    'sh',
    '-c',
    `read key end secret token <<< "$(aws sts assume-role --role-arn arn:aws:iam::111122223333:role/next --role-session-name lab --query Credentials --output text)"
     export AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token
     echo $end; aws sts get-caller-identity --query Arn --output text`,
  );
  expect(stdout).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\narn:aws:sts::111122223333:assumed-role\/next\/lab\n$/,
  );
});

it('fails where no provider has credentials', async () => {
  const { aws } = await newPod('none');
  expect(await aws('s3', 'ls')).toMatchObject({
    exitCode: 253,
    stderr:
      '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
  });
});

it('names the address that it does not reach', async () => {
  const { aws } = await newPod('app');
  cluster.handle.blockAws('s3', true);
  const timeout = (path: string) =>
    `Connect timeout on endpoint URL: "https://${path}"\n`;
  const host = 's3.eu-west-1.amazonaws.com';
  const short = ['--cli-connect-timeout', '1'];
  expect(await aws('s3', 'ls', ...short)).toMatchObject({
    exitCode: 255,
    stderr: `\n${timeout(`${host}/`)}`,
  });
  const bucket = ['--bucket', 'lab-x', ...short];
  expect(await aws('s3api', 'head-bucket', ...bucket)).toMatchObject({
    exitCode: 255,
    stderr: `\n${timeout(`lab-x.${host}/`)}`,
  });
});

it('passes the policies of the VPC endpoints on its way', async () => {
  const { aws } = await newPod('app');
  const put = (service: string, statement: object) =>
    cluster.aws.ec2.putVpcEndpoint({
      cluster: 'demo',
      service,
      policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    });
  const all = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };
  const { vpcEndpointId } = put('sts', { ...all, Effect: 'Deny' });
  expect((await aws('sts', 'get-caller-identity')).stderr).toMatch(
    /not authorized to perform: sts:GetCallerIdentity with an explicit deny in a VPC endpoint policy/,
  );
  cluster.aws.ec2.removeVpcEndpoint(vpcEndpointId);
  put('sts', all);
  expect((await aws('sts', 'get-caller-identity')).exitCode).toBe(0);
});

it('lists its configuration', async () => {
  const list = async (env: Record<string, string>, sa = 'app') => {
    const { aws } = await newPod(sa, env);
    return aws('configure', 'list');
  };
  const found = await list({});
  expect(found.stdout).toMatch(
    /^ {6}Name {20}Value {13}Type {4}Location\n {6}---- {20}----- {13}---- {4}--------\n {3}profile {16}<not set> {13}None {4}None\naccess_key {5}\*{16}\w{4} {3}container-role {4}\nsecret_key {5}\*{16}\S{4} {3}container-role {4}\n {4}region {16}eu-west-1 {14}env {4}\['AWS_REGION', 'AWS_DEFAULT_REGION'\]\n$/,
  );
  const lost = await list({ AWS_PROFILE: 'lost' });
  expect(lost.stdout.split('\n').slice(2)).toEqual([
    "   profile                     lost              env    ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']",
    '',
  ]);
  expect(lost).toMatchObject({
    exitCode: 255,
    stderr: '\nThe config profile (lost) could not be found\n',
  });
});

it.each([
  [['dynamodb', 'list-tables'], '"dynamodb list-tables". It supports: '],
  [['s3', 'sync', '.', 's3://lab-x'], '"s3 sync". It supports: '],
  [['configure'], '"configure". It supports: '],
  [['s3', 'cp', 'a', 's3://lab-x'], '"s3 cp". It supports: '],
  [['s3', 'ls', '--page-size', '1'], '--page-size of "s3 ls".'],
  [['s3', 'ls', '--no-sign-request'], '--no-sign-request of "s3 ls".'],
])('says plainly that it does not know %j', async (args, text) => {
  const { aws } = await newPod('app');
  const { exitCode, stdout, stderr } = await aws(...args);
  expect([exitCode, stdout]).toEqual([252, '']);
  expect(stderr).toContain(
    `aws: error: the aws of the sandbox's pods does not support ${text}`,
  );
});

it('runs beside the script what ends in an ampersand', async () => {
  const { run } = await newPod('app');
  const { stdout } = await run(
    'bash',
    '-c',
    `try() { sleep "$1" > /dev/null & job=$!; }
     try 600; first=$job; ls /nowhere 2> /tmp/why >> /tmp/other & second=$!
     sleep 600; wait $second; echo "code $? after $((SECONDS < 1000))"; wait $first; echo "code $?"
     wait 999; echo "code $?"; wait; cat /tmp/why`,
  );
  expect(stdout).toBe(
    'code 2 after 1\ncode 0\ncode 127\nls: /nowhere: No such file or directory\n',
  );
});
