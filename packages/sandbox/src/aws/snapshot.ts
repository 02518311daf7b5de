import { scheduleTransition } from './eks/addonLife';
import { AwsState } from './state/types';
import { World } from './state/world';

/** A deep copy of the AWS side's state. */
export function snapshotAws(world: World): AwsState {
  return structuredClone(world.state);
}

/**
 * Restores a copy. The clock keeps its time, and temporary credentials issued since stay valid, so that a running
 * portal keeps its sessions of roles that still exist.
 */
export function restoreAws(world: World, snapshot: AwsState): void {
  const { sessions } = world.state;
  world.state = structuredClone(snapshot);
  for (const [key, session] of sessions) {
    world.state.sessions.set(key, session);
  }
  for (const cluster of world.clusters()) {
    for (const addon of cluster.addons.values()) {
      scheduleTransition(world, cluster, addon);
    }
  }
}
