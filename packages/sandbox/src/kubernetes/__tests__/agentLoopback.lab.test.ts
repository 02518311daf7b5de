/** @needs aws */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import { PROBE_SCRIPT, readProbe } from '../__testUtils__/probe';
import {
  run,
  startTestCluster,
  TestCluster,
} from '../__testUtils__/testCluster';

describe('the real aws and the agent on loopback', () => {
  let cluster: TestCluster;
  let tokenFile: string;

  beforeAll(async () => {
    cluster = await startTestCluster();
    const { arn } = cluster.aws.iam.putRole({
      name: 'app',
      trust: POD_IDENTITY_TRUST,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    cluster.aws.eks.putAssociation('demo', {
      namespace: 'default',
      serviceAccount: 'app',
      roleArn: arn,
    });
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'app' },
    });
    const token = await cluster.handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'app',
      pod: 'by-hand',
    });
    tokenFile = join(cluster.home, 'token');
    await writeFile(tokenFile, token);
  });

  afterEach(() => cluster.handle.setLoopbackAgent('normal'));

  afterAll(() => cluster.stop());

  const probe = async (file = tokenFile) => {
    const out = join(cluster.home, 'termination-log');
    await writeFile(out, '');
    const result = await run(
      'bash',
      ['-c', PROBE_SCRIPT, 'probe', out, '0', 'buckets', '2', 's3', 'ls'],
      {
        env: {
          HOME: '/nonexistent',
          AWS_PAGER: '',
          AWS_ENDPOINT_URL: cluster.endpointUrl,
          AWS_REGION: 'eu-west-1',
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_CONTAINER_CREDENTIALS_FULL_URI: cluster.handle.agentLoopbackUrl(),
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
        },
      },
    );
    expect(result.code).toBe(0);
    return readProbe(await readFile(out, 'utf8'));
  };

  it('serves the real aws under the real bash', async () => {
    const [identity, buckets] = await probe();
    expect(identity.exitCode).toBe(0);
    expect(JSON.parse(identity.text).Arn).toMatch(
      /:assumed-role\/app\/eks-demo-by-hand-/,
    );
    expect(buckets).toMatchObject({ name: 'buckets', exitCode: 0 });
  });

  it('gets the same error from the real aws as sandbox pods print', async () => {
    await cluster.handle.setLoopbackAgent({
      status: 400,
      body: '[r]: (AccessDeniedException): no, fault: client',
    });
    const [identity] = await probe();
    expect(identity).toMatchObject({
      exitCode: 255,
      text: expect.stringContaining(
        'Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 400 from container metadata: [r]: (AccessDeniedException): no, fault: client',
      ),
    });
  });
});
