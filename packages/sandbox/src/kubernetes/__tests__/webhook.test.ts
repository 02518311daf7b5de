import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const FULL_URI = {
  name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  value: 'http://169.254.170.23/v1/credentials',
};
const TOKEN_FILE = {
  name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  value:
    '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token',
};
const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';

describe('the Pod Identity webhook', () => {
  let cluster: TestCluster;
  let roleArn: string;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false, apiServers: 3 });
    roleArn = cluster.aws.iam.putRole({
      name: 'app',
      trust: POD_IDENTITY_TRUST,
    }).arn;
    await cluster.handle.apply(
      ['app', 'irsa', 'plain'].map(name => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name,
          annotations:
            name === 'irsa'
              ? { [ROLE_ANNOTATION]: 'arn:aws:iam::1:role/irsa' }
              : {},
        },
      })),
    );
    cluster.aws.eks.putAssociation('demo', {
      namespace: 'default',
      serviceAccount: 'app',
      roleArn,
    });
  });

  afterEach(() => {
    cluster.handle.setWebhook({});
    cluster.handle.pinApiServer(undefined);
  });

  afterAll(() => cluster.stop());

  const dryRun = async (
    more: Parameters<typeof pod>[1] = {},
    serviceAccountName = 'app',
  ) => {
    const answer = await wire(cluster).post(
      '/api/v1/namespaces/default/pods?dryRun=All',
      pod('probe', {
        ...more,
        spec: {
          serviceAccountName,
          automountServiceAccountToken: false,
          ...more.spec,
        },
      }),
    );
    expect(answer.status).toBe(201);
    return answer.body;
  };
  const isInjected = (answer: any) =>
    (answer.spec.containers[0].env ?? []).some(
      (e: any) => e.name === FULL_URI.name,
    );

  it('gives a matching pod its variables, its token volume and its label', async () => {
    const answer = await dryRun();
    expect(answer.metadata.labels).toEqual({
      'eks.amazonaws.com/pod-identity': 'enabled',
    });
    expect(answer.spec.containers[0].env).toEqual([
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
      { name: 'AWS_DEFAULT_REGION', value: 'eu-west-1' },
      { name: 'AWS_REGION', value: 'eu-west-1' },
      FULL_URI,
      TOKEN_FILE,
    ]);
    expect(answer.spec.containers[0].volumeMounts).toEqual([
      {
        name: 'eks-pod-identity-token',
        mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
        readOnly: true,
      },
    ]);
    const [volume] = answer.spec.volumes;
    const source = volume.projected.sources[0].serviceAccountToken;
    expect(volume.name).toBe('eks-pod-identity-token');
    expect(source).toMatchObject({
      audience: 'pods.eks.amazonaws.com',
      path: 'eks-pod-identity-token',
    });
    expect(source.expirationSeconds).toBeGreaterThanOrEqual(79_200);
    expect(source.expirationSeconds).toBeLessThanOrEqual(86_400);
    expect(cluster.handle.get('pods', 'default', 'probe')).toBeUndefined();
  });

  it('chooses a different token lifetime for each pod', async () => {
    const lives = new Set<number>();
    for (let n = 0; n < 4; n++) {
      const answer = await dryRun();
      lives.add(
        answer.spec.volumes[0].projected.sources[0].serviceAccountToken
          .expirationSeconds,
      );
    }
    expect(lives.size).toBeGreaterThan(1);
  });

  it.each([
    ['1800', 1800],
    ['10', 600],
    ['90000', 86_400],
  ])(
    'takes the token lifetime of %s seconds from the annotation',
    async (asked, given) => {
      const answer = await dryRun({
        metadata: {
          annotations: { 'eks.amazonaws.com/token-expiration': asked },
        },
      });
      expect(
        answer.spec.volumes[0].projected.sources[0].serviceAccountToken
          .expirationSeconds,
      ).toBe(given);
    },
  );

  it('leaves a pod of another service account alone', async () => {
    const answer = await dryRun({}, 'plain');
    expect(answer.spec.containers[0].env).toBeUndefined();
    expect(answer.spec.volumes).toBeUndefined();
  });

  it('uses IRSA when only the annotation matches, and prefers Pod Identity when both do', async () => {
    const before = await dryRun({}, 'irsa');
    const names = before.spec.containers[0].env.map((e: any) => e.name);
    expect(names).toEqual(
      expect.arrayContaining(['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE']),
    );
    expect(before.spec.volumes[0].name).toBe('aws-iam-token');
    expect(before.metadata.labels).toBeUndefined();

    cluster.aws.eks.putAssociation('demo', {
      namespace: 'default',
      serviceAccount: 'irsa',
      roleArn,
    });
    const after = await dryRun({}, 'irsa');
    expect(isInjected(after)).toBe(true);
    expect(JSON.stringify(after)).not.toContain('AWS_ROLE_ARN');
  });

  it('skips named containers, but mutates init containers', async () => {
    const container = (name: string) => ({ name, image: 'busybox' });
    const answer = await dryRun({
      metadata: {
        annotations: { 'eks.amazonaws.com/skip-containers': 'a, c' },
      },
      spec: {
        containers: [container('a'), container('b')],
        initContainers: [container('c'), container('d')],
      },
    });
    const injected = [...answer.spec.containers, ...answer.spec.initContainers]
      .filter((c: any) => c.env?.some((e: any) => e.name === FULL_URI.name))
      .map((c: any) => c.name);
    expect(injected).toEqual(['b', 'd']);
  });

  it('does nothing for the opt-out label', async () => {
    const answer = await dryRun({
      metadata: {
        labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': 'true' },
      },
    });
    expect(isInjected(answer)).toBe(false);
  });

  it('keeps preset variables and region, and still mounts the token', async () => {
    const answer = await dryRun({
      spec: {
        containers: [
          {
            name: 'main',
            image: 'busybox',
            env: [
              { name: 'AWS_REGION', value: 'us-west-2' },
              { name: FULL_URI.name, value: 'http://elsewhere' },
            ],
          },
        ],
      },
    });
    const [container] = answer.spec.containers;
    expect(container.env).toEqual([
      { name: 'AWS_REGION', value: 'us-west-2' },
      { name: FULL_URI.name, value: 'http://elsewhere' },
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
    ]);
    expect(container.volumeMounts).toHaveLength(1);
  });

  it('fails open when it is down on one API server', async () => {
    cluster.handle.setWebhook({ down: true }, 1);
    const seen: boolean[] = [];
    for (let n = 0; n < 6; n++) {
      seen.push(isInjected(await dryRun()));
    }
    expect(seen.filter(Boolean)).toHaveLength(4);
  });

  it('flaps', async () => {
    cluster.handle.setWebhook({ flapping: 0.5 });
    const seen = new Set<boolean>();
    for (let n = 0; n < 16; n++) {
      seen.add(isInjected(await dryRun()));
    }
    expect(seen).toEqual(new Set([true, false]));
  });

  it('is not called while its configuration is deleted', async () => {
    const configuration = cluster.handle.get(
      'mutatingwebhookconfigurations',
      undefined,
      'pod-identity-webhook',
    )!;
    await cluster.handle.delete(
      'mutatingwebhookconfigurations',
      undefined,
      'pod-identity-webhook',
    );
    expect(isInjected(await dryRun())).toBe(false);
    await cluster.handle.apply({
      apiVersion: configuration.apiVersion,
      kind: configuration.kind,
      metadata: { name: 'pod-identity-webhook' },
      webhooks: configuration.webhooks,
    });
    expect(isInjected(await dryRun())).toBe(true);
  });
});

