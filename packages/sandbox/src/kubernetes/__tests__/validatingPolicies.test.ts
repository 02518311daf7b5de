import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const PODS = '/api/v1/namespaces/default/pods';

describe('ValidatingAdmissionPolicies', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
  });

  afterAll(() => cluster.stop());

  /** A policy for pods of the default namespace, with its binding. */
  const policy = (name: string, spec: object, actions = ['Deny']) =>
    cluster.handle.apply([
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: [''],
                apiVersions: ['v1'],
                operations: ['CREATE'],
                resources: ['pods'],
              },
            ],
          },
          ...spec,
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: `${name}-everywhere` },
        spec: { policyName: name, validationActions: actions },
      },
    ]);
  const create = (body: object) =>
    wire(cluster).post(`${PODS}?dryRun=All`, body);

  it("refuses objects that violate an expression, with Kubernetes' message and status", async () => {
    await policy('own-images', {
      validations: [
        {
          expression:
            "object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))",
          message: 'Only images of our registry.',
        },
      ],
    });
    expect(await create(pod('x'))).toMatchObject({
      status: 422,
      body: {
        reason: 'Invalid',
        message:
          "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'own-images' with binding 'own-images-everywhere' denied request: Only images of our registry.",
      },
    });
    expect(
      await create(
        pod('x', {
          spec: {
            containers: [{ name: 'a', image: 'registry.example.com/a:1' }],
          },
        }),
      ),
    ).toMatchObject({ status: 201 });
    await cluster.handle.delete(
      'validatingadmissionpolicybindings',
      undefined,
      'own-images-everywhere',
    );
    expect(await create(pod('x'))).toMatchObject({ status: 201 });
  });

  it('refuses when an expression cannot be evaluated, unless the failure policy is Ignore', async () => {
    const broken = [{ expression: 'object.spec.nothingLikeThis > 3' }];
    await policy('broken', { validations: broken });
    expect(await create(pod('x'))).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining(
          "expression 'object.spec.nothingLikeThis > 3' resulted in error",
        ),
      },
    });
    await policy('broken', { validations: broken, failurePolicy: 'Ignore' });
    expect(await create(pod('x'))).toMatchObject({ status: 201 });
  });

  it('only warns if its binding says so', async () => {
    await policy(
      'labelled',
      { validations: [{ expression: 'has(object.metadata.labels)' }] },
      ['Warn'],
    );
    const answer = await create(pod('x', { metadata: { labels: undefined } }));
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.headers.warning).toContain(
      'failed expression: has(object.metadata.labels)',
    );
  });
});
