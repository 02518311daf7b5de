import { scheduleTransition } from './eks/addonLife';
import { TrailEvent } from './state/trail';
import { AwsState } from './state/types';
import { World } from './state/world';

/** The AWS side at a moment. */
export interface AwsSnapshot {
  state: AwsState;
  events: TrailEvent[];
}

/** A deep copy of the AWS side's state. */
export function snapshotAws(world: World): AwsSnapshot {
  return {
    state: structuredClone(world.state),
    events: world.trail.snapshot(),
  };
}

/**
 * Restores a copy. The clock keeps its time, and temporary credentials issued since stay valid, so that a running
 * portal keeps its sessions of roles that still exist.
 */
export function restoreAws(world: World, snapshot: AwsSnapshot): void {
  const { sessions } = world.state;
  world.state = structuredClone(snapshot.state);
  world.trail.restore(snapshot.events);
  for (const [key, session] of sessions) {
    world.state.sessions.set(key, session);
  }
  for (const cluster of world.clusters()) {
    for (const addon of cluster.addons.values()) {
      scheduleTransition(world, cluster, addon);
    }
  }
}
