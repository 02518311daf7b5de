import { parse } from 'yaml';
import type { LifecycleWorld } from '../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';

/** Clusters that the portal knows. */
const CLUSTERS = ['payments-prod', 'platform-auto', 'orders-legacy'];

/** The portal's settings; `probe` is that of every cluster. */
export const portalOf = (probe?: object) => ({
  clusters: CLUSTERS.map(name => ({ name, ...(probe ? { probe } : {}) })),
});

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

/** Takes back what fixes have set. */
export async function resetPortal(world: LifecycleWorld) {
  if (changed.delete(world)) await startAgain(world);
}
