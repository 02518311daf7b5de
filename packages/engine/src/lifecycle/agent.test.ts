import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld, stepOf } from './__testUtils__/LifecycleWorld';

const REF = 'fresh/shop/api';
const ADDON = 'eks-pod-identity-agent';

const lastOf = (world: LifecycleWorld, step: string) =>
  world.steps().findLast(({ id }) => id === step)?.message;

describe('The agent', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      clusters: [{ name: 'fresh' }],
      agent: false,
    });
  });
  afterEach(() => world.stop());

  const eks = () => world.sandbox.aws.eks;

  it('is installed in parallel, under the lease of the cluster, and waited for', async () => {
    world.sandbox.delays.addon = 60_000;
    await world.associate(REF);
    const order = world
      .steps()
      .filter(({ status }) => status === 'done')
      .map(({ id }) => id);
    expect(order.indexOf('association')).toBeLessThan(order.indexOf('agent'));
    expect(order.indexOf('agent')).toBeLessThan(order.indexOf('gate'));
    // Nothing of the cluster can be read
    expect(lastOf(world, 'agent')).toBe('The agent add-on is ACTIVE');
    const cluster = eks().cluster('fresh').arn;
    const taken = world.leases.indexOf(`take cluster ${cluster}`);
    expect(world.leases[taken + 1]).toBe(`give cluster ${cluster}`);
  });

  it('is waited for when another installer is at work', async () => {
    await eks().putAddon('fresh', { addonName: ADDON, status: 'CREATING' });
    world.sandbox.clock.schedule(world.clock.now() + 30_000, () =>
      eks().setAddonHealth('fresh', ADDON, { status: 'ACTIVE' }),
    );
    const { plan } = await world.associate(REF);
    expect(stepOf(plan, 'agent')).toMatchObject({
      change: 'keep',
      owner: 'external',
      reason: expect.stringMatching(/is CREATING; this step waits for it/),
    });
    expect(world.writes()).not.toContain('eks:CreateAddon');
    expect(eks().cluster('fresh').addons.get(ADDON)?.status).toBe('ACTIVE');
  });

  it('that fails to install fails the step, and nothing else', async () => {
    world.sandbox.delays.addon = 5_000;
    const error = await world
      .associate(
        REF,
        {},
        {
          emit: event => {
            if (
              event.type === 'step' &&
              event.data.id === 'agent' &&
              event.data.status === 'started'
            ) {
              eks().setAddonHealth('fresh', ADDON, {
                status: 'CREATE_FAILED',
                issues: [
                  {
                    code: 'ConfigurationConflict',
                    message: 'DaemonSet is there already',
                    resourceIds: [],
                  },
                ],
              });
            }
          },
        },
      )
      .catch(e => e);
    expect(error.name).toBe('ConflictError');
    expect(error.message).toMatch(
      /CREATE_FAILED \(ConfigurationConflict: DaemonSet is there already\)/,
    );
    expect(error.message).toMatch(/Not done: .*wait until new pods receive/);
    expect(world.association(REF)).toBeDefined();
  });

  it('has its own deadline', async () => {
    world.sandbox.delays.addon = 3_600_000;
    world.portal().config.timings.agentInstall = 60_000;
    await expect(world.associate(REF)).rejects.toThrow(
      /is CREATING after 1 min/,
    );
    expect(world.association(REF)).toBeDefined();
  });

  it('that is DEGRADED is kept with a warning and never changed', async () => {
    await eks().putAddon('fresh', {
      addonName: ADDON,
      status: 'DEGRADED',
      issues: [
        {
          code: 'InsufficientNumberOfReplicas',
          message: 'one replica is unhealthy',
          resourceIds: [],
        },
      ],
    });
    const { warnings, plan } = await world.associate(REF);
    expect(stepOf(plan, 'agent').change).toBe('keep');
    expect(warnings.join()).toMatch(
      /is DEGRADED \(InsufficientNumberOfReplicas: one replica is unhealthy\)/,
    );
  });

  it('is left out where the cluster does not allow it, with the command for its owner', async () => {
    world.addPortal('main', {
      clusters: [
        {
          name: 'fresh',
          kubernetes: { access: 'none' },
          allow: { installAgent: false, createNamespace: false },
        },
      ],
    });
    const { warnings, plan } = await world.associate(REF);
    expect(stepOf(plan, 'agent').reason).toMatch(/without allow\.installAgent/);
    expect(warnings.join()).toContain('aws eks create-addon');
    world.forget();
    await expect(world.associate(REF, { installAgent: true })).rejects.toThrow(
      /installAgent is not allowed/,
    );
    expect(world.writes()).toEqual([]);
  });

  it('is left out when installAgent is false', async () => {
    const { plan } = await world.associate(REF, { installAgent: false });
    expect(stepOf(plan, 'agent').reason).toMatch(/installAgent is false/);
    expect(world.writes()).not.toContain('eks:CreateAddon');
  });

  it('is built into Auto Mode; nodes outside it cannot be read without Kubernetes', async () => {
    await world.sandbox.createCluster({
      name: 'auto',
      autoMode: {
        nodePools: ['system'],
        nodeRoleArn: 'arn:aws:iam::111122223333:role/n',
      },
    });
    world.addPortal('main', {
      clusters: [{ name: 'auto', kubernetes: { access: 'none' } }],
    });
    const { plan, warnings } = await world.associate('auto/shop/api');
    expect(stepOf(plan, 'agent').reason).toMatch(/Auto Mode/);
    expect(warnings.join()).toMatch(
      /cannot tell whether nodes outside Auto Mode/,
    );
  });
});

