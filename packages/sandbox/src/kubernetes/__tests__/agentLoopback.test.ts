import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';

describe('the agent on loopback', () => {
  let cluster: TestCluster;
  let token: string;

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
    token = await cluster.handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'app',
      pod: 'by-hand',
    });
  });

  afterEach(() => cluster.handle.setLoopbackAgent('normal'));

  afterAll(() => cluster.stop());

  const ask = async (authorization?: string) => {
    const response = await fetch(cluster.handle.agentLoopbackUrl(), {
      headers: {
        connection: 'close',
        ...(authorization && { authorization }),
      },
    });
    return { status: response.status, body: await response.text() };
  };

  it("returns credentials for a token, and the real agent's errors", async () => {
    const fine = await ask(token);
    expect(fine.status).toBe(200);
    expect(JSON.parse(fine.body)).toEqual({
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      Token: expect.any(String),
      AccountId: '111122223333',
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(await ask()).toEqual({
      status: 400,
      body: 'Service account token cannot be empty',
    });
    const other = await cluster.handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'nobody',
    });
    const unknown = await ask(other);
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatch(
      /^\[[0-9a-f-]+\]: \(ResourceNotFoundException\): The token included in the request has no service (?:account )?role association for it\., fault: client$/,
    );
    const expired = await cluster.handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'app',
      expirationSeconds: -60,
    });
    expect((await ask(expired)).body).toBe(
      'Service account token failed basic claim validations: token has invalid claims: token is expired',
    );
  });

  it('refuses connections, and answers again at the same address', async () => {
    const url = cluster.handle.agentLoopbackUrl();
    await cluster.handle.setLoopbackAgent('refuse');
    const error = await ask(token).catch(e => e);
    expect(error.cause.code).toBe('ECONNREFUSED');
    await cluster.handle.setLoopbackAgent('throttle');
    expect(cluster.handle.agentLoopbackUrl()).toBe(url);
    expect(await ask(token)).toEqual({
      status: 429,
      body: 'Too Many Requests',
    });
    await cluster.handle.setLoopbackAgent('error');
    expect(await ask(token)).toEqual({ status: 500, body: '[]' });
  });
});
