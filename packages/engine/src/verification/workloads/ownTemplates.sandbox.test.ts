import type { KubeObject } from 'eks-sandbox';
import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { LIST_WEBHOOKS, policyEngine } from '../__testUtils__/policyWebhook';
import { checkOf, type VerifyWorld } from '../__testUtils__/VerifyWorld';

const URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const LABEL = 'app.kubernetes.io/name';
const APP = ref.serviceAccount;
const CHECK = 'admission.own-templates';
/** Chooses the pods of the workload, and not the probe. */
const ONLY_THE_WORKLOAD = { objectSelector: { matchLabels: { [LABEL]: APP } } };

/** Sets the variable to a broker of its own, wherever it is set already or not. */
const setVariable = (pod: KubeObject) =>
  pod.spec.containers.map((container: any, index: number) => ({
    op: 'add',
    path: `/spec/containers/${index}/env`,
    value: [
      ...(container.env ?? []).filter((one: any) => one.name !== URI),
      { name: URI, value: 'http://broker.HIDDEN:8080/credentials' },
    ],
  }));

/** A pod but for its name and its times, the node, and the suffix that the API server makes up for a volume. */
function asMade({ metadata, spec }: KubeObject) {
  const {
    name,
    uid,
    creationTimestamp,
    resourceVersion,
    managedFields,
    ...is
  } = metadata;
  const made = JSON.stringify({
    metadata: is,
    spec: { ...spec, nodeName: '' },
  });
  return JSON.parse(
    made
      .replace(/kube-api-access-\w+/g, 'kube-api-access')
      // The webhook of EKS draws it.
      .replace(
        /("audience":"pods\.eks\.amazonaws\.com","expirationSeconds":)\d+/,
        '$1 0',
      ),
  );
}

const setAccount = () => [
  { op: 'add', path: '/spec/serviceAccountName', value: 'restricted' },
];

