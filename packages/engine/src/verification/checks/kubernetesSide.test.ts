import { checkOf, glance, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const AGENT = 'eks-pod-identity-agent';

/** What can be seen in the cluster, over the wire: each check where it passes, fails and cannot look. */
describe('checks of Kubernetes', () => {
  let world: VerifyWorld;
  const kube = () => world.kube();
  const verify = async (
    id: string,
    request: Partial<Parameters<VerifyWorld['verify']>[0]> = {},
  ) => checkOf(await world.verify({ ref, ...request }), id);
  const cleanUp: Array<() => void> = [];

  beforeAll(async () => {
    world = await VerifyWorld.start();
    await world.settled();
  });
  afterEach(async () => {
    cleanUp.splice(0).forEach(undo => undo());
    kube().setWebhook({});
    kube().pinApiServer(undefined);
    await world.reset();
  });
  afterAll(() => world.stop());

  it('are consistent where all is well, without a pod', async () => {
    const report = await world.verify({ ref });
    expect(report).toMatchObject({ status: 'consistent', proof: 'none' });
    expect(glance(report).filter(line => !/ (pass|skip)$/.test(line))).toEqual(
      [],
    );
    const admitted = await world.verify({ ref, probe: 'admission' });
    expect(admitted).toMatchObject({
      status: 'consistent',
      proof: 'admission',
    });
  });

  describe('access.kubernetes', () => {
    it('gathers what RBAC lacks into rules', async () => {
      await world.forbidKubernetes('readers', 'nodes');
      await world.forbidKubernetes('readers', 'serviceaccounts');
      const check = await verify('access.kubernetes');
      expect(check).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'The portal is not allowed to get serviceaccounts in namespace payments.',
        ),
      });
      expect(check.fix?.snippet?.text).toContain(
        [
          'kind: Role',
          'metadata:',
          '  name: backstage-eks-pod-identity',
          '  namespace: payments',
          'rules:',
          '  - apiGroups: [""]',
          '    resources: ["serviceaccounts"]',
          '    resourceNames: ["payments-ledger"]',
          '    verbs: ["get"]',
        ].join('\n'),
      );
      expect(check.fix?.snippet?.text).toContain('kind: ClusterRole');
    });

    it('names what the probe lacks before any pod is made', async () => {
      await world.forbidKubernetes('verifiers', 'pods', ['delete']);
      const report = await world.verify({ ref, probe: 'pod' });
      expect(checkOf(report, 'access.kubernetes').message).toBe(
        'The portal is not allowed to delete pods in namespace payments, which the probe needs.',
      );
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to delete pods in namespace payments, so no probe was started.',
      });
      expect(report.status).toBe('inconclusive');
      expect(
        world.sandbox.calls
          .calls()
          .filter(call => call.operation === 'create pods' && call.write),
      ).toEqual([]);
    });

    it('tells a portal the cluster does not know from one without rights', async () => {
      world.sandbox.aws.eks.deleteAccessEntry(
        'payments-prod',
        world.sandbox.credentials.roles.read,
      );
      const report = await world.verify({ ref });
      expect(checkOf(report, 'access.kubernetes')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('does not know the portal'),
        fix: {
          snippet: { text: expect.stringContaining('create-access-entry') },
        },
      });
      expect(report.status).toBe('inconclusive');
    });
  });

  describe('agent', () => {
    const withoutAddon = () =>
      world.sandbox.aws.eks.cluster('payments-prod').addons.delete(AGENT);

    it('installed: passes on a DaemonSet without the add-on, fails without both', async () => {
      withoutAddon();
      expect(await verify('agent.installed')).toMatchObject({
        status: 'pass',
        message:
          'The agent runs as DaemonSet kube-system/eks-pod-identity-agent, without the EKS add-on.',
      });
      await kube().delete('daemonsets', 'kube-system', AGENT);
      const report = await world.verify({ ref });
      expect(checkOf(report, 'agent.installed')).toMatchObject({
        status: 'fail',
        fix: {
          snippet: {
            text: 'aws eks create-addon --cluster-name payments-prod --addon-name eks-pod-identity-agent --region eu-west-1',
          },
        },
      });
      expect(checkOf(report, 'agent.healthy')).toMatchObject({
        status: 'skip',
        becauseOf: 'agent.installed',
      });
    });

    it('installed and on-node: find a self-managed agent in a namespace of its own', async () => {
      withoutAddon();
      const set = kube().get('daemonsets', 'kube-system', AGENT)!;
      await kube().delete('daemonsets', 'kube-system', AGENT);
      await kube().apply([
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'aws-agents' },
        },
        {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: {
            name: 'our-agent',
            namespace: 'aws-agents',
            labels: { 'app.kubernetes.io/instance': AGENT },
          },
          spec: set.spec,
        },
      ]);
      await kube().waitFor(
        'daemonsets',
        'aws-agents',
        'our-agent',
        one => one?.status?.numberReady === 3,
      );
      const report = await world.verify({ ref });
      expect(checkOf(report, 'agent.installed')).toMatchObject({
        status: 'pass',
        message: expect.stringContaining('DaemonSet aws-agents/our-agent'),
      });
      expect(checkOf(report, 'agent.on-node').status).toBe('pass');
      await kube().delete('namespaces', undefined, 'aws-agents');
    });

    it('installed: cannot look without the right', async () => {
      withoutAddon();
      await world.forbidKubernetes('readers', 'daemonsets');
      expect(await verify('agent.installed')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'not allowed to list daemonsets in namespace kube-system',
        ),
      });
    });

    it('healthy: passes, and warns of DEGRADED although all pods are ready', async () => {
      expect(await verify('agent.healthy')).toMatchObject({
        status: 'pass',
        observed: '3 of 3 ready',
      });
      world.sandbox.aws.eks.setAddonHealth('payments-prod', AGENT, {
        status: 'DEGRADED',
        issues: [],
      });
      expect(await verify('agent.healthy')).toMatchObject({
        status: 'warn',
        message: 'The add-on is DEGRADED, although all its pods are ready.',
      });
    });

    it('healthy: cannot look without the right', async () => {
      world.forbid('eks:DescribeAddon');
      expect(await verify('agent.healthy')).toMatchObject({
        status: 'unknown',
      });
    });

    it('on-node: passes, and fails on a node without one', async () => {
      expect(await verify('agent.on-node')).toMatchObject({ status: 'pass' });
      const node = await kube().addNode({
        kind: 'hybrid',
        roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
        name: 'mi-hybrid',
      });
      await kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'on-hybrid', namespace: 'payments' },
        spec: {
          nodeName: node,
          serviceAccountName: ref.serviceAccount,
          containers: [
            { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
          ],
        },
      });
      expect(await verify('agent.on-node')).toMatchObject({
        status: 'fail',
        message:
          'No ready agent is on the node mi-hybrid, so pods there get no credentials.',
        fix: { actions: [expect.stringContaining('"hybrid"')] },
      });
      await kube().removeNode(node);
    });

    it('on-node: cannot look without the right', async () => {
      await world.forbidKubernetes('readers', 'nodes');
      await kube().delete('daemonsets', 'kube-system', AGENT);
      await kube().waitFor(
        'pods',
        'kube-system',
        kube().list('pods', 'kube-system')[0]?.metadata.name ?? 'none',
        pod => pod === undefined,
      );
      expect(await verify('agent.on-node')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('not allowed to list nodes'),
      });
    });
  });

  describe('service-account', () => {
    it('exists: fails for a missing account and for a missing namespace', async () => {
      world.sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'nobody',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const missing = await world.verify({
        ref: { ...ref, serviceAccount: 'nobody' },
        probe: 'pod',
      });
      expect(checkOf(missing, 'service-account.exists')).toMatchObject({
        status: 'fail',
        message:
          'The ServiceAccount payments/nobody does not exist on payments-prod.',
      });
      expect(checkOf(missing, 'admission.injects')).toMatchObject({
        status: 'skip',
        becauseOf: 'service-account.exists',
      });
      expect(
        await verify('service-account.exists', {
          ref: { ...ref, namespace: 'nowhere' },
        }),
      ).toMatchObject({
        status: 'fail',
        observed: 'no such namespace',
      });
    });

    it('exists and irsa: cannot look without the right', async () => {
      await world.forbidKubernetes('readers', 'serviceaccounts');
      const report = await world.verify({ ref });
      expect(checkOf(report, 'service-account.exists')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to get serviceaccounts in namespace payments.',
      });
      expect(checkOf(report, 'service-account.irsa').status).toBe('skip');
      expect(report.status).toBe('inconclusive');
    });

    it('irsa: notes the annotation, and warns when it wins', async () => {
      const irsa = 'arn:aws:iam::111122223333:role/old-irsa';
      const annotated = { ...ref, serviceAccount: 'payments-irsa' };
      await kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: 'payments-irsa',
          namespace: 'payments',
          annotations: { 'eks.amazonaws.com/role-arn': irsa },
        },
      });
      await kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'early', namespace: 'payments' },
        spec: {
          serviceAccountName: 'payments-irsa',
          containers: [
            { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
          ],
        },
      });
      world.sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'payments-irsa',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const early = await world.verify({ ref: annotated });
      expect(checkOf(early, 'service-account.irsa')).toMatchObject({
        status: 'warn',
        message:
          '1 of 1 running pods use the IRSA role instead of the Pod Identity.',
      });
      expect(checkOf(early, 'workloads.injected')).toMatchObject({
        status: 'warn',
        observed: '0 of 1 running pods',
      });
      expect(checkOf(early, 'workloads.shadowed')).toMatchObject({
        status: 'warn',
        message: expect.stringContaining('AWS_ROLE_ARN'),
      });
      await kube().delete('pods', 'payments', 'early');
      expect(
        await verify('service-account.irsa', { ref: annotated }),
      ).toMatchObject({ status: 'note', observed: irsa });
    });
  });

  describe('admission.injects', () => {
    const inject = (request: object = {}) =>
      verify('admission.injects', { probe: 'admission', ...request });

    it('passes, with five dry runs and no pod', async () => {
      expect(await inject()).toMatchObject({
        status: 'pass',
        observed: '5 of 5 dry runs over 1 address',
        attempts: 5,
      });
      expect(world.probes('payments')).toEqual([]);
    });

    it('fails when the webhook is down, and names nothing it cannot know', async () => {
      kube().setWebhook({ down: true });
      await world.sandbox.clock.advance(120_000);
      const report = await world.verify({ ref, probe: 'pod' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'fail',
        observed: '0 of 5 dry runs over 1 address',
        message: expect.stringMatching(
          /^New pods of payments\/payments-ledger do not receive the identity: AWS_CONTAINER_CREDENTIALS_FULL_URI, .* are missing\.$/,
        ),
      });
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'skip',
        becauseOf: 'admission.injects',
      });
      expect(report.status).toBe('failed');
    });

    it('fails when the registration of the webhook is gone', async () => {
      await kube().delete(
        'mutatingwebhookconfigurations',
        undefined,
        'pod-identity-webhook',
      );
      await world.sandbox.clock.advance(120_000);
      expect(await inject()).toMatchObject({
        status: 'fail',
        fix: {
          cause: expect.stringContaining(
            'MutatingWebhookConfiguration pod-identity-webhook is gone',
          ),
        },
      });
    });

    it('warns of an API server that lets pods in without it', async () => {
      kube().setWebhook({ down: true }, 1);
      await world.sandbox.clock.advance(120_000);
      const report = await world.verify({ ref, probe: 'admission' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'warn',
        message: expect.stringMatching(
          /^Only [234] of 5 new pods of payments\/payments-ledger receive the identity/,
        ),
      });
      expect(report).toMatchObject({ status: 'degraded', proof: 'none' });
    });

    it('is unknown where dry runs are not possible', async () => {
      cleanUp.push(kube().addWebhookWithoutDryRun('policy.example.com'));
      const report = await world.verify({ ref, probe: 'admission' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'the admission webhook policy.example.com does not support them',
        ),
      });
      expect(report.status).toBe('inconclusive');
    });

    it('cannot look without the right, which is RBAC only because the review says so', async () => {
      await world.forbidKubernetes('verifiers', 'pods', ['create']);
      expect(await inject()).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to create pods in namespace payments.',
        fix: { snippet: { language: 'yaml' } },
      });
    });
  });

  describe('workloads', () => {
    it('injected: counts what was created before the association, with the one command', async () => {
      world.sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'payments-api',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const report = await world.verify({
        ref: { ...ref, serviceAccount: 'payments-api' },
      });
      expect(checkOf(report, 'workloads.injected')).toMatchObject({
        status: 'warn',
        message:
          '2 of 2 running pods run without the identity: 2 of Deployment payments-api.',
        observed: '0 of 2 running pods',
        fix: {
          snippet: {
            text: 'kubectl -n payments rollout restart deployment/payments-api',
          },
        },
      });
      expect(report.status).toBe('degraded');
    });

    it('cannot look without the right, which changes no verdict', async () => {
      await world.forbidKubernetes('readers', 'pods');
      const report = await world.verify({ ref });
      for (const id of [
        'workloads.injected',
        'workloads.shadowed',
        'workloads.unsupported',
      ]) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'unknown',
          advisory: true,
        });
      }
      expect(report.status).toBe('consistent');
    });

    it('shadowed and unsupported: warn of what the pods carry', async () => {
      await kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'odd', namespace: 'payments' },
        spec: {
          serviceAccountName: ref.serviceAccount,
          containers: [
            {
              name: 'app',
              image: 'busybox',
              command: ['sleep', 'infinity'],
              env: [
                { name: 'AWS_ACCESS_KEY_ID', value: 'AKIASECRETSECRETSECR' },
                { name: 'HTTP_PROXY', value: 'http://proxy:3128' },
              ],
            },
          ],
        },
      });
      const report = await world.verify({ ref });
      expect(checkOf(report, 'workloads.shadowed')).toMatchObject({
        status: 'warn',
        message:
          '1 of 3 running pods set AWS_ACCESS_KEY_ID, which every SDK reads before Pod Identity.',
      });
      expect(checkOf(report, 'workloads.unsupported')).toMatchObject({
        status: 'warn',
        message:
          '1 of 3 running pods send requests to the agent through a proxy.',
      });
      expect(JSON.stringify(report)).not.toContain('SECRETSECRET');
    });
  });
});
