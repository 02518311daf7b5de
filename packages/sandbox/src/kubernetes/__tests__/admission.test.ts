import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const PODS = '/api/v1/namespaces/default/pods';

const restricted = {
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65532,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [
    {
      name: 'main',
      image: 'busybox',
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    },
  ],
};

describe('admission of pods', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
  });

  afterAll(() => cluster.stop());

  const create = (body: object, namespace = 'default', query = '?dryRun=All') =>
    wire(cluster).post(`/api/v1/namespaces/${namespace}/pods${query}`, body);

  const namespaceWith = async (name: string, ...objects: any[]) => {
    await cluster.handle.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    ]);
    await cluster.handle.waitFor('serviceaccounts', name, 'default', Boolean);
    await cluster.handle.apply(
      objects.map(o => ({
        ...o,
        metadata: { ...o.metadata, namespace: name },
      })),
    );
  };

  it.each([
    [
      'a missing namespace',
      'nowhere',
      pod('x'),
      404,
      'namespaces "nowhere" not found',
    ],
    [
      'a missing service account',
      'default',
      pod('x', { spec: { serviceAccountName: 'nope' } }),
      403,
      'pods "x" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    ],
    [
      'an invalid name',
      'default',
      pod('Not_A_Name'),
      422,
      expect.stringContaining(
        'Pod "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters',
      ),
    ],
    [
      'no containers',
      'default',
      pod('x', { spec: { containers: [] } }),
      422,
      'Pod "x" is invalid: spec.containers: Required value',
    ],
    [
      'a mount without a volume',
      'default',
      pod('x', {
        spec: {
          containers: [
            {
              name: 'c',
              image: 'i',
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
            },
          ],
        },
      }),
      422,
      'Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'an invalid quantity',
      'default',
      pod('x', {
        spec: {
          containers: [
            { name: 'c', image: 'i', resources: { limits: { cpu: 'lots' } } },
          ],
        },
      }),
      400,
      expect.stringContaining('quantities must match the regular expression'),
    ],
    [
      'a wrong type',
      'default',
      pod('x', { spec: { containers: [{ name: 'c', image: true }] } }),
      400,
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal bool into Go struct field Container.spec.containers.image of type string',
    ],
    [
      'another namespace in the object than in the path',
      'default',
      pod('x', { metadata: { namespace: 'other' } }),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
  ])('refuses %s', async (_what, namespace, body, status, message) => {
    const answer = await create(body, namespace as string);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      message,
    });
  });

  it('refuses, warns about or ignores unknown fields as requested', async () => {
    const body = pod('x', { spec: { colour: 'blue' } });
    const strict = await wire(cluster).post(
      `${PODS}?dryRun=All&fieldValidation=Strict`,
      body,
    );
    expect(strict.status).toBe(400);
    expect(strict.body.message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.colour"',
    );
    const warned = await wire(cluster).post(`${PODS}?dryRun=All`, body);
    expect(warned.status).toBe(201);
    expect(warned.headers.warning).toBe(
      '299 - "unknown field \\"spec.colour\\""',
    );
    expect(warned.body.spec.colour).toBeUndefined();
    const ignored = await wire(cluster).post(
      `${PODS}?dryRun=All&fieldValidation=Ignore`,
      body,
    );
    expect(ignored.headers.warning).toBeUndefined();
  });

  it('refuses an unknown dryRun value', async () => {
    const answer = await wire(cluster).post(`${PODS}?dryRun=Some`, pod('x'));
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain(
      'dryRun: Unsupported value: ["Some"]: supported values: "All"',
    );
  });

  it("enforces the restricted Pod Security level with Kubernetes' own message", async () => {
    await namespaceWith('secure');
    await cluster.handle.setPodSecurity('secure', 'restricted');
    const refused = await create(
      pod('x', { spec: { containers: [{ name: 'main', image: 'busybox' }] } }),
      'secure',
    );
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'pods "x" is forbidden: violates PodSecurity "restricted:latest": ' +
        'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(
      (await create(pod('x', { spec: restricted }), 'secure')).status,
    ).toBe(201);
  });

  it('enforces the baseline level', async () => {
    await namespaceWith('base');
    await cluster.handle.setPodSecurity('base', 'baseline');
    const refused = await create(
      pod('x', {
        spec: {
          hostNetwork: true,
          volumes: [{ name: 'root', hostPath: { path: '/' } }],
          containers: [
            { name: 'main', image: 'b', securityContext: { privileged: true } },
          ],
        },
      }),
      'base',
    );
    expect(refused.body.message).toBe(
      'pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), ' +
        'hostPath volumes (volume "root"), privileged (container "main" must not set securityContext.privileged=true)',
    );
    expect((await create(pod('x'), 'base')).status).toBe(201);
  });

  it('refuses pods beyond a quota, also in a dry run, and counts existing ones', async () => {
    await namespaceWith('tight', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard: { pods: '1', 'requests.cpu': '500m' } },
    });
    const small = (name: string, cpu?: string) =>
      pod(name, {
        spec: {
          containers: [
            {
              name: 'main',
              image: 'b',
              ...(cpu && { resources: { requests: { cpu } } }),
            },
          ],
        },
      });
    expect((await create(small('a'), 'tight')).body.message).toBe(
      'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: main',
    );
    expect((await create(small('a', '600m'), 'tight')).body.message).toBe(
      'pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=0, limited: requests.cpu=500m',
    );
    expect((await create(small('a', '100m'), 'tight', '')).status).toBe(201);
    expect((await create(small('b', '100m'), 'tight')).body.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    const quota = cluster.handle.get('resourcequotas', 'tight', 'q')!;
    expect(quota.status.used).toMatchObject({
      pods: '1',
      'requests.cpu': '100m',
    });
  });

  it('applies the defaults and limits of a LimitRange', async () => {
    await namespaceWith('ranged', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { memory: '256Mi' },
            defaultRequest: { memory: '64Mi' },
            min: { memory: '32Mi' },
            max: { memory: '1Gi' },
          },
        ],
      },
    });
    const defaulted = await create(pod('x'), 'ranged');
    expect(defaulted.body.spec.containers[0].resources).toEqual({
      limits: { memory: '256Mi' },
      requests: { memory: '64Mi' },
    });
    const refused = await create(
      pod('x', {
        spec: {
          containers: [
            {
              name: 'main',
              image: 'b',
              resources: {
                limits: { memory: '2Gi' },
                requests: { memory: '16Mi' },
              },
            },
          ],
        },
      }),
      'ranged',
    );
    expect(refused.body.message).toBe(
      'pods "x" is forbidden: [minimum memory usage per Container is 32Mi, but request is 16Mi, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    );
  });

  it('answers 400 to dry runs while a webhook does not support them', async () => {
    const remove = cluster.handle.addWebhookWithoutDryRun('policy.example.com');
    const refused = await create(pod('x'));
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      reason: 'BadRequest',
      message:
        'admission webhook "policy.example.com" does not support dry run',
    });
    remove();
    expect((await create(pod('x'))).status).toBe(201);
  });

  it("adds a mesh's sidecar, which Pod Security then checks too", async () => {
    const remove = cluster.handle.addSidecarInjector();
    const { body } = await create(pod('x'));
    expect(body.spec.containers.map((c: any) => c.name)).toEqual([
      'main',
      'mesh-proxy',
    ]);
    remove();
  });

  it('creates nothing in a namespace that is being deleted', async () => {
    await namespaceWith('leaving');
    await cluster.handle.apply({
      ...pod('blocker', { metadata: { finalizers: ['example.com/keep'] } }),
      metadata: {
        name: 'blocker',
        namespace: 'leaving',
        finalizers: ['example.com/keep'],
      },
    });
    await cluster.handle.delete('namespaces', undefined, 'leaving');
    const refused = await create(pod('x'), 'leaving');
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'pods "x" is forbidden: unable to create new content in namespace leaving because it is being terminated',
    );
    expect(refused.body.details.causes[0].reason).toBe('NamespaceTerminating');
    await cluster.handle.change('pods', 'leaving', 'blocker', object => {
      object.metadata.finalizers = [];
    });
    await cluster.handle.waitFor(
      'namespaces',
      undefined,
      'leaving',
      o => o === undefined,
    );
  });

  it('refuses to delete system namespaces', async () => {
    const answer = await wire(cluster).delete('/api/v1/namespaces/kube-system');
    expect(answer.body.message).toBe(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });
});
