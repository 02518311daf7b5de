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

  /** As a real API server answered (Kubernetes 1.36). `ok`: the pod passes. */
  const POD = pod('x', {
    spec: {
      nodeSelector: { disk: 'fast' },
      containers: [
        { name: 'a', image: 'a:1', env: [{ name: 'A', value: 'b' }] },
      ],
    },
  });
  it.each<[expression: string, answer: 'ok' | 'denied' | 'error']>([
    ['object.spec.?volumes.orValue([]).all(one, has(one.emptyDir))', 'denied'],
    ['object.spec.?initContainers.orValue([]) == []', 'ok'],
    ["object.spec.?nodeSelector[?'disk'].orValue('') == 'fast'", 'ok'],
    ['dyn(object.spec).?containers[?1].orValue({}) == {}', 'ok'],
    ['object.spec.?affinity.?nodeAffinity.hasValue()', 'denied'],
    ['has(object.spec.containers[0].image)', 'ok'],
    ['has(object.spec.containers[0].command)', 'denied'],
    [
      '!has(object.spec.containers[0].command) || [1].all(one, has(object.spec.none.one))',
      'ok',
    ],
    ['has(object.spec.none.one)', 'error'],
    ["object.spec.containers[0].command[2] == 'x'", 'error'],
    ["variables.words[2] == 'x'", 'error'],
    ["size(variables.words) > 2 && variables.words[2] == 'x'", 'denied'],
    ["variables.labels.all(key, key in ['disk'])", 'ok'],
    ["variables.labels.all(key, variables.labels[key] == 'slow')", 'denied'],
    ['variables.none == 1', 'error'],
    ["variables.image == 'a:1'", 'ok'],
    ["dyn(object.spec).all(key, key != 'hostNetwork')", 'ok'],
    [
      "dyn(object.spec.containers[0]).all(key, key in ['name', 'image'])",
      'denied',
    ],
    ["object.spec.containers[0].env == [{'name': 'A', 'value': 'b'}]", 'ok'],
    ["'system:masters' in request.userInfo.groups || request.dryRun", 'ok'],
    ["object.metadata.name.matches('^[a-z]$')", 'ok'],
    ["r'a\\n' == 'a\\\\n'", 'ok'],
  ])('%s: %s', async (expression, answer) => {
    await policy('language', {
      variables: [
        {
          name: 'words',
          expression: 'object.spec.containers[0].?command.orValue([])',
        },
        { name: 'labels', expression: 'object.spec.?nodeSelector.orValue({})' },
        { name: 'first', expression: 'object.spec.containers[0]' },
        { name: 'image', expression: 'variables.first.image' },
        { name: 'broken', expression: 'object.spec.nothing.at.all' },
      ],
      validations: [{ expression, message: 'no' }],
    });
    const { status, body } = await create(POD);
    const said = (body as any).message ?? '';
    const refused = said.endsWith(': no') ? 'denied' : 'error';
    expect(status === 201 ? 'ok' : refused).toBe(answer);
    expect(said.includes('resulted in error')).toBe(answer === 'error');
  });

  it('is asked after a name is made and a service account has changed the pod, and not of another operation', async () => {
    await policy('late', {
      validations: [
        {
          expression:
            "object.metadata.name.matches('^made-[a-z0-9]{5}$') && object.spec.serviceAccountName == 'default' && object.spec.volumes.exists(one, has(one.projected))",
        },
      ],
    });
    const { containers } = POD.spec;
    const generated = { name: undefined, generateName: 'made-' };
    const made = await wire(cluster).post(PODS, {
      ...pod('x', { metadata: generated, spec: { containers } }),
    });
    expect(made.status).toBe(201);
    const { name } = (made.body as any).metadata;
    await policy('late', { validations: [{ expression: 'false' }] });
    const image = { spec: { containers: [{ name: 'a', image: 'b:1' }] } };
    expect(
      await wire(cluster).patch(
        `${PODS}/${name}`,
        image,
        'application/strategic-merge-patch+json',
      ),
    ).toMatchObject({ status: 200 });
    await cluster.handle.delete(
      'validatingadmissionpolicybindings',
      undefined,
      'late-everywhere',
    );
  });

  it('says what is the first to fail, be it an answer or an error', async () => {
    const validations = [
      { expression: 'true', message: 'first' },
      { expression: 'object.spec.none == 1', message: 'second' },
      { expression: 'false', message: 'third' },
    ];
    await policy('language', { validations });
    expect(await create(POD)).toMatchObject({
      body: { message: expect.stringContaining('resulted in error') },
    });
    await policy('language', { validations: validations.toReversed() });
    expect(await create(POD)).toMatchObject({
      body: { message: expect.stringContaining('denied request: third') },
    });
    await cluster.handle.delete(
      'validatingadmissionpolicybindings',
      undefined,
      'language-everywhere',
    );
  });

  it('names in the status the fields that a kind does not have', async () => {
    const expression = 'object.spec.?replicas == oldObject.spec.?replicas';
    await policy('types', {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: ['deployments', 'daemonsets'],
          },
        ],
      },
      validations: [
        { expression: 'object.spec.template == oldObject.spec.template' },
        { expression },
        { expression: 'dyn(object.spec).all(key, key in oldObject.spec)' },
      ],
    });
    const made = await cluster.handle.waitFor(
      'validatingadmissionpolicies',
      undefined,
      'types',
      one => one?.status?.observedGeneration === 1,
    );
    const of = (at: number) =>
      `apps/v1, Kind=DaemonSet: ERROR: <input>:1:${at}: undefined field 'replicas'\n | ${expression}\n | ${'.'.repeat(
        at - 1,
      )}^`;
    expect(made?.status.typeChecking).toEqual({
      expressionWarnings: [
        {
          fieldRef: 'spec.validations[1].expression',
          warning: `${of(12)}\n${of(40)}`,
        },
      ],
    });
    await policy('types', { validations: [{ expression: 'true' }] });
    await cluster.handle.waitFor(
      'validatingadmissionpolicies',
      undefined,
      'types',
      one => JSON.stringify(one?.status?.typeChecking) === '{}',
    );
  });

  it('counts in an annotation how often the template of a DaemonSet was changed', async () => {
    const path = '/apis/apps/v1/namespaces/default/daemonsets';
    const labels = { app: 'd' };
    const counted = (answer: any) =>
      answer.body.metadata.annotations[
        'deprecated.daemonset.template.generation'
      ];
    const made = await wire(cluster).post(path, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'a', image: 'a:1' }] },
        },
      },
    });
    expect(counted(made)).toBe('1');
    const patch = (body: object) =>
      wire(cluster).patch(`${path}/d`, body, 'application/merge-patch+json');
    expect(counted(await patch({ spec: { minReadySeconds: 1 } }))).toBe('1');
    expect(
      counted(
        await patch({
          spec: { template: { metadata: { annotations: { a: 'b' } } } },
        }),
      ),
    ).toBe('2');
  });
});
