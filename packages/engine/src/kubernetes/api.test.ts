import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import net, { type AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../async/clock';
import { ManualClock } from '../async/ManualClock';
import { portal } from '../clusters/__testUtils__/portal';
import type { AwsKeys } from '../aws/credentials';
import { createKubernetesApi } from './api';
import { isKubernetesError } from './errors';
import { explainForbidden } from './rbac';
import { createTokenSource } from '../aws/eksToken';
import type { TokenSource } from './transport';
import type { KubernetesApi } from './types';

const CLUSTER = 'payments-prod';
const REGION = 'eu-west-1';

const podOf = (name: string, serviceAccountName = 'default') => ({
  metadata: { name },
  spec: {
    serviceAccountName,
    restartPolicy: 'Never',
    containers: [
      {
        name: 'main',
        image: 'public.ecr.aws/aws-cli/aws-cli:2.37.4',
        command: ['/bin/sh', '-c', 'sleep 3600'],
      },
    ],
  },
});

describe('KubernetesApi against the sandbox', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  const opened: Array<{ close(): Promise<void> }> = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
    restore = useEndpoint(sandbox.awsEndpoint);
  });
  afterAll(async () => {
    restore();
    await sandbox.stop();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(one => one.close()));
  });

  const connection = () =>
    sandbox.connections().find(({ name }) => name === CLUSTER)!;

  const tokensOf = (keys: AwsKeys, clusterName = CLUSTER): TokenSource =>
    createTokenSource({
      clusterName,
      region: REGION,
      clock: systemClock,
      credentials: async () => keys,
    });

  /** A client that bypasses the session, for keys and tokens that no session would use. */
  function direct(
    token: TokenSource,
    options: { endpoint?: string; clock?: Clock } = {},
  ) {
    const api = createKubernetesApi({
      endpoint: options.endpoint ?? connection().endpoint,
      ca: Buffer.from(
        connection().certificateAuthorityData,
        'base64',
      ).toString(),
      clock: options.clock ?? systemClock,
      token,
      requestTimeoutMs: PATIENCE_MS,
      connectTimeoutMs: PATIENCE_MS,
      retryPauseMs: 10,
    });
    opened.push(api);
    return api;
  }

  const admin = () => direct(tokensOf(sandbox.credentials.admin));

  async function as(use: 'read' | 'verify' | 'write'): Promise<KubernetesApi> {
    const { clusters } = portal({
      sandbox,
      keys: {
        accessKeyId: sandbox.credentials.backstage.accessKeyId,
        secretAccessKey: sandbox.credentials.backstage.secretAccessKey,
      },
      clusters: [{ name: CLUSTER, roles: sandbox.credentials.roles }],
    });
    opened.push(clusters);
    return clusters.session(CLUSTER, use).kubernetes();
  }

  it('connects with the endpoint and CA of DescribeCluster and a token of its role', async () => {
    const api = await as('read');
    const names = await api.namespaceNames();
    expect(names).toEqual(expect.arrayContaining(['default', 'kube-system']));
    expect(await api.addresses()).toEqual(['127.0.0.1']);
  });

  it('reads the names of all pages alone, whatever the objects hold', async () => {
    const namespace = 'crowded';
    const names = Array.from({ length: 502 }, (_, index) => `sa-${index}`);
    const cluster = sandbox.cluster(CLUSTER);
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...names.map((name, index) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name,
          namespace,
          annotations: { note: 'x'.repeat(index < 3 ? 200_000 : 1) },
        },
      })),
    ]);
    const api = await as('read');
    await api.namespaceNames();
    const parse = jest.spyOn(JSON, 'parse');
    const found = await api.serviceAccountNames(namespace);
    const longest = Math.max(
      ...parse.mock.calls.map(([text]) => String(text).length),
    );
    parse.mockRestore();
    expect(found.filter(name => name !== 'default').sort()).toEqual(
      [...names].sort(),
    );
    expect(longest).toBeGreaterThan(1_000);
    expect(longest).toBeLessThan(100_000);
  });

  it('reports a role that the cluster does not know as unauthorized', async () => {
    const api = direct(tokensOf(sandbox.credentials.nobody));
    await expect(api.namespaceNames()).rejects.toMatchObject({
      kind: 'unauthorized',
      status: 401,
    });
  });

  it('is refused with a token for another cluster', async () => {
    const api = direct(tokensOf(sandbox.credentials.admin, 'other'));
    await expect(api.namespaceNames()).rejects.toMatchObject({
      kind: 'unauthorized',
    });
  });

  it('signs a new token when the API server refuses the old one', async () => {
    const real = tokensOf(sandbox.credentials.admin);
    let refused = false;
    const api = direct({
      get: async () => (refused ? real.get() : 'k8s-aws-v1.aGVsbG8'),
      forget: () => {
        refused = true;
      },
    });
    expect((await api.namespaceNames()).length).toBeGreaterThan(0);
    expect(refused).toBe(true);
  });

  it('names a missing right and what to grant', async () => {
    const api = await as('read');
    const error = await api
      .createServiceAccount({ metadata: { name: 'x', namespace: 'default' } })
      .catch(e => e);
    expect(error).toMatchObject({
      kind: 'forbidden',
      status: 403,
      verb: 'create',
      resource: 'serviceaccounts',
      namespace: 'default',
    });
    expect(await explainForbidden(api, error)).toEqual({
      by: 'rbac',
      rule: '{apiGroups: [""], resources: ["serviceaccounts"], verbs: ["create"]}',
    });
    const question = {
      verb: 'create',
      resource: 'serviceaccounts',
      namespace: 'default',
    };
    expect((await api.canI(question)).allowed).toBe(false);
    expect((await admin().canI(question)).allowed).toBe(true);
  });

  it('distinguishes admission from a missing right', async () => {
    const api = admin();
    const error = await api
      .createPod('default', podOf('orphan', 'nobody-made-me'))
      .catch(e => e);
    expect(isKubernetesError(error, 'forbidden')).toBe(true);
    expect(await explainForbidden(api, error)).toEqual({
      by: 'admission',
      message: expect.stringContaining('nobody-made-me'),
    });
  });

  it('creates with our field manager, and deletes only the object it read', async () => {
    const api = admin();
    await api.createNamespace({ metadata: { name: 'made' } });
    // An object without fields has no managers.
    const made = await api.createServiceAccount({
      metadata: { name: 'api', namespace: 'made', labels: { team: 'made' } },
    });
    const read = await api.readServiceAccount('made', 'api');
    expect(read?.metadata?.uid).toBe(made.metadata?.uid);
    expect(read?.metadata?.managedFields?.map(m => m.manager)).toEqual([
      'backstage-eks-pod-identity',
    ]);
    await expect(
      api.createServiceAccount({
        metadata: { name: 'api', namespace: 'made' },
      }),
    ).rejects.toMatchObject({ kind: 'conflict', reason: 'AlreadyExists' });

    await expect(
      api.deleteServiceAccount('made', 'api', { uid: 'of-another' }),
    ).rejects.toMatchObject({ kind: 'conflict' });
    await api.deleteServiceAccount('made', 'api', {
      uid: made.metadata?.uid,
      resourceVersion: read?.metadata?.resourceVersion,
    });
    expect(await api.readServiceAccount('made', 'api')).toBeUndefined();
    await api.deleteServiceAccount('made', 'api', {});
    expect(await api.readNamespace('never-made')).toBeUndefined();
  });

  it('reports what is wrong with an object', async () => {
    await expect(
      admin().createServiceAccount({
        metadata: { name: 'Not_A_Name', namespace: 'default' },
      }),
    ).rejects.toMatchObject({ kind: 'invalid', status: 422 });
  });

  it('dry-runs a pod: injected once associated, and never stored', async () => {
    const api = admin();
    const ref = { namespace: 'default', serviceAccount: 'default' };
    const env = async () =>
      (await api.dryRunPod('default', podOf('dry'))).spec?.containers[0].env;
    expect(await env()).toBeUndefined();
    const role = sandbox.aws.iam.putRole({ name: 'dry' });
    sandbox.aws.eks.putAssociation(CLUSTER, { ...ref, roleArn: role.arn });
    expect((await env())?.map(({ name }) => name)).toContain(
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    );
    expect(await api.readPod('default', 'dry')).toBeUndefined();
  });

  it('watches a pod from its creation to its end', async () => {
    const api = admin();
    await api.createPod('default', podOf('watched'));
    const seen: string[] = [];
    let deleting = false;
    for await (const { type, pod } of api.watchPod('default', 'watched')) {
      seen.push(`${type} ${pod.status?.phase}`);
      if (pod.status?.phase === 'Running' && !deleting) {
        deleting = true;
        await api.deletePod('default', 'watched', { gracePeriodSeconds: 0 });
      }
    }
    expect(seen[0]).toMatch(/^ADDED /);
    expect(seen.some(line => line.endsWith('Running'))).toBe(true);
    expect(seen[seen.length - 1]).toMatch(/^DELETED /);
  });

  it('ends when the connection to the cluster goes silent', async () => {
    const target = new URL(connection().endpoint);
    const sockets = new Set<net.Socket>();
    let silent = false;
    const forward = (from: net.Socket, to: net.Socket) => {
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', chunk => {
        if (!silent) to.write(chunk);
      });
    };
    const proxy = net.createServer(client => {
      const upstream = net.connect(Number(target.port), target.hostname);
      forward(client, upstream);
      forward(upstream, client);
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    try {
      const clock = new ManualClock();
      const api = direct(tokensOf(sandbox.credentials.admin), {
        endpoint: `https://127.0.0.1:${port}`,
        clock,
      });
      expect((await api.namespaceNames()).length).toBeGreaterThan(0);
      silent = true;
      const listed = api.namespaceNames().catch(error => error);
      await until(() => clock.waiting > 0);
      await clock.advance(PATIENCE_MS);
      expect(await listed).toMatchObject({
        kind: 'timeout',
        message: `127.0.0.1:${port} did not answer within ${PATIENCE_MS} ms`,
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>(resolve => proxy.close(() => resolve()));
    }
  });

  it('reads every resource that the engine needs', async () => {
    const api = admin();
    const nodes = await api.listNodes();
    expect(nodes.length).toBeGreaterThan(0);
    const agents = await api.listDaemonSets({
      labelSelector: 'app.kubernetes.io/instance=eks-pod-identity-agent',
    });
    expect(agents.map(({ metadata }) => metadata?.name)).toEqual([
      'eks-pod-identity-agent',
    ]);
    const webhook = await api.readMutatingWebhookConfiguration(
      'pod-identity-webhook',
    );
    expect(webhook?.webhooks?.[0].name).toBe('iam-for-pods.amazonaws.com');
    const lists = await Promise.all<unknown>([
      api.listServiceAccounts('kube-system'),
      api.listPods({ namespace: 'kube-system' }),
      api.listPods({ fieldSelector: 'status.phase=Running' }),
      api.listEvents('kube-system', {}),
      api.listDeployments('default'),
      api.listStatefulSets('default'),
      api.listDaemonSets({ namespace: 'kube-system' }),
      api.listJobs('default'),
      api.listCronJobs('default'),
      api.listNetworkPolicies('default'),
    ]);
    expect(lists.map(Array.isArray)).toEqual(lists.map(() => true));
  });
});
