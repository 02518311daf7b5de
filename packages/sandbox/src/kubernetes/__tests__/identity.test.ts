import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import { AgentBehaviour } from '../agent/agent';
import { probePod, readProbe } from '../__testUtils__/probe';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod } from '../__testUtils__/wire';

const CONTAINER_ERROR =
  'Error when retrieving credentials from container-role: Error retrieving metadata: ';

/** The clock runs fast, because the pods' `aws` waits in simulated time. */
const RATE = 200;

describe('the identity of pods', () => {
  let cluster: TestCluster;
  let count = 0;

  beforeAll(async () => {
    cluster = await startTestCluster({ clockRate: RATE });
    const { arn } = cluster.aws.iam.putRole({
      name: 'app-role',
      path: '/team/',
      trust: POD_IDENTITY_TRUST,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    await cluster.handle.apply(
      ['app', 'none'].map(name => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name },
      })),
    );
    cluster.aws.eks.putAssociation('demo', {
      namespace: 'default',
      serviceAccount: 'app',
      roleArn: arn,
    });
    cluster.aws.putBucket({
      name: 'demo-data',
      objects: { 'a/b.txt': 'hello' },
    });
    await cluster.handle.waitFor(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
      set => set?.status?.numberReady === 2,
    );
  });

  afterEach(async () => {
    cluster.handle.setAgent('normal');
    cluster.handle.blockAws('sts', false);
  });

  afterAll(() => cluster.stop());

  const newPod = async (
    serviceAccountName: string,
    spec: Record<string, any> = {},
  ) => {
    const name = `pod-${++count}`;
    await cluster.handle.apply(
      pod(name, { spec: { serviceAccountName, ...spec } }),
    );
    await cluster.handle.waitFor(
      'pods',
      'default',
      name,
      p => p?.status.phase === 'Running',
    );
    return {
      name,
      run: (...command: string[]) =>
        cluster.handle.exec('default', name, command),
    };
  };
  const withEnv = (env: Record<string, string>) => ({
    containers: [
      {
        name: 'main',
        image: 'amazon/aws-cli:2.23.6',
        command: ['sleep', '3600'],
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
      },
    ],
  });
  const runProbe = async (
    options: Parameters<typeof probePod>[2] = {},
    serviceAccount = 'app',
  ) => {
    const name = `probe-${++count}`;
    await cluster.handle.apply(probePod(name, serviceAccount, options));
    const ended = await cluster.handle.waitFor('pods', 'default', name, p =>
      ['Succeeded', 'Failed'].includes(p?.status.phase),
    );
    const { exitCode, message } =
      ended!.status.containerStatuses[0].state.terminated;
    expect(exitCode).toBe(0);
    return readProbe(message);
  };

  describe('the aws command', () => {
    it('prints its identity as JSON, as text and through a query', async () => {
      const { run } = await newPod('app');
      const json = await run('aws', 'sts', 'get-caller-identity');
      expect(json).toMatchObject({ exitCode: 0, stderr: '' });
      const identity = JSON.parse(json.stdout);
      expect(identity).toEqual({
        UserId: expect.stringMatching(/^AROA[A-Z0-9]+:eks-demo-pod-/),
        Account: '111122223333',
        Arn: expect.stringMatching(
          /^arn:aws:sts::111122223333:assumed-role\/app-role\/eks-demo-pod-/,
        ),
      });
      expect(json.stdout).toContain('\n    "UserId": ');
      const text = await run(
        'aws',
        'sts',
        'get-caller-identity',
        '--output',
        'text',
      );
      expect(text.stdout).toBe(
        `${identity.Account}\t${identity.Arn}\t${identity.UserId}\n`,
      );
      const query = await run(
        'aws',
        'sts',
        'get-caller-identity',
        '--query',
        'Arn',
        '--output',
        'text',
      );
      expect(query.stdout).toBe(`${identity.Arn}\n`);
    });

    it('lists buckets and objects as its policies allow', async () => {
      const { run } = await newPod('app');
      const buckets = await run('aws', 's3', 'ls');
      expect(buckets.stdout).toMatch(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d demo-data$/m,
      );
      expect((await run('aws', 's3', 'ls', 's3://demo-data')).stdout).toBe(
        '                           PRE a/\n',
      );
      const objects = await run(
        'aws',
        's3',
        'ls',
        's3://demo-data/',
        '--recursive',
      );
      expect(objects.stdout).toMatch(/ {10}5 a\/b\.txt$/m);
      const names = await run(
        'aws',
        's3api',
        'list-buckets',
        '--query',
        'Buckets[].Name',
        '--output',
        'text',
      );
      expect(names.stdout.split(/\s/)).toContain('demo-data');
      expect(
        (await run('aws', 's3api', 'head-bucket', '--bucket', 'demo-data'))
          .exitCode,
      ).toBe(0);
      const missing = await run(
        'aws',
        's3api',
        'head-bucket',
        '--bucket',
        'no-such-bucket-here',
      );
      expect(missing).toMatchObject({
        exitCode: 254,
        stderr:
          '\nAn error occurred (404) when calling the HeadBucket operation: Not Found\n',
      });
    });

    it('prints why access was denied', async () => {
      const bare = cluster.aws.iam.putRole({
        name: 'bare',
        trust: POD_IDENTITY_TRUST,
      });
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'bare' },
      });
      cluster.aws.eks.putAssociation('demo', {
        namespace: 'default',
        serviceAccount: 'bare',
        roleArn: bare.arn,
      });
      const { run } = await newPod('bare');
      const denied = await run('aws', 's3', 'ls');
      expect(denied.exitCode).toBe(254);
      expect(denied.stderr).toMatch(
        /^\nAn error occurred \(AccessDenied\) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role\/bare\/eks-demo-\S+ is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action\n$/,
      );
    });

    it('finds no credentials in a pod without injection', async () => {
      const { run } = await newPod('none');
      expect(await run('aws', 'sts', 'get-caller-identity')).toMatchObject({
        exitCode: 253,
        stderr:
          '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
      });
    });

    it("falls back to the node's role where the hop limit allows it", async () => {
      await cluster.handle.addNode({
        kind: 'managed',
        roleArn: cluster.nodeRoleArn,
        imdsHopLimit: 2,
        labels: { imds: 'open' },
      });
      const { run } = await newPod('none', { nodeSelector: { imds: 'open' } });
      const { stdout } = await run(
        'aws',
        'sts',
        'get-caller-identity',
        '--query',
        'Arn',
        '--output',
        'text',
      );
      expect(stdout).toMatch(/:assumed-role\/node-role\/i-0[0-9a-f]+\n$/);
      const host = await newPod('none', { hostNetwork: true });
      expect(
        (await host.run('aws', 'sts', 'get-caller-identity')).stdout,
      ).toContain('assumed-role/node-role/i-0');
    });

    it("prefers the first provider in botocore's chain", async () => {
      const { key } = cluster.aws.iam.putUser({ name: 'static' });
      const byEnv = await newPod(
        'app',
        withEnv({
          AWS_ACCESS_KEY_ID: key.accessKeyId,
          AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        }),
      );
      expect(
        (await byEnv.run('aws', 'sts', 'get-caller-identity')).stdout,
      ).toContain(':user/static');
      const byFile = await newPod('app');
      await byFile.run(
        'sh',
        '-c',
        `mkdir -p ~/.aws; printf '[default]\\naws_access_key_id=${key.accessKeyId}\\naws_secret_access_key=${key.secretAccessKey}\\n' > ~/.aws/credentials`,
      );
      expect(
        (await byFile.run('aws', 'sts', 'get-caller-identity')).stdout,
      ).toContain(':user/static');
      expect((await byFile.run('aws', 'configure', 'list')).stdout).toMatch(
        /access_key +\*{16}\w{4} shared-credentials-file/,
      );
      const byProfile = await newPod('app', withEnv({ AWS_PROFILE: 'nope' }));
      expect(
        await byProfile.run('aws', 'sts', 'get-caller-identity'),
      ).toMatchObject({
        exitCode: 255,
        stderr: '\nThe config profile (nope) could not be found\n',
      });
    });

    it.each<[string[], number, RegExp]>([
      [['aws', '--version'], 0, /^aws-cli\/2/],
      [['aws'], 252, /usage: aws/],
      [['aws', 'sts'], 252, /required: operation/],
      [
        ['aws', 'dynamodb', 'describe-table'],
        252,
        /aws of the sandbox's pods does not support "dynamodb describe-table"\. It supports: configure list, s3 ls, /,
      ],
      [
        ['aws', 'sts', 'get-caller-identity', '--output'],
        252,
        /expected one argument/,
      ],
    ])('answers %j', async (command, exitCode, text) => {
      const { run } = await newPod('app');
      const result = await run(...command);
      expect(result.exitCode).toBe(exitCode);
      expect(result.stdout + result.stderr).toMatch(text);
    });
  });

  describe('the agent', () => {
    it.each<[AgentBehaviour, RegExp]>([
      [
        'hang',
        /Received error when attempting to retrieve container metadata: Read timeout on endpoint URL: "http:\/\/169\.254\.170\.23\/v1\/credentials"/,
      ],
      [
        'refuse',
        /Received error when attempting to retrieve container metadata: Could not connect to the endpoint URL: "http:\/\/169\.254\.170\.23\/v1\/credentials"/,
      ],
      [
        'throttle',
        /Received non 200 response 429 from container metadata: Too Many Requests/,
      ],
      ['error', /Received non 200 response 500 from container metadata: \[\]/],
      [
        {
          status: 404,
          body: '[x]: (ResourceNotFoundException): gone, fault: client',
        },
        /Received non 200 response 404 from container metadata: \[x\]: \(ResourceNotFoundException\): gone, fault: client/,
      ],
    ])(
      'set to %j makes the command fail as on EKS',
      async (behaviour, text) => {
        cluster.handle.setAgent(behaviour);
        const { run } = await newPod('app');
        const before = cluster.core.clock.now();
        const result = await run('aws', 'sts', 'get-caller-identity');
        expect(result.exitCode).toBe(255);
        expect(result.stderr).toContain(`\n${CONTAINER_ERROR}`);
        expect(result.stderr).toMatch(text);
        expect(cluster.core.clock.now() - before).toBeGreaterThanOrEqual(
          behaviour === 'hang' ? 9_000 : 3_000,
        );
      },
    );

    it('reaches EKS Auth through an endpoint in the VPC, where packets are dropped', async () => {
      cluster.handle.setEksAuthPath('dropped');
      const { run } = await newPod('app');
      const ask = () => run('aws', 'sts', 'get-caller-identity');
      expect((await ask()).exitCode).not.toBe(0);
      const put = (privateDnsEnabled: boolean) =>
        cluster.aws.ec2.putVpcEndpoint({
          cluster: 'demo',
          service: 'eks-auth',
          privateDnsEnabled,
        }).vpcEndpointId;
      const bare = put(false);
      expect((await ask()).exitCode).not.toBe(0);
      const named = put(true);
      expect((await ask()).exitCode).toBe(0);
      [bare, named].forEach(id => cluster.aws.ec2.removeVpcEndpoint(id));
      cluster.handle.setEksAuthPath('open');
    });

    it('is too slow for the pod while it tries to reach EKS Auth', async () => {
      cluster.handle.setEksAuthPath('slow');
      const { run } = await newPod('app');
      const { stderr } = await run('aws', 'sts', 'get-caller-identity');
      cluster.handle.setEksAuthPath('open');
      expect(stderr).toContain(
        'Read timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
      );
    });

    it.each([
      [
        'no-instance-profile' as const,
        'no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404, request to EC2 IMDS failed',
      ],
      [
        'no-imds' as const,
        'no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded',
      ],
    ])('says that it has no credentials: %s', async (state, text) => {
      cluster.handle.setNodeCredentials(state);
      const { run } = await newPod('app');
      const { stderr } = await run('aws', 'sts', 'get-caller-identity');
      cluster.handle.setNodeCredentials('present');
      expect(stderr).toContain(
        `Received non 200 response 500 from container metadata: error getting credentials to cache: unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, get identity: get credentials: failed to refresh cached credentials, ${text}`,
      );
    });

    it('does not answer on nodes without an agent or through an egress policy', async () => {
      const lonely = await cluster.handle.addNode({
        kind: 'hybrid',
        roleArn: cluster.nodeRoleArn,
        labels: { lonely: 'yes' },
      });
      const { run } = await newPod('app', { nodeSelector: { lonely: 'yes' } });
      expect((await run('aws', 'sts', 'get-caller-identity')).stderr).toContain(
        'Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
      );
      await cluster.handle.removeNode(lonely);

      await cluster.handle.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'no-egress', namespace: 'default' },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress: [] },
      });
      const walled = await newPod('app');
      expect(
        (await walled.run('aws', 'sts', 'get-caller-identity')).stderr,
      ).toContain(
        'Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
      );
      const call = () => walled.run('aws', 'sts', 'get-caller-identity');
      cluster.handle.enforceNetworkPolicies(false);
      expect((await call()).exitCode).toBe(0);
      cluster.handle.enforceNetworkPolicies(true);
      expect((await call()).exitCode).not.toBe(0);
      await cluster.handle.change(
        'networkpolicies',
        'default',
        'no-egress',
        policy => {
          policy.spec.egress = [
            {
              to: [{ ipBlock: { cidr: '169.254.170.23/32' } }],
              ports: [{ port: 80 }],
            },
            { ports: [{ port: 443 }] },
          ];
        },
      );
      expect((await call()).exitCode).toBe(0);
      await cluster.handle.delete('networkpolicies', 'default', 'no-egress');
    });

    it('caches by token: a running pod keeps its role, a new pod gets the new one', async () => {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'moving' },
      });
      const [first, second] = ['first', 'second'].map(name =>
        cluster.aws.iam.putRole({ name, trust: POD_IDENTITY_TRUST }),
      );
      const association = cluster.aws.eks.putAssociation('demo', {
        namespace: 'default',
        serviceAccount: 'moving',
        roleArn: first.arn,
      });
      const arnOf = async (p: Awaited<ReturnType<typeof newPod>>) =>
        (
          await p.run(
            'aws',
            'sts',
            'get-caller-identity',
            '--query',
            'Arn',
            '--output',
            'text',
          )
        ).stdout;
      const old = await newPod('moving');
      expect(await arnOf(old)).toContain('/first/');
      cluster.aws.eks.updateAssociation('demo', association.associationId, {
        roleArn: second.arn,
      });
      expect(await arnOf(old)).toContain('/first/');
      expect(await arnOf(await newPod('moving'))).toContain('/second/');
    });

    it('reports what is wrong with a token, header or path', async () => {
      const { run } = await newPod('app');
      const file =
        '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token';
      const curl = async (...args: string[]) =>
        (await run('sh', '-c', `curl -s ${args.join(' ')}`)).stdout;
      const url = 'http://169.254.170.23/v1/credentials';
      expect(await curl(url)).toBe('Service account token cannot be empty');
      expect(await curl('-H', '"Authorization: rubbish"', url)).toMatch(
        /^Service account token cannot be parsed: /,
      );
      expect(
        await curl('-H', `"Authorization: Bearer $(cat ${file})"`, url),
      ).toBe(
        'Service account token cannot be parsed: token is malformed: could not base64 decode header: illegal base64 data at input byte 6',
      );
      expect(
        Object.keys(
          JSON.parse(await curl('-H', `"Authorization: $(cat ${file})"`, url)),
        ),
      ).toEqual([
        'AccessKeyId',
        'SecretAccessKey',
        'Token',
        'AccountId',
        'Expiration',
      ]);
      expect(await curl('http://169.254.170.23/other')).toBe(
        '404 page not found\n',
      );
    });
  });

  describe('the probe script', () => {
    it('proves identity and permissions', async () => {
      const lines = await runProbe({
        checks: [
          ['list-buckets', 's3', 'ls'],
          ['bucket', 's3', 'ls', 's3://demo-data'],
        ],
      });
      expect(lines.map(l => [l.name, l.exitCode])).toEqual([
        ['identity', 0],
        ['list-buckets', 0],
        ['bucket', 0],
      ]);
      expect(JSON.parse(lines[0].text).Arn).toContain(
        ':assumed-role/app-role/eks-demo-probe-',
      );
    });

    it("reports a refusing agent's message after the grace period", async () => {
      cluster.handle.setAgent({
        status: 400,
        body: '[r]: (AccessDeniedException): no, fault: client',
      });
      const before = cluster.core.clock.now();
      const [identity] = await runProbe({ grace: 30 }); // wall time: on the clock of the sandbox
      expect(cluster.core.clock.now() - before).toBeGreaterThanOrEqual(30_000);
      expect(identity.exitCode).toBe(255);
      expect(identity.text).toContain(
        'Received non 200 response 400 from container metadata: [r]: (AccessDeniedException): no',
      );
    });

    it('waits for the agent during the grace period', async () => {
      cluster.handle.setAgent({ status: 404, body: 'not yet' });
      const { clock } = cluster.core;
      clock.schedule(clock.now() + 12_000, () =>
        cluster.handle.setAgent('normal'),
      );
      const [identity] = await runProbe({ grace: 60 }); // wall time: on the clock of the sandbox
      expect(identity.exitCode).toBe(0);
    });

    it('reports that STS is unreachable', async () => {
      cluster.handle.blockAws('sts');
      const [identity] = await runProbe();
      expect(identity).toMatchObject({
        exitCode: 255,
        text: '\nConnect timeout on endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
      });
    });
  });
});
