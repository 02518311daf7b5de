import { createServer, Server } from 'node:https';
import { AddressInfo } from 'node:net';
import { createCertificates } from '../http/tls';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const PODS = '/api/v1/namespaces/default/pods';
const REVIEW = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' };
const KYVERNO = {
  namespace: 'kyverno',
  name: 'kyverno-svc',
  path: '/validate',
};

/** A registered webhook of a policy engine, as its chart writes it. */
const webhook = (more: object = {}) => ({
  name: 'x.policy.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  timeoutSeconds: 30,
  failurePolicy: 'Fail',
  rules: [
    {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      resources: ['pods'],
    },
  ],
  clientConfig: { service: { ...KYVERNO, port: 443 } },
  ...more,
});

const allow = ({ request }: any, more: object = {}) => ({
  ...REVIEW,
  response: { uid: request.uid, allowed: true, ...more },
});

const patch = (...operations: object[]) => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

describe('webhooks that users register', () => {
  let cluster: TestCluster;
  let api: ReturnType<typeof wire>;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    api = wire(cluster);
    await cluster.handle.apply([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'kyverno' },
      },
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'calm', labels: { policy: 'off' } },
      },
    ]);
    await cluster.handle.waitFor(
      'serviceaccounts',
      'kyverno',
      'default',
      Boolean,
    );
    await cluster.handle.apply(
      pod('engine', {
        metadata: { namespace: 'kyverno', labels: { app: 'engine' } },
      }),
    );
    await cluster.handle.waitFor('pods', 'kyverno', 'engine', engine =>
      engine?.status.conditions?.some(
        (c: any) => c.type === 'Ready' && c.status === 'True',
      ),
    );
  });

  afterEach(async () => {
    await cluster.handle.clearTrouble();
    for (const kind of ['mutating', 'validating']) {
      await cluster.handle.delete(
        `${kind}webhookconfigurations`,
        undefined,
        'policy',
      );
    }
    await cluster.handle.delete('services', 'kyverno', 'kyverno-svc');
  });

  afterAll(() => cluster.stop());

  const register = async (
    kind: 'Mutating' | 'Validating',
    ...webhooks: object[]
  ) => {
    const { status, body } = await api.post(
      `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`,
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: `${kind}WebhookConfiguration`,
        metadata: { name: 'policy' },
        webhooks,
      },
    );
    expect(body).toMatchObject({ kind: `${kind}WebhookConfiguration` });
    expect(status).toBe(201);
  };

  /** A Service in front of the policy engine's pod, or of no pod. */
  const serve = (app = 'engine') =>
    cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kyverno-svc', namespace: 'kyverno' },
      spec: { selector: { app }, ports: [{ port: 443, targetPort: 9443 }] },
    });

  const dryRun = (name: string, path = PODS) =>
    api.post(`${path}?dryRun=All`, pod(name));

  const failing = (why: string) =>
    `Internal error occurred: failed calling webhook "x.policy.example.com": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate?timeout=30s": ${why}`;

  it('refuse pods while their Service is gone, has no endpoints or no listener', async () => {
    await register('Validating', webhook());
    const gone = await dryRun('a');
    expect(gone.status).toBe(500);
    expect(gone.body).toMatchObject({
      reason: 'InternalError',
      message: failing('service "kyverno-svc" not found'),
    });
    await serve('nothing');
    expect((await dryRun('a')).body.message).toBe(
      failing('no endpoints available for service "kyverno-svc"'),
    );
    // The broken configuration itself can be deleted.
    await api.delete(
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/policy',
    );
    await serve();
    await register('Mutating', webhook());
    expect((await dryRun('a')).body.message).toMatch(
      /: dial tcp [\d.]+:9443: connect: connection refused$/,
    );
  });

  it('are passed over when they fail open, or do not choose the request', async () => {
    await register(
      'Validating',
      webhook({ failurePolicy: 'Ignore' }),
      webhook({
        name: 'y.policy.example.com',
        namespaceSelector: {
          matchExpressions: [{ key: 'policy', operator: 'Exists' }],
        },
      }),
      webhook({
        name: 'z.policy.example.com',
        objectSelector: { matchLabels: { policy: 'on' } },
      }),
      webhook({
        name: 'w.policy.example.com',
        matchConditions: [
          { name: 'others', expression: "request.namespace == 'other'" },
        ],
      }),
    );
    expect((await dryRun('a')).status).toBe(201);
    const chosen = await dryRun('a', '/api/v1/namespaces/calm/pods');
    expect(chosen.body.message).toContain('"y.policy.example.com"');
  });

  it('refuse what their conditions cannot judge', async () => {
    await register(
      'Validating',
      webhook({
        matchConditions: [
          { name: 'broken', expression: "object.metadata.none.x == 'a'" },
        ],
      }),
    );
    const { status, body } = await dryRun('a');
    expect(status).toBe(403);
    expect(body.message).toMatch(
      /^pods "a" is forbidden: expression 'object\.metadata\.none\.x == 'a'' resulted in error: /,
    );
  });

  it('see the request, refuse it in their own words, and warn', async () => {
    await serve();
    await register('Validating', webhook());
    const seen: any[] = [];
    cluster.handle.answerWebhooks('kyverno', 'kyverno-svc', review => {
      seen.push(review.request);
      return {
        ...REVIEW,
        response: {
          uid: review.request.uid,
          allowed: false,
          status: { code: 403, reason: 'Forbidden', message: 'no latest tag' },
          warnings: ['think again'],
        },
      };
    });
    const { status, body, headers } = await dryRun('a');
    expect(status).toBe(403);
    expect(body.message).toBe(
      'admission webhook "x.policy.example.com" denied the request: no latest tag',
    );
    expect(headers.warning).toBe('299 - "think again"');
    expect(seen[0]).toMatchObject({
      operation: 'CREATE',
      dryRun: true,
      namespace: 'default',
      name: 'a',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      userInfo: { username: cluster.credentials.admin.arn },
      object: { metadata: { name: 'a' }, spec: { serviceAccount: 'default' } },
      oldObject: null,
    });
  });

  it('change the object, before validating ones look at it', async () => {
    await serve();
    await register(
      'Mutating',
      webhook({
        name: 'm.policy.example.com',
        admissionReviewVersions: ['v1'],
      }),
    );
    await register('Validating', webhook());
    const images: string[] = [];
    cluster.handle.answerWebhooks('kyverno', 'kyverno-svc', review => {
      images.push(review.request.object.spec.containers[0].image);
      return images.length === 1
        ? allow(
            review,
            patch({
              op: 'replace',
              path: '/spec/containers/0/image',
              value: 'mirror.example.com/x:1',
            }),
          )
        : allow(review);
    });
    const { status, body } = await dryRun('a');
    expect(status).toBe(201);
    expect(body.spec.containers[0].image).toBe('mirror.example.com/x:1');
    expect(images).toEqual(['amazon/aws-cli:2.23.6', 'mirror.example.com/x:1']);
  });

  it.each([
    ['nothing', () => ({}), 'webhook response was absent'],
    [
      'another uid',
      () => ({ ...REVIEW, response: { uid: 'x', allowed: true } }),
      'expected response.uid=',
    ],
    [
      'a patch from a validating webhook',
      (review: any) => allow(review, patch({ op: 'remove', path: '/spec' })),
      'validating webhook may not return response.patch',
    ],
  ])('fail when they answer %s', async (_what, answer, why) => {
    await serve();
    await register('Validating', webhook());
    cluster.handle.answerWebhooks('kyverno', 'kyverno-svc', answer);
    const { status, body } = await dryRun('a');
    expect(status).toBe(500);
    expect(body.message).toContain(
      'failed calling webhook "x.policy.example.com": received invalid webhook response: ',
    );
    expect(body.message).toContain(why);
  });

  it('hold the request up for as long as they may take, on the simulated clock', async () => {
    await serve();
    await register('Validating', webhook());
    cluster.handle.answerWebhooks('kyverno', 'kyverno-svc', 'hangs');
    let ended = false;
    const end = dryRun('a').finally(() => {
      ended = true;
    });
    while (!ended) {
      await cluster.core.clock.advance(10_000);
    }
    expect((await end).body.message).toMatch(
      /\?timeout=30s": context deadline exceeded$/,
    );
  });

  describe('at a URL', () => {
    let server: Server;
    let ca: string;

    beforeAll(async () => {
      const certificates = await createCertificates('webhooks');
      ca = Buffer.from(certificates.ca).toString('base64');
      server = createServer(certificates, (request, response) => {
        if (request.url?.startsWith('/hang')) {
          return;
        }
        const chunks: Buffer[] = [];
        request.on('data', chunk => chunks.push(chunk));
        request.on('end', () => {
          const review = JSON.parse(Buffer.concat(chunks).toString());
          response.end(
            JSON.stringify(
              allow(
                review,
                patch({
                  op: 'add',
                  path: '/metadata/annotations',
                  value: { path: request.url },
                }),
              ),
            ),
          );
        });
      });
      await new Promise<void>(resolve => {
        server.listen(0, '127.0.0.1', resolve);
      });
    });

    afterAll(
      () =>
        new Promise(resolve => {
          server.closeAllConnections();
          server.close(resolve);
        }),
    );

    const url = () =>
      `https://127.0.0.1:${(server.address() as AddressInfo).port}/m`;

    it('are called there, with the certificate authority that they name', async () => {
      await register(
        'Mutating',
        webhook({ clientConfig: { url: url(), caBundle: ca } }),
      );
      expect((await dryRun('a')).body).toMatchObject({
        kind: 'Pod',
        metadata: { annotations: { path: '/m?timeout=30s' } },
      });
    });

    it('fail when they take longer than they may', async () => {
      const hanging = url().replace(/m$/, 'hang');
      await register(
        'Mutating',
        webhook({
          timeoutSeconds: 1, // wall time: nobody answers
          clientConfig: { url: hanging, caBundle: ca },
        }),
      );
      expect((await dryRun('a')).body.message).toBe(
        `Internal error occurred: failed calling webhook "x.policy.example.com": failed to call webhook: Post "${hanging}?timeout=1s": context deadline exceeded`,
      );
    });

    it.each([
      [
        'without their certificate authority',
        url,
        'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ],
      [
        'at a name that nothing resolves',
        () => 'https://policy.example.com/m',
        'dial tcp: lookup policy.example.com on 10.100.0.10:53: no such host',
      ],
    ])('fail %s', async (_what, address, why) => {
      await register('Mutating', webhook({ clientConfig: { url: address() } }));
      expect((await dryRun('a')).body.message).toBe(
        `Internal error occurred: failed calling webhook "x.policy.example.com": failed to call webhook: Post "${address()}?timeout=30s": ${why}`,
      );
    });
  });

  it('are refused when they cannot be called in a dry run, or nowhere', async () => {
    const { status, body } = await api.post(
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'bad' },
        webhooks: [
          webhook({
            name: 'short.name',
            sideEffects: 'Unknown',
            timeoutSeconds: 31,
            clientConfig: {},
            admissionReviewVersions: ['v9'],
          }),
        ],
      },
    );
    expect(status).toBe(422);
    expect(body.details.causes.map((c: any) => c.field)).toEqual([
      'webhooks[0].name',
      'webhooks[0].sideEffects',
      'webhooks[0].timeoutSeconds',
      'webhooks[0].clientConfig',
      'webhooks[0].admissionReviewVersions',
    ]);
  });

  it('logged no problems', () => {
    expect(cluster.lines).toEqual([]);
  });
});
