import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import {
  bearerToken,
  startTestCluster,
  TestCluster,
} from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const PODS = '/api/v1/namespaces/default/pods';

describe('authentication and authorization', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team-a' },
    });
  });

  afterAll(() => cluster.stop());

  /** Creates a user of the account with this access entry. */
  const userWith = (
    name: string,
    entry?: Omit<
      Parameters<TestCluster['aws']['eks']['putAccessEntry']>[1],
      'principalArn'
    >,
  ) => {
    const { user, key } = cluster.aws.iam.putUser({ name });
    if (entry) {
      cluster.aws.eks.putAccessEntry('demo', {
        principalArn: user.arn,
        ...entry,
      });
    }
    return wire(cluster, {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
    });
  };

  it.each([
    ['rubbish', 'rubbish'],
    [
      'an IAM token with an unknown signature',
      `k8s-aws-v1.${Buffer.from(
        'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity',
      ).toString('base64url')}`,
    ],
  ])('answers 401 to %s', async (_what, token) => {
    const answer = await wire(cluster).get('/api/v1/namespaces', { token });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      reason: 'Unauthorized',
      message: 'Unauthorized',
    });
  });

  it('answers 401 to a valid caller without an access entry', async () => {
    const answer = await userWith('stranger').get(PODS);
    expect(answer.status).toBe(401);
  });

  it('reads aws-auth, whose ARNs have no path, unless the mode is API', async () => {
    const { user, key } = cluster.aws.iam.putUser({
      name: 'mapped',
      path: '/team/',
    });
    const map = (userarn: string) =>
      cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'aws-auth', namespace: 'kube-system' },
        data: {
          mapRoles: 'no: list',
          mapUsers: `- userarn: ${userarn}\n  username: m\n  groups: [system:masters]\n`,
        },
      });
    const status = async () => (await wire(cluster, key).get(PODS)).status;
    await map(user.arn);
    expect(await status()).toBe(401);
    await map(user.arn.replace('/team/', '/'));
    expect(await status()).toBe(200);
    const record = cluster.aws.eks.cluster('demo');
    const mode = record.authenticationMode;
    record.authenticationMode = 'API';
    expect(await status()).toBe(401);
    record.authenticationMode = mode;
  });

  it('answers 401 to a token that was signed for another cluster', async () => {
    const token = await bearerToken(cluster.credentials.admin, 'another');
    expect((await wire(cluster).get(PODS, { token })).status).toBe(401);
  });

  it('lets anonymous callers see the version and nothing else', async () => {
    const anonymous = wire(cluster);
    expect(
      (await anonymous.get('/version', { token: null })).body.gitVersion,
    ).toMatch(/^v1\.32/);
    const refused = await anonymous.get('/api', { token: null });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'forbidden: User "system:anonymous" cannot get path "/api"',
    );
  });

  it("names the missing permission in Kubernetes' own words", async () => {
    const user = userWith('outsider', {
      groups: ['nobody'],
      username: 'outsider',
    });
    const named = await user.get(`${PODS}/x`);
    expect(named.status).toBe(403);
    expect(named.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "x" is forbidden: User "outsider" cannot get resource "pods" in API group "" in the namespace "default"',
      details: { name: 'x', kind: 'pods' },
    });
    const cases: [string, string, string][] = [
      [
        'GET',
        PODS,
        'pods is forbidden: User "outsider" cannot list resource "pods" in API group "" in the namespace "default"',
      ],
      [
        'POST',
        PODS,
        'pods is forbidden: User "outsider" cannot create resource "pods" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        '/api/v1/pods',
        'pods is forbidden: User "outsider" cannot list resource "pods" in API group "" at the cluster scope',
      ],
      [
        'GET',
        '/api/v1/nodes',
        'nodes is forbidden: User "outsider" cannot list resource "nodes" in API group "" at the cluster scope',
      ],
      [
        'GET',
        `${PODS}/x/log`,
        'pods "x" is forbidden: User "outsider" cannot get resource "pods/log" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        '/api/v1/namespaces/default',
        'namespaces "default" is forbidden: User "outsider" cannot get resource "namespaces" in API group "" in the namespace "default"',
      ],
      [
        'GET',
        '/apis/apps/v1/namespaces/default/deployments',
        'deployments.apps is forbidden: User "outsider" cannot list resource "deployments" in API group "apps" in the namespace "default"',
      ],
      [
        'GET',
        `${PODS}?watch=true`,
        'pods is forbidden: User "outsider" cannot watch resource "pods" in API group "" in the namespace "default"',
      ],
    ];
    for (const [method, path, message] of cases) {
      expect((await user.call(method, path)).body.message).toBe(message);
    }
  });

  it('lets a cluster administrator of EKS do everything', async () => {
    const admin = userWith('cluster-admin', {
      policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
    });
    expect((await admin.get('/api/v1/nodes')).status).toBe(200);
    expect((await admin.post(`${PODS}?dryRun=All`, pod('x'))).status).toBe(201);
    const other = userWith('other', {
      policies: [{ name: 'AmazonEKSViewPolicy' }],
    });
    expect((await other.get(PODS)).status).toBe(403);
  });

  it('evaluates roles and bindings as they change', async () => {
    const user = userWith('dev', { groups: ['developers'] });
    expect((await user.get(PODS)).status).toBe(403);
    await cluster.handle.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reader', namespace: 'default' },
        rules: [
          { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
          {
            apiGroups: [''],
            resources: ['configmaps'],
            resourceNames: ['one'],
            verbs: ['get'],
          },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'developers', namespace: 'default' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Role',
          name: 'reader',
        },
        subjects: [
          {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'Group',
            name: 'developers',
          },
        ],
      },
    ]);
    expect((await user.get(PODS)).status).toBe(200);
    expect((await user.get(`${PODS}?watch=true`)).status).toBe(403);
    expect((await user.get('/api/v1/namespaces/team-a/pods')).status).toBe(403);
    expect(
      (await user.get('/api/v1/namespaces/default/configmaps/one')).status,
    ).toBe(404);
    expect(
      (await user.get('/api/v1/namespaces/default/configmaps/two')).status,
    ).toBe(403);
    const review = await user.post(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      {
        spec: {
          resourceAttributes: {
            verb: 'list',
            resource: 'pods',
            namespace: 'default',
          },
        },
      },
    );
    expect(review.status).toBe(201);
    expect(review.body.status).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by RoleBinding "developers/default" of Role "reader" to Group "developers"',
    });
    await cluster.handle.delete('rolebindings', 'default', 'developers');
    expect((await user.get(PODS)).status).toBe(403);
  });

  it('puts the session name of a role into the username', async () => {
    const role = cluster.aws.iam.putRole({
      name: 'portal-reader',
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: cluster.credentials.admin.arn },
            Action: 'sts:AssumeRole',
          },
        ],
      },
    });
    cluster.aws.eks.putAccessEntry('demo', {
      principalArn: role.arn,
      username: 'portal:{{SessionName}}',
    });
    const sts = new STSClient({
      region: 'eu-west-1',
      endpoint: cluster.endpointUrl,
      credentials: cluster.credentials.admin,
    });
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: role.arn,
        RoleSessionName: 'jane@example.com',
      }),
    );
    sts.destroy();
    const session = wire(cluster, {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    });
    const { body } = await session.post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
    );
    expect(body.status.userInfo).toMatchObject({
      username: 'portal:jane-example.com',
      groups: ['system:authenticated'],
      extra: { sessionName: ['jane@example.com'], canonicalArn: [role.arn] },
    });
  });

  it('refuses to act as another user, rather than acting as the caller', async () => {
    const { body } = await wire(cluster).get(PODS, {
      headers: { 'impersonate-user': 'system:serviceaccount:team-a:robot' },
    });
    expect(body).toMatchObject({
      code: 500,
      message: expect.stringContaining('does not impersonate'),
    });
  });

  it('accepts tokens of a service account until it is deleted', async () => {
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot' },
    });
    const asRobot = async () => {
      const token = await cluster.handle.serviceAccountToken({
        namespace: 'default',
        serviceAccount: 'robot',
        audience: 'https://kubernetes.default.svc',
      });
      return (path: string) => wire(cluster).get(path, { token });
    };
    const robot = await asRobot();
    expect((await robot(PODS)).body.message).toContain(
      'User "system:serviceaccount:default:robot" cannot list',
    );
    const wrongAudience = await cluster.handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'robot',
    });
    expect(
      (await wire(cluster).get(PODS, { token: wrongAudience })).status,
    ).toBe(401);
    await cluster.handle.delete('serviceaccounts', 'default', 'robot');
    expect((await robot(PODS)).status).toBe(401);
  });

  it('counts every request with verb and resource, but not dry runs and reviews as writes', async () => {
    cluster.core.calls.reset();
    const admin = wire(cluster);
    await admin.get(PODS);
    await admin.post(`${PODS}?dryRun=All`, pod('x'));
    await admin.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    await admin.post('/api/v1/namespaces/default/configmaps', {
      metadata: { name: 'counted' },
    });
    await admin.get(`${PODS}/none`);
    const calls = cluster.core.calls.calls().filter(c => !c.internal);
    expect(calls.map(c => [c.operation, c.write, c.status])).toEqual([
      ['list pods', false, 200],
      ['create pods', false, 201],
      ['create selfsubjectreviews', false, 201],
      ['create configmaps', true, 201],
      ['get pods', false, 404],
    ]);
    expect(calls[0]).toMatchObject({
      service: 'kubernetes',
      cluster: 'demo',
      principalArn: cluster.credentials.admin.arn,
    });
  });

  it('applies the configured latency', async () => {
    cluster.core.latency.set('kubernetes:list pods', 120);
    const started = Date.now();
    await wire(cluster).get(PODS);
    expect(Date.now() - started).toBeGreaterThanOrEqual(115);
    cluster.core.latency.clear();
  });
});