describe('propagation', () => {
  it('reaches the API servers one by one', async () => {
    const cluster = await startTestCluster({
      agent: false,
      apiServers: 2,
      clockRate: 0,
      delays: { association: 10_000, apiServerLag: 5_000 },
    });
    try {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'late' },
      });
      const { arn } = cluster.aws.iam.putRole({
        name: 'late',
        trust: POD_IDENTITY_TRUST,
      });
      const created = cluster.aws.eks.putAssociation('demo', {
        namespace: 'default',
        serviceAccount: 'late',
        roleArn: arn,
      });
      expect(created.associationId).toMatch(/^a-/);
      const seen = async (apiServer: number) => {
        cluster.handle.pinApiServer(apiServer);
        const { body } = await wire(cluster).post(
          '/api/v1/namespaces/default/pods?dryRun=All',
          pod('x', { spec: { serviceAccountName: 'late' } }),
        );
        return JSON.stringify(body).includes(FULL_URI.name);
      };
      const both = async () => [await seen(0), await seen(1)];
      expect(await both()).toEqual([false, false]);
      await cluster.core.clock.advance(10_000);
      expect(await both()).toEqual([true, false]);
      await cluster.core.clock.advance(5_000);
      expect(await both()).toEqual([true, true]);
    } finally {
      await cluster.stop();
    }
  });
});