describe('The agent of a cluster that can be read', () => {
  let world: LifecycleWorld;
  afterEach(() => world.stop());

  /** Without an agent. */
  async function start(clockRate: number) {
    world = await LifecycleWorld.start({ clockRate });
    world.addPortal('main', { clock: world.clock });
    const { sandbox } = world;
    sandbox.aws.eks.cluster('payments-prod').addons.delete(ADDON);
    const cluster = sandbox.cluster('payments-prod');
    await cluster.delete('daemonsets', 'kube-system', ADDON);
    return cluster;
  }
  const associate = (emit?: (event: NewOperationEvent) => void) =>
    world.associate('payments-prod/payments/desk', {}, { emit });

  it('is ready with its pods', async () => {
    await start(100);
    const cluster = world.sandbox.cluster('payments-prod');
    let ready: unknown;
    const made = await associate(({ type, data }) => {
      if (type !== 'step' || data.id !== 'agent' || data.status !== 'done') {
        return;
      }
      const set = cluster.get('daemonsets', 'kube-system', ADDON)!;
      ready = set.status.numberReady === set.status.desiredNumberScheduled;
    });
    expect(made).toMatchObject({ warnings: [] });
    expect([lastOf(world, 'agent'), ready]).toEqual([
      'The agent is ready',
      true,
    ]);
  });

  it('is waited for a minute where its pods do not start', async () => {
    const cluster = await start(100);
    cluster.setImages([]);
    const says =
      'The agent add-on is ACTIVE, but not all its pods are ready. Pods on a node without a ready agent get no credentials. Look at the pods of the agent.';
    const from = world.clock.now();
    expect(await associate()).toMatchObject({ warnings: [says] });
    const said = world.steps().filter(({ id }) => id === 'agent');
    expect(said.map(({ message }) => message).slice(-2)).toEqual([
      'The agent add-on is ACTIVE, and its pods are starting',
      says,
    ]);
    expect(world.clock.now() - from).toBeGreaterThanOrEqual(60_000);
  });

  it('fails nothing where its pods cannot be read', async () => {
    await start(100);
    const { faults } = world.sandbox;
    const pattern = 'kubernetes:list daemonsets';
    await associate(({ type, data }) => {
      if (type !== 'step' || data.id !== 'agent') return;
      if (data.status === 'done') faults.clear();
      else if (data.status === 'started') {
        faults.add({ pattern, kind: 'server-error' });
      }
    });
    expect(lastOf(world, 'agent')).toBe('The agent add-on is ACTIVE');
  });
});
