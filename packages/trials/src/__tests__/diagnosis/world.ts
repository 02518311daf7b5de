import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { identityFrom, type SandboxCore, Stage } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { parse } from 'yaml';
import { LifecycleWorld } from '../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import type { Expected } from './expected/expected';
import { settle } from './fixes';

/** Clusters that the portal knows. */
const CLUSTERS = ['payments-prod', 'platform-auto', 'orders-legacy'];
const AGENT = 'eks-pod-identity-agent';
/** Simulated seconds for each of the machine: waiting is not what is tried here. */
const RATE = 10;
/** Until AWS has spread what was set up, and a new pod counts as settled. */
const LATER_MS = 600_000;

/** The portal's settings; `probe` is that of every cluster. */
const portalOf = (probe?: object) => ({
  clusters: CLUSTERS.map(name => ({ name, ...(probe ? { probe } : {}) })),
});

/** A sandbox and a portal for the tests of a file, each of which begins by restoring it. */
export function useWorld(): () => LifecycleWorld {
  let world: LifecycleWorld;
  jest.setTimeout(10 * PATIENCE_MS);
  beforeAll(async () => {
    world = await LifecycleWorld.start({
      clusters: undefined,
      clockRate: RATE,
      portals: { main: portalOf() },
    });
  });
  afterAll(() => world?.stop());
  return () => world;
}

const changed = new WeakSet<LifecycleWorld>();

async function startAgain(world: LifecycleWorld, probe?: object) {
  await world.portal().clusters.close();
  world.addPortal('main', portalOf(probe));
}

/** Starts the portal with settings of the probe, as a fix prints them for app-config. */
export async function setProbe(world: LifecycleWorld, printed: string) {
  const probe = parse(printed)?.probe;
  if (!probe) throw new Error(`No setting of the probe is printed: ${printed}`);
  changed.add(world);
  await startAgain(world, probe);
}

export const later = ({ sandbox }: LifecycleWorld) =>
  sandbox.clock.advance(LATER_MS);

/** Pods of an owner that no controller here knows stay. */
async function endOrphans({ sandbox }: LifecycleWorld) {
  const { cluster, namespace } = identityFrom(undefined);
  const kube = sandbox.cluster(cluster);
  for (const { metadata } of kube.list('pods', namespace)) {
    const owners = metadata.ownerReferences ?? [];
    if (owners.some(({ kind }: { kind: string }) => kind === 'Rollout')) {
      await kube.delete('pods', namespace, metadata.name);
    }
  }
}

/** Everything as the demo has it, as long ago as the agents have been ready. */
export async function restore(world: LifecycleWorld, rate = RATE) {
  const { sandbox } = world;
  sandbox.clock.setRate(rate);
  if (changed.delete(world)) await startAgain(world);
  const clusters = sandbox.connections().map(({ name }) => name);
  for (const name of clusters) await sandbox.cluster(name).clearTrouble();
  await sandbox.reset();
  sandbox.aws.set({ associationsPerCluster: 5_000 });
  await endOrphans(world);
  for (const name of clusters) {
    if (!sandbox.aws.eks.cluster(name).addons.has(AGENT)) continue;
    await sandbox.cluster(name).agentReady();
  }
  // What the test before left is replaced.
  await settle(world, identityFrom(undefined));
  await later(world);
}

/** The usual identity of a cluster, to be changed. */
export function stageOf({ sandbox }: LifecycleWorld, cluster?: string): Stage {
  const { aws, credentials, clock, delays, faults } = sandbox;
  const core = { clock, delays, faults } as SandboxCore;
  return new Stage(
    { core, aws, credentials, cluster: ref => sandbox.cluster(ref) },
    identityFrom(undefined, cluster),
  );
}

export function verify(
  world: LifecycleWorld,
  ref: Stage['identity'],
  expected: Pick<Expected, 'probe' | 'permissions' | 'role' | 'entityRef'> & {
    elsewhere?: Stage['identity'][];
  } = {},
): Promise<VerificationReport> {
  const { elsewhere = [] } = expected;
  return world.portal().verification.verify(
    {
      ref,
      trigger: 'user',
      probe: expected.probe ?? 'pod',
      permissionChecks: expected.permissions ?? [],
      expectedRoleArn: expected.role,
      entityRef: expected.entityRef,
      timeoutSeconds: 300,
    },
    { ...world.context(), elsewhere: async () => elsewhere },
  );
}
