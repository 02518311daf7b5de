import { type Clock, systemClock } from '../clock';

/** A sleep that is as long is no pause but the limit of a request. */
const LIMIT_MS = 20_000;

/**
 * The time of day, on which pauses take next to no time, and a second of a limit is one turn of this process: a machine
 * that stands still, or is slow, does not bring it nearer.
 */
export class HurriedClock implements Clock {
  /** Limits that ran out one after the other; those that ran out beside each other are one. */
  ranOut = 0;
  #lastAt = -Infinity;

  now(): number {
    return systemClock.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < LIMIT_MS) {
      await systemClock.sleep(ms / 500, signal);
      return;
    }
    const began = performance.now();
    for (let left = ms; left > 0; left -= 1_000) {
      await systemClock.sleep(10, signal);
    }
    if (began < this.#lastAt) return;
    this.ranOut += 1;
    this.#lastAt = performance.now();
  }
}
