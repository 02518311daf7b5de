import type { SimulatedClock, TokenRate } from './contract';

/**
 * A bucket of tokens that refills with time. Time is the simulated clock's; while that is stopped, the wall clock's, so
 * that a waiting client gets its turn.
 */
export class TokenBucket {
  readonly #clock: Pick<SimulatedClock, 'now' | 'rate'>;
  #tokens = Infinity;
  #seen = { simulated: 0, wall: 0 };

  constructor(clock: Pick<SimulatedClock, 'now' | 'rate'>) {
    this.#clock = clock;
  }

  /** Whether one more call is within the rate. */
  take({ perSecond, burst }: TokenRate): boolean {
    const now = { simulated: this.#clock.now(), wall: Date.now() };
    const passed =
      now.simulated -
      this.#seen.simulated +
      (this.#clock.rate === 0 ? now.wall - this.#seen.wall : 0);
    this.#seen = now;
    const refilled = (Math.max(passed, 0) * perSecond) / 1000;
    this.#tokens = Math.min(burst, this.#tokens + refilled);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
