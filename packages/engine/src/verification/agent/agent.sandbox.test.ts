import { inCluster, onAws, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

const AGENT = 'eks-pod-identity-agent';

describe('checks of the agent, read from AWS', () => {
  const { world, aws, verify } = onAws();

  describe('agent', () => {
    it('installed: is unknown without the add-on and without access to the cluster', async () => {
      aws()
        .eks.cluster('payments-prod')
        .addons.delete('eks-pod-identity-agent');
      expect(await verify('agent.installed')).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^There is no add-on eks-pod-identity-agent; whether/,
        ),
      });
    });

    it('installed: is unknown without the right', async () => {
      world().forbid('eks:DescribeAddon');
      expect(await verify('agent.installed')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to call eks:DescribeAddon on arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/eks-pod-identity-agent/*.',
      });
    });

    it('healthy: warns with EKS’s own issue and what to do about it', async () => {
      aws().eks.setAddonHealth('payments-prod', 'eks-pod-identity-agent', {
        status: 'CREATE_FAILED',
        issues: [
          {
            code: 'ConfigurationConflict',
            message: 'Conflicts found when trying to apply.',
            resourceIds: [],
          },
        ],
      });
      const report = await world().verify({ ref });
      expect(checkOf(report, 'agent.healthy')).toMatchObject({
        status: 'warn',
        message:
          'The add-on is CREATE_FAILED. It reports ConfigurationConflict: Conflicts found when trying to apply.',
        fix: {
          actions: [
            expect.stringMatching(/^Something else manages the same objects/),
            expect.any(String),
            'This needs EKS rights.',
          ],
          snippet: {
            text: expect.stringContaining('--resolve-conflicts OVERWRITE'),
          },
        },
      });
      expect(report.status).toBe('looks-right');
    });
  });
});

describe('checks of the agent, read from the cluster', () => {
  const { world, kube, verify } = inCluster();

  it('installed: fails where the DaemonSet of the add-on is gone', async () => {
    await kube().delete('daemonsets', 'kube-system', AGENT);
    expect(await verify('agent.installed')).toMatchObject({
      status: 'fail',
      message:
        'EKS has the add-on eks-pod-identity-agent (ACTIVE), but its DaemonSet is not in the cluster.',
      fix: { snippet: { text: expect.stringContaining('update-addon') } },
    });
  });

  it('installed: finds the agent of a Helm release with another name', async () => {
    const set = kube().get('daemonsets', 'kube-system', AGENT)!;
    world().sandbox.aws.eks.cluster('payments-prod').addons.delete(AGENT);
    await kube().delete('daemonsets', 'kube-system', AGENT);
    const labels = {
      'app.kubernetes.io/instance': 'identity',
      'app.kubernetes.io/name': AGENT,
    };
    const { template } = set.spec;
    await kube().apply({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'identity', namespace: 'kube-system', labels },
      spec: {
        ...set.spec,
        selector: { matchLabels: labels },
        template: { ...template, metadata: { labels } },
      },
    });
    await kube().waitFor(
      'daemonsets',
      'kube-system',
      'identity',
      one => one?.status?.numberReady === 3,
    );
    const report = await world().verify({ ref });
    expect(checkOf(report, 'agent.installed')).toMatchObject({
      status: 'pass',
      message:
        'The agent runs as DaemonSet kube-system/identity, without the EKS add-on.',
    });
    expect(checkOf(report, 'agent.on-node').status).toBe('pass');
  });

  /** Waits until the agents are as they should be. */
  const agentsAre = async (so: (agents: any[]) => boolean) => {
    const agents = () =>
      kube()
        .list('pods', 'kube-system')
        .filter(
          one => one.metadata.labels?.['app.kubernetes.io/name'] === AGENT,
        );
    while (!so(agents())) await world().sandbox.clock.advance(1_000);
  };

  it('healthy and on-node: read the last words of an agent that crashes, and who edited it', async () => {
    const words = 'listen tcp 169.254.170.23:80: bind: address already in use';
    await kube().change('daemonsets', 'kube-system', AGENT, set => {
      set.spec.updateStrategy = { type: 'OnDelete' };
      const [container] = set.spec.template.spec.containers;
      container.command = [
        'sh',
        '-c',
        `echo ${words} >/dev/termination-log; exit 1`,
      ];
      delete container.args;
    });
    for (const { metadata } of kube().list('pods', 'kube-system')) {
      await kube().delete('pods', 'kube-system', metadata.name, {
        gracePeriodSeconds: 0,
      });
    }
    await agentsAre(
      agents =>
        agents.length === 3 &&
        agents.every(
          one => one.status?.containerStatuses?.[0].lastState?.terminated,
        ),
    );
    const report = await world().verify({ ref });
    const said = {
      cause: expect.stringMatching(
        /Another program listens on port 80 .*address already in use.*\. Its pod template was changed by \S+ after EKS had applied it\.$/,
      ),
      snippet: { text: expect.stringContaining('update-addon') },
    };
    expect(checkOf(report, 'agent.healthy')).toMatchObject({
      status: 'fail',
      fix: said,
    });
    expect(checkOf(report, 'agent.on-node')).toMatchObject({
      status: 'fail',
      fix: said,
    });
  });

  it('healthy and on-node: tell an agent that waits for its port from one that is kept off its node', async () => {
    const set = kube().get('daemonsets', 'kube-system', AGENT)!;
    await kube().delete('daemonsets', 'kube-system', AGENT);
    await agentsAre(agents => agents.length === 0);
    const { name, labels } = set.metadata;
    const { template } = set.spec;
    const taking = { app: 'ingress' };
    const apply = (metadata: any, spec: object) =>
      kube().apply({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { ...metadata, namespace: 'kube-system' },
        spec,
      });
    await apply(
      { name: 'ingress', labels: taking },
      {
        selector: { matchLabels: taking },
        template: { ...template, metadata: { labels: taking } },
      },
    );
    await kube().waitFor(
      'daemonsets',
      'kube-system',
      'ingress',
      one => one?.status?.numberReady === 3,
    );
    await apply({ name, labels }, set.spec);
    await agentsAre(
      agents =>
        agents.length === 3 && agents.every(one => one.status?.conditions),
    );
    expect((await verify('agent.on-node')).fix).toMatchObject({
      cause: expect.stringMatching(
        /waits for a port of its node\. Another pod/,
      ),
      snippet: { text: expect.stringContaining('advertiseProxyPort') },
    });

    await kube().change('daemonsets', 'kube-system', AGENT, one => {
      one.spec.template.spec.nodeSelector = { 'example.com/agent': 'yes' };
    });
    await agentsAre(agents => agents.length === 0);
    const report = await world().verify({ ref });
    expect(checkOf(report, 'agent.healthy').message).toBe(
      'The DaemonSet of the agent runs on no node.',
    );
    expect(checkOf(report, 'agent.on-node').fix?.cause).toMatch(
      /^The nodeSelector of DaemonSet eks-pod-identity-agent leaves out the node /,
    );
    await kube().delete('daemonsets', 'kube-system', 'ingress');
  });

  describe('agent', () => {
    const withoutAddon = () =>
      world().sandbox.aws.eks.cluster('payments-prod').addons.delete(AGENT);

    it('installed: passes on a DaemonSet without the add-on, fails without both', async () => {
      withoutAddon();
      expect(await verify('agent.installed')).toMatchObject({
        status: 'pass',
        message:
          'The agent runs as DaemonSet kube-system/eks-pod-identity-agent, without the EKS add-on.',
      });
      await kube().delete('daemonsets', 'kube-system', AGENT);
      const report = await world().verify({ ref });
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

    it('installed and on-node: find a self-managed agent in a separate namespace', async () => {
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
      const report = await world().verify({ ref });
      expect(checkOf(report, 'agent.installed')).toMatchObject({
        status: 'pass',
        message: expect.stringContaining('DaemonSet aws-agents/our-agent'),
      });
      expect(checkOf(report, 'agent.on-node').status).toBe('pass');
      await kube().delete('namespaces', undefined, 'aws-agents');
    });

    it('installed: is unknown without the right', async () => {
      withoutAddon();
      await world().forbidKubernetes('readers', 'daemonsets');
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
      world().sandbox.aws.eks.setAddonHealth('payments-prod', AGENT, {
        status: 'DEGRADED',
        issues: [],
      });
      expect(await verify('agent.healthy')).toMatchObject({
        status: 'warn',
        message: 'The add-on is DEGRADED, although all its pods are ready.',
      });
    });

    it('healthy: reads why an agent crashes in its log, if it may', async () => {
      await kube().setAgentPort('no-ipv6');
      await kube().waitFor(
        'daemonsets',
        'kube-system',
        AGENT,
        set =>
          set?.status?.numberReady === 0 &&
          set?.status?.currentNumberScheduled === 3,
      );
      const pods = kube()
        .list('pods', 'kube-system')
        .filter(({ metadata }) => metadata.name.startsWith(AGENT));
      for (const { metadata } of pods) {
        await kube().waitFor('pods', 'kube-system', metadata.name, one =>
          one?.status?.containerStatuses?.some(
            (status: any) => status.lastState?.terminated,
          ),
        );
      }
      expect(await verify('agent.healthy')).toMatchObject({
        message: expect.stringContaining('its node has IPv6 disabled'),
        fix: { snippet: { text: expect.stringContaining('"-b"') } },
      });
      await kube().delete(
        'rolebindings',
        'kube-system',
        'backstage-eks-pod-identity-agent-log',
      );
      await world().sandbox.clock.advance(61_000);
      expect(await verify('agent.healthy')).toMatchObject({
        message: expect.stringContaining('crashes with exit code 1'),
        fix: {
          actions: expect.arrayContaining([
            expect.stringMatching(/^Read its log: kubectl -n kube-system logs/),
          ]),
        },
      });
    });

    it('healthy: is unknown without the right', async () => {
      world().forbid('eks:DescribeAddon');
      expect(await verify('agent.healthy')).toMatchObject({
        status: 'unknown',
      });
    });

    it('on-node: passes, and warns of a node without one', async () => {
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
        status: 'warn',
        message:
          'No ready agent is on the node mi-hybrid, so pods there get no credentials.',
        fix: {
          actions: [
            expect.stringContaining('"hybrid"'),
            'This needs EKS rights.',
          ],
        },
      });
      await kube().removeNode(node);
    });

    it('on-node: is unknown without the right', async () => {
      await world().forbidKubernetes('readers', 'nodes');
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
});
