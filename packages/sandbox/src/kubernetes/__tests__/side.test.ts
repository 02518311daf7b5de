import { createCore } from '../../core/core';
import { AwsForKubernetes, ClusterKey } from '../../core/contract';
import { createKubernetesSide } from '..';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { wire } from '../__testUtils__/wire';

describe('the Kubernetes side', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
  });

  afterAll(() => cluster.stop());

  const agentSet = () =>
    cluster.handle.get('daemonsets', 'kube-system', 'eks-pod-identity-agent');

  it('needs the AWS side before it creates clusters', async () => {
    const side = createKubernetesSide(createCore({}));
    await expect(side.createCluster(cluster.key, {})).rejects.toThrow(
      'call attach',
    );
  });

  const caOf = (key: ClusterKey, side = cluster.kubernetes) =>
    side.connection(key)?.certificateAuthorityData;

  it('identifies a cluster by account, region and name', async () => {
    const other: ClusterKey = { ...cluster.key, accountId: '444455556666' };
    expect(cluster.kubernetes.connection(other)).toBeUndefined();
    expect(() => cluster.kubernetes.cluster(other)).toThrow(
      'There is no cluster arn:aws:eks:eu-west-1:444455556666:cluster/demo',
    );
    await expect(
      cluster.kubernetes.createCluster(cluster.key, {}),
    ).rejects.toThrow('exists already');
    await cluster.kubernetes.createCluster(other, { nodes: [] });
    const [mine, theirs] = [cluster.key, other].map(
      key => cluster.kubernetes.connection(key)!,
    );
    expect(theirs.endpoint).not.toBe(mine.endpoint);
    const ca = caOf(other);
    expect(ca).not.toBe(caOf(cluster.key));
    expect(cluster.kubernetes.issuer(other)).not.toBe(
      cluster.kubernetes.issuer(cluster.key),
    );
    await cluster.kubernetes.deleteCluster(other);
    await expect(fetch(`${theirs.endpoint}/livez`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
    await cluster.kubernetes.createCluster(other, { nodes: [] });
    expect(caOf(other)).not.toBe(ca);
    await cluster.kubernetes.deleteCluster(other);
  });

  it('fails at once when a port is taken, and starts on another', async () => {
    const side = createKubernetesSide(createCore({}));
    side.attach({ endpointUrl: '' } as AwsForKubernetes);
    const port = Number(new URL(cluster.handle.endpoint).port);
    await expect(
      side.createCluster(cluster.key, { port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(caOf(cluster.key, side)).toBeUndefined();
    // Its CA is that of the earlier sandbox
    await side.createCluster(cluster.key, { nodes: [] });
    expect(caOf(cluster.key, side)).toBe(caOf(cluster.key));
    await side.stop();
  });

  it('verifies only tokens of its own issuer, and reports expired ones', async () => {
    const { kubernetes, handle, key } = cluster;
    const token = await handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'default',
      pod: 'some-pod',
    });
    const verified = await kubernetes.verifyServiceAccountToken(key, token);
    expect(verified).toMatchObject({
      ok: true,
      claims: {
        namespace: 'default',
        serviceAccount: 'default',
        podName: 'some-pod',
        audience: ['pods.eks.amazonaws.com'],
        issuer: kubernetes.issuer(key),
      },
    });
    const expired = await handle.serviceAccountToken({
      namespace: 'default',
      serviceAccount: 'default',
      expirationSeconds: -1,
    });
    expect(await kubernetes.verifyServiceAccountToken(key, expired)).toEqual({
      ok: false,
      reason: 'expired',
    });
    const [header, , signature] = token.split('.');
    const forged = [
      header,
      Buffer.from('{"sub":"x"}').toString('base64url'),
      signature,
    ].join('.');
    for (const bad of [forged, 'rubbish', '']) {
      expect(await kubernetes.verifyServiceAccountToken(key, bad)).toEqual({
        ok: false,
        reason: 'invalid',
      });
    }
  });

  it('installs the agent on nodes that need it, updates it and removes it', async () => {
    const { kubernetes, key } = cluster;
    await cluster.handle.addNode({
      kind: 'auto',
      roleArn: cluster.nodeRoleArn,
    });
    const install = (version: string) =>
      kubernetes.installAgent(key, { version, namespace: 'kube-system' });
    await install('v1.3.4-eksbuild.1');
    expect(kubernetes.hasSelfManagedAgent(key)).toBe(false);
    await cluster.handle.waitFor(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
      set => set?.status?.numberReady === 2,
    );
    const pods = cluster.handle.list('pods', 'kube-system');
    expect(pods).toHaveLength(2);
    expect(pods[0].metadata.labels).toMatchObject({
      'app.kubernetes.io/instance': 'eks-pod-identity-agent',
      'app.kubernetes.io/name': 'eks-pod-identity-agent',
    });
    expect(pods[0].spec).toMatchObject({
      hostNetwork: true,
      priority: 2_000_001_000,
    });
    await install('v1.3.9-eksbuild.3');
    expect(agentSet()!.spec.template.spec.containers[0].image).toMatch(
      /:v1\.3\.9$/,
    );
    await kubernetes.removeAgent(key);
    await cluster.handle.waitFor(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
      set => set === undefined,
    );
  });

  it('leaves a self-managed agent alone', async () => {
    const { kubernetes, key, handle } = cluster;
    await kubernetes.installAgent(key, {
      version: 'v1.3.4-eksbuild.1',
      namespace: 'kube-system',
    });
    await handle.change(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
      set => {
        set.metadata.labels!['app.kubernetes.io/managed-by'] = 'Helm';
      },
    );
    expect(kubernetes.hasSelfManagedAgent(key)).toBe(true);
    await kubernetes.removeAgent(key);
    expect(agentSet()).toBeDefined();
    expect(kubernetes.hasSelfManagedAgent(key)).toBe(true);
  });

  it.each<[string, string, unknown, string | undefined, number]>([
    ['POST', '/api/v1/namespaces', '{', 'application/json', 400],
    ['POST', '/api/v1/namespaces', '[]', 'application/json', 400],
    ['POST', '/api/v1/namespaces', 'null', 'application/json', 400],
    ['POST', '/api/v1/namespaces', 'a: [', 'application/yaml', 400],
    ['POST', '/api/v1/namespaces', '<a/>', 'application/xml', 415],
    [
      'POST',
      '/api/v1/namespaces',
      'x',
      'application/vnd.kubernetes.protobuf',
      415,
    ],
    [
      'POST',
      '/api/v1/namespaces',
      Buffer.from('k8s\0\x0a\xff\xff', 'latin1'),
      'application/vnd.kubernetes.protobuf',
      400,
    ],
    ['GET', '/api/v1/namespaces/%zz', undefined, undefined, 400],
    ['TRACE', '/api/v1/namespaces', undefined, undefined, 405],
    ['GET', '/api/v1/namespaces?continue=rubbish', undefined, undefined, 400],
    [
      'GET',
      '/api/v1/namespaces/default/pods/x/nonsense',
      undefined,
      undefined,
      404,
    ],
  ])(
    'answers %s %s with body %p as %s with %d and a Status',
    async (method, path, body, contentType, status) => {
      const answer = await wire(cluster).call(method, path, {
        body,
        contentType,
      });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ kind: 'Status', code: status });
    },
  );

  it('answers a path of another host as one that it does not have', async () => {
    const answer = await wire(cluster).get('//evil.example.com/api');
    expect(answer.status).toBe(404);
    expect(answer.body).toBe('404 page not found\n');
  });

  it('logged no problems', () => {
    expect(cluster.lines).toEqual([]);
  });
});
