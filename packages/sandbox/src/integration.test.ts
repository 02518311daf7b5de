import { ListClustersCommand } from '@aws-sdk/client-eks';
import {
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
} from '@kubernetes/client-node';
import { Keys, errorOf, sdk } from './__testUtils__/clients';
import { signToken } from './__testUtils__/kubernetesToken';
import { Sandbox, startSandbox } from './sandbox';
import { PORTAL_GROUPS } from './seed/accounts';

/** Tests both sides of the sandbox together, as the portal and users do. */
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

/** A client of one cluster's API with these keys. */
async function as(keys: Keys, name = 'payments-prod') {
  const found = sandbox.connections().find(c => c.name === name)!;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    {
      name,
      server: found.endpoint,
      caData: found.certificateAuthorityData,
      skipTLSVerify: false,
    },
    {
      name: 'caller',
      token: await signToken({ keys, region: found.region, cluster: name }),
    },
  );
  return config;
}

it("gives the portal's roles their rights and no more", async () => {
  const { roles } = sandbox.credentials;
  const can = async (roleArn: string, verb: string, resource: string) => {
    const config = await as(sandbox.aws.iam.sessionOf({ roleArn }));
    const { status } = await config
      .makeApiClient(AuthorizationV1Api)
      .createSelfSubjectAccessReview({
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: { namespace: 'payments', verb, resource },
          },
        },
      });
    return status?.allowed;
  };
  expect(
    await Promise.all([
      can(roles.read, 'list', 'pods'),
      can(roles.read, 'create', 'pods'),
      can(roles.verify, 'create', 'pods'),
      can(roles.verify, 'create', 'serviceaccounts'),
      can(roles.write, 'create', 'serviceaccounts'),
      can(roles.write, 'get', 'secrets'),
    ]),
  ).toEqual([true, false, true, false, true, false]);
});

it('refuses callers without an access entry until they have one', async () => {
  const { nobody } = sandbox.credentials;
  const list = async () => {
    const api = (await as(nobody)).makeApiClient(CoreV1Api);
    return api.listNamespacedPod({ namespace: 'payments' });
  };
  expect((await errorOf(list())).code).toBe(401);
  sandbox.aws.eks.putAccessEntry('payments-prod', { principalArn: nobody.arn });
  expect((await errorOf(list())).code).toBe(403);
  sandbox.aws.eks.putAccessEntry('payments-prod', {
    principalArn: nobody.arn,
    groups: [PORTAL_GROUPS.read],
  });
  expect((await list()).items.length).toBeGreaterThan(0);
});

it('runs the seeded workloads, with those that have an association injected', async () => {
  const api = (await as(sandbox.credentials.admin)).makeApiClient(CoreV1Api);
  const { items } = await api.listNamespacedPod({ namespace: 'payments' });
  const injected = items.map(pod => [
    pod.spec!.serviceAccountName,
    pod.spec!.containers[0].env?.some(
      env => env.name === 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    ) ?? false,
  ]);
  expect(injected).toContainEqual(['payments-ledger', true]);
  expect(injected).toContainEqual(['payments-api', false]);
  expect(injected).not.toContainEqual(['payments-ledger', false]);
});

it('has a cluster where identities work and one where they fail', async () => {
  const ask = async (cluster: string, namespace: string, name: string) => {
    const handle = sandbox.cluster(cluster);
    const pod = handle
      .list('pods', namespace)
      .find(({ spec }) => spec.serviceAccountName === name)!;
    const authorization = await handle.serviceAccountToken({
      namespace,
      serviceAccount: name,
      pod: pod.metadata.name,
    });
    const response = await fetch(handle.agentLoopbackUrl(), {
      headers: { authorization },
    });
    return [response.status, await response.text()];
  };
  const [status, body] = await ask(
    'payments-prod',
    'payments',
    'payments-ledger',
  );
  expect(status).toBe(200);
  expect(Object.keys(JSON.parse(String(body)))).toEqual([
    'AccessKeyId',
    'SecretAccessKey',
    'Token',
    'AccountId',
    'Expiration',
  ]);
  // The first one's role was deleted; the second one's trust policy was rewritten.
  for (const name of ['product-search', 'image-resizer']) {
    expect(await ask('orders-legacy', 'shop', name)).toEqual([
      400,
      expect.stringMatching(
        /^\[[0-9a-f-]{36}\]: \(AccessDeniedException\): Unauthorized Exception! EKS does not have permissions to assume the associated role\., fault: client$/,
      ),
    ]);
  }
  expect(await ask('payments-prod', 'payments', 'payments-api')).toEqual([
    404,
    expect.stringContaining('has no service account role association for it'),
  ]);
});

it('creates, removes and restores clusters on both sides', async () => {
  const admin = sdk(sandbox, sandbox.credentials.admin);
  const names = async () =>
    (await admin.eks.send(new ListClustersCommand({}))).clusters;
  const key = await sandbox.createCluster({ name: 'scratch' });
  expect(await names()).toContain('scratch');
  expect(sandbox.cluster(key).list('nodes')).toHaveLength(2);
  const before = sandbox.connections().find(c => c.name === 'payments-prod')!;
  await sandbox.deleteCluster('payments-prod');
  expect(await names()).not.toContain('payments-prod');

  await sandbox
    .cluster('platform-auto')
    .delete('namespaces', undefined, 'shop');
  await sandbox.cluster('platform-auto').apply({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'stray', namespace: 'platform' },
  });
  await sandbox.cluster('platform-auto').apply([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'held', finalizers: ['example.com/stay'] },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'closed' },
      webhooks: [
        {
          name: 'closed.policy.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          rules: [
            {
              apiGroups: ['*'],
              apiVersions: ['*'],
              operations: ['*'],
              resources: ['*'],
            },
          ],
          clientConfig: { service: { namespace: 'held', name: 'none' } },
        },
      ],
    },
  ]);
  await sandbox.client.restore();

  expect(await names()).toEqual([
    'orders-legacy',
    'payments-prod',
    'platform-auto',
  ]);
  const after = sandbox.connections().find(c => c.name === 'payments-prod')!;
  expect(after.endpoint).toBe(before.endpoint);
  const platform = sandbox.cluster('platform-auto');
  expect(platform.get('serviceaccounts', 'platform', 'stray')).toBeUndefined();
  expect(platform.get('deployments', 'shop', 'cart-api')).toBeDefined();
  const payments = sandbox.cluster('payments-prod');
  expect(payments.get('deployments', 'payments', 'payments-api')).toBeDefined();
  expect(platform.get('namespaces', undefined, 'held')).toBeUndefined();
  expect(platform.list('validatingwebhookconfigurations')).toEqual([]);
  admin.destroy();
});

it('can be controlled on the Kubernetes side from other processes', async () => {
  const remote = sandbox.client.cluster('payments-prod');
  await remote.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'from-afar', namespace: 'payments' },
    data: { a: 'b' },
  });
  expect(await remote.get('configmaps', 'payments', 'from-afar')).toMatchObject(
    { data: { a: 'b' } },
  );
  await expect((remote as any).cluster.stop()).rejects.toThrow(
    'There is no method cluster.stop.',
  );
  const { clusters } = (await sandbox.client.summary()) as {
    clusters: { name: string; endpoint: string }[];
  };
  expect(clusters.map(({ name }) => name)).toContain('payments-prod');
  expect(clusters[0].endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
});
