import type { World } from '../state/world';

/** A bucket that refills with time. */
interface Bucket {
  tokens: number;
  simulated: number;
  wall: number;
}

/**
 * The rate of lookups per account and region. Time is the simulated clock's; while that is stopped, the wall clock's, so
 * that a waiting client gets its turn.
 */
export class LookupThrottle {
  readonly #buckets = new Map<string, Bucket>();

  /** Whether one more lookup is within the rate. */
  take(world: World, place: string): boolean {
    const rate = world.settings.lookupsPerSecond;
    const now = { simulated: world.now(), wall: Date.now() };
    const known = this.#buckets.get(place);
    const passed = known
      ? now.simulated -
        known.simulated +
        (world.core.clock.rate === 0 ? now.wall - known.wall : 0)
      : Infinity;
    const tokens = Math.min(
      rate,
      (known?.tokens ?? rate) + (Math.max(passed, 0) * rate) / 1000,
    );
    const granted = tokens >= 1;
    this.#buckets.set(place, { ...now, tokens: granted ? tokens - 1 : tokens });
    return granted;
  }
}
