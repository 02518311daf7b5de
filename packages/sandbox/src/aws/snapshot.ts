import { scheduleTransition } from './eks/addonLife';
import { AwsState } from './state/types';
import { World } from './state/world';

/** A deep copy of the AWS side's state. */
export function snapshotAws(world: World): AwsState {
  return structuredClone(world.state);
}

/**
 * Puts a copy back. Time does not go back with it, and temporary credentials that were handed out since stay good, so that
 * a portal which is running keeps the sessions of roles that were there all along.
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