describe('pods of the workloads’ own templates', () => {
  const { world, kube } = inCluster();
  const verify = (
    request: Partial<Parameters<VerifyWorld['verify']>[0]> = {},
  ) => world().verify({ ref, probe: 'admission', ...request });
  /** How many pods were dry-run over the wire. */
  const dryRuns = () =>
    world()
      .sandbox.calls.calls()
      .filter(
        call =>
          !call.internal && /create.*pods|POST.*\/pods/i.test(call.operation),
      ).length;
  let remade = false;
  const restarted = async () => {
    remade = true;
    const pods = () =>
      kube()
        .list('pods', ref.namespace)
        .filter(pod => pod.metadata.labels?.[LABEL] === APP);
    const former = new Set(pods().map(pod => pod.metadata.name));
    for (const name of former) {
      await kube().delete('pods', ref.namespace, name);
    }
    const runs = ({ metadata, status }: KubeObject) =>
      !former.has(metadata.name) && status?.phase === 'Running';
    while (pods().filter(runs).length < 2 || !pods().every(runs)) {
      await new Promise(next => setTimeout(next, 20));
    }
  };

  beforeEach(() => world().sandbox.clock.advance(600_000));
  // A reset keeps the pods of a workload that is as it was, and so what a policy engine did to them.
  afterEach(async () => {
    await kube().clearTrouble();
    if (remade) await restarted();
    remade = false;
  });

  it('receive the identity', async () => {
    expect(checkOf(await verify(), CHECK)).toMatchObject({
      status: 'pass',
      message: `A new pod of Deployment ${APP} receives the identity, as the API server says.`,
    });
  });

  it.each([0, 1, 2])(
    'are tried again where API server %i does not call the webhook',
    async server => {
      await verify(); // Opens the connection that the next run keeps.
      kube().setWebhook({ down: true }, server);
      expect(checkOf(await verify(), CHECK).status).toBe('pass');
    },
  );

  it('are as their controllers make them, of workloads without pods too', async () => {
    const seen: KubeObject[] = [];
    await policyEngine(kube(), pod => {
      seen.push(pod);
      return [];
    });
    const template = (restartPolicy: string) => ({
      metadata: { labels: { app: 'batch' } },
      spec: {
        serviceAccountName: APP,
        restartPolicy,
        containers: [{ name: 'app', image: 'a' }],
      },
    });
    await kube().apply([
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'db', namespace: ref.namespace },
        spec: {
          replicas: 0,
          serviceName: 'db',
          selector: { matchLabels: { app: 'batch' } },
          template: template('Always'),
        },
      },
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'nightly', namespace: ref.namespace },
        spec: {
          schedule: '0 3 * * *',
          suspend: true,
          jobTemplate: { spec: { template: template('Never') } },
        },
      },
    ]);
    seen.length = 0;
    expect(checkOf(await verify(), CHECK)).toMatchObject({
      status: 'pass',
      message: `New pods of Deployment ${APP}, StatefulSet db and CronJob nightly receive the identity, as the API server says.`,
    });
    const [running] = kube()
      .list('pods', ref.namespace)
      .filter(pod => pod.metadata.labels?.[LABEL] === APP);
    const ofWorkloads = seen.filter(pod => pod.metadata.ownerReferences);
    const ofDeployment = ofWorkloads.filter(
      ({ metadata }) => metadata.labels?.[LABEL] === APP,
    );
    expect(ofDeployment.map(asMade)).toEqual([asMade(running)]);
    expect(ofWorkloads.map(({ metadata }) => metadata)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ownerReferences: [
            expect.objectContaining({ kind: 'StatefulSet', name: 'db' }),
          ],
        }),
        expect.objectContaining({
          ownerReferences: [expect.objectContaining({ kind: 'Job' })],
        }),
      ]),
    );
    expect(ofWorkloads).toHaveLength(3);
  });

  it('lack it where the objectSelector of the webhook leaves out their labels', async () => {
    await kube().change(
      'mutatingwebhookconfigurations',
      undefined,
      'pod-identity-webhook',
      ({ webhooks: [hook] }: any) => {
        hook.objectSelector.matchExpressions.push({
          key: LABEL,
          operator: 'NotIn',
          values: [APP],
        });
      },
    );
    const report = await verify({ probe: 'pod' });
    expect(checkOf(report, 'admission.injects').status).toBe('pass');
    expect(checkOf(report, CHECK)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(
        /^A new pod of Deployment payments-ledger does not receive the identity: AWS_CONTAINER_CREDENTIALS_FULL_URI, .* and the token volume are missing\.$/,
      ),
      fix: {
        cause: `The objectSelector of webhook iam-for-pods.amazonaws.com was edited and leaves out pods with the labels of Deployment ${APP}.`,
        snippet: { text: expect.stringContaining('objectSelector') },
      },
    });
    expect(report).toMatchObject({ status: 'broken', way: 'broken' });
  });

  it('lack it where a policy engine sets a variable, which no change of the template takes out', async () => {
    await kube().apply(LIST_WEBHOOKS);
    await policyEngine(kube(), setVariable, ONLY_THE_WORKLOAD);
    await restarted();
    const report = await verify({ probe: 'pod' });
    expect(checkOf(report, 'admission.injects').status).toBe('pass');
    expect(checkOf(report, CHECK)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(
        /: container \S+ has AWS_CONTAINER_CREDENTIALS_FULL_URI to another address than that of the agent\.$/,
      ),
      fix: {
        actions: [
          expect.stringContaining('x.policy.example.com (policy)'),
          expect.stringMatching(/^Do not delete the association/),
        ],
      },
    });
    const shadowed = checkOf(report, 'workloads.shadowed');
    expect(shadowed).toMatchObject({
      status: 'warn',
      becauseOf: CHECK,
      fix: {
        actions: [
          expect.stringContaining(
            `The template of Deployment ${APP} does not have ${URI}: an admission webhook adds it.`,
          ),
        ],
      },
    });
    expect(shadowed.fix?.snippet).toBeUndefined();
    expect(checkOf(report, 'workloads.injected').fix?.snippet).toBeUndefined();
    expect(report.status).toBe('broken');
    expect(JSON.stringify(report)).not.toContain('HIDDEN');
  });

  it.each([
    ['every new pod', {}, 'admission.injects'],
    ['those of the workload', ONLY_THE_WORKLOAD, CHECK],
  ])(
    'lack it where a policy engine puts %s under another service account',
    async (_which, rest, first) => {
      await kube().apply([
        ...LIST_WEBHOOKS,
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'restricted', namespace: ref.namespace },
        },
      ]);
      await policyEngine(kube(), setAccount, {
        namespaceSelector: {
          matchLabels: { 'kubernetes.io/metadata.name': ref.namespace },
        },
        ...rest,
      });
      await restarted();
      const report = await verify({ probe: 'pod' });
      expect(checkOf(report, first)).toMatchObject({
        status: 'fail',
        message: expect.stringMatching(
          /admission puts (it|them) under the service account restricted\.$/,
        ),
        fix: {
          cause: expect.stringContaining('replaces the service account'),
          actions: expect.arrayContaining([
            expect.stringContaining('x.policy.example.com (policy)'),
          ]),
        },
      });
      expect(JSON.stringify(report)).not.toContain('or it is too new');
      const { fix } = checkOf(report, 'workloads.service-account');
      expect(fix?.snippet).toBeUndefined();
      expect(fix?.cause).toContain('an admission webhook replaced it');
      expect(report.status).toBe('broken');
    },
  );

  it('keep the way where a quota has room for them, and not for the probe', async () => {
    await kube().apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'small', namespace: ref.namespace },
      spec: { limits: [{ type: 'Container', max: { memory: '100Mi' } }] },
    });
    const report = await verify({ probe: 'pod' });
    expect(checkOf(report, 'admission.injects').status).toBe('unknown');
    expect(checkOf(report, CHECK).status).toBe('pass');
    expect(report).toMatchObject({ status: 'looks-right', proof: 'none' });
  });

  it('are told by the words of what refuses them', async () => {
    await kube().apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full', namespace: ref.namespace },
      spec: { hard: { pods: '2' } },
    });
    const report = await verify();
    expect(checkOf(report, CHECK)).toMatchObject({
      status: 'unknown',
      message: expect.stringMatching(
        /^Whether a new pod of Deployment payments-ledger receives the identity cannot be told: A ResourceQuota of namespace payments has no room for a pod of its template: /,
      ),
    });
    expect(report.status).toBe('could-not-check');
  });

  it('are not quoted where Kubernetes does not take them', async () => {
    await policyEngine(
      kube(),
      () => [
        {
          op: 'add',
          path: '/spec/containers/0/env',
          value: [{ name: '=HIDDEN', value: 'HIDDEN' }],
        },
      ],
      ONLY_THE_WORKLOAD,
    );
    const report = await verify();
    expect(checkOf(report, CHECK)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('Kubernetes did not take a pod'),
    });
    expect(JSON.stringify(report)).not.toContain('HIDDEN');
  });

  it('are asked once for each template, and not again while a proof would be reused', async () => {
    const { template } = kube().get('deployments', ref.namespace, APP)!.spec;
    await kube().apply(
      ['one', 'two'].map(name => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace: ref.namespace },
        spec: {
          replicas: 0,
          selector: { matchLabels: template.metadata.labels },
          template,
        },
      })) as never,
    );
    const count = async (request: object) => {
      world().sandbox.calls.reset();
      const { status } = checkOf(await verify(request), CHECK);
      return [status, dryRuns()];
    };
    const PROBES = 5;
    expect(await count({ trigger: 'action' })).toEqual(['pass', PROBES + 1]);
    expect(await count({ trigger: 'action' })).toEqual(['pass', PROBES]);
    expect(await count({ trigger: 'user' })).toEqual(['pass', PROBES + 1]);
    await world().sandbox.clock.advance(120_000);
    expect(await count({ trigger: 'action' })).toEqual(['pass', PROBES + 1]);
    expect(await count({ probe: 'none' })).toEqual(['skip', 0]);
  });

  it('are remembered with what their template has of its own, and not with what is added', async () => {
    await kube().change('deployments', ref.namespace, APP, ({ spec }) => {
      spec.template.spec.containers[0].env = [
        { name: 'AWS_PROFILE', value: 'x' },
        { name: 'HTTP_PROXY', value: 'http://proxy:3128' },
      ];
    });
    const asked = async () => {
      world().sandbox.calls.reset();
      await verify({ trigger: 'action' });
      return dryRuns();
    };
    const PROBES = 5;
    expect(await asked()).toBe(PROBES + 1);
    expect(await asked()).toBe(PROBES);
    await policyEngine(
      kube(),
      () => [
        {
          op: 'add',
          path: '/spec/containers/0/env/-',
          value: { name: 'AWS_ROLE_ARN', value: 'a' },
        },
      ],
      ONLY_THE_WORKLOAD,
    );
    await world().sandbox.clock.advance(120_000);
    expect(await asked()).toBe(PROBES + 1);
    expect(await asked()).toBe(PROBES + 1);
  });

  it('leave no secret of a template in facts', async () => {
    await kube().change('deployments', ref.namespace, APP, one => {
      one.spec.template.spec.containers[0].env = [
        { name: 'DB_PASSWORD', value: 'HIDDEN' },
      ];
    });
    let facts: unknown;
    const context = {
      ...world().context(),
      sawFacts: (bundle: unknown) => (facts = bundle),
    };
    await world().verification.verify(
      {
        ref,
        trigger: 'user',
        probe: 'admission',
        permissionChecks: [],
        timeoutSeconds: 60,
      },
      context,
    );
    expect(JSON.stringify(facts)).toContain('ownDryRuns');
    expect(JSON.stringify(facts)).not.toContain('HIDDEN');
  });
});
