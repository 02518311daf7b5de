import { LifecycleWorld, stepOf } from './__testUtils__/LifecycleWorld';

const AUTO = 'platform-auto';
const ADDON = 'eks-pod-identity-agent';

/** How nodes and DaemonSets of a cluster decide about the agent. */
describe('The agent, seen through Kubernetes', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start({
      clusters: ['payments-prod', AUTO],
      portals: {},
    });
    world.addPortal('main', {
      clusters: [{ name: 'payments-prod' }, { name: AUTO }],
    });
  });
  afterEach(() => world.stop());

  const plan = (ref: string) =>
    world.planAssociate(ref, { createServiceAccount: 'never' });

  it('is needed where an Auto Mode cluster also has a node group', async () => {
    const step = stepOf(await plan(`${AUTO}/platform/x`), 'agent');
    expect(step.change).toBe('create');
    expect(step.reason).toMatch(/\d+ of \d+ nodes are outside Auto Mode/);
    await world.associate(`${AUTO}/platform/x`, {
      createServiceAccount: 'never',
    });
    expect(world.sandbox.aws.eks.cluster(AUTO).addons.get(ADDON)?.status).toBe(
      'ACTIVE',
    );
  });

  it('is kept when it is self-managed, without the add-on', async () => {
    await world.kube(AUTO).create({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: {
        name: 'our-agent',
        namespace: 'kube-system',
        labels: { 'app.kubernetes.io/instance': ADDON },
      },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: {
          metadata: { labels: { app: 'agent' } },
          spec: {
            hostNetwork: true,
            containers: [{ name: 'agent', image: 'agent' }],
          },
        },
      },
    } as any);
    const step = stepOf(await plan(`${AUTO}/platform/x`), 'agent');
    expect(step).toMatchObject({
      change: 'keep',
      owner: 'external',
      reason: 'self-managed: DaemonSet kube-system/our-agent',
    });
  });

  it('that is DEGRADED with all its pods ready is a warning that says so', async () => {
    world.sandbox.aws.eks.setAddonHealth('payments-prod', ADDON, {
      status: 'DEGRADED',
      issues: [
        {
          code: 'InsufficientNumberOfReplicas',
          message: 'unhealthy',
          resourceIds: [],
        },
      ],
    });
    const { warnings } = await plan('payments-prod/payments/x');
    expect(warnings.join()).toMatch(
      /is DEGRADED, although all its pods are ready \(InsufficientNumberOfReplicas/,
    );
  });

  it('that becomes DEGRADED with all pods ready while it is installed is good enough', async () => {
    world.sandbox.delays.addon = 3_600_000;
    const { warnings } = await world.associate(
      `${AUTO}/platform/x`,
      { createServiceAccount: 'never' },
      {
        emit: event => {
          if (
            event.type !== 'step' ||
            event.data.id !== 'agent' ||
            event.data.status !== 'started'
          ) {
            return;
          }
          // As on EKS, the pods are ready long before EKS reports the add-on healthy.
          void world.sandbox.aws.eks.putAddon(AUTO, {
            ...world.sandbox.aws.eks.cluster(AUTO).addons.get(ADDON)!,
            status: 'DEGRADED',
          });
        },
      },
    );
    expect(warnings.join()).toMatch(/DEGRADED although all its pods are ready/);
  });
});
