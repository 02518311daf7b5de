import type { Clock } from '../async/clock';

/**
 * Lets through so many calls a second, in the order they came, with a burst of one second's worth.
 *
 * When a service throttles, everybody who shares the bucket slows down together: `backOff` holds all calls
 * back for a growing, jittered while; `recovered` forgets that.
 */
export class TokenBucket {
  readonly #burst: number;
  #tokens: number;
  #updatedAt: number;
  #heldUntil = 0;
  #strikes = 0;
  #tail: Promise<void> = Promise.resolve();

  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(perSecond: number, clock: Clock, random = Math.random) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#random = random;
    this.#burst = Math.max(1, perSecond);
    this.#tokens = this.#burst;
    this.#updatedAt = clock.now();
  }

  /** Resolves when the next call may go out; rejects with the signal's reason when aborted before. */
  async take(signal?: AbortSignal): Promise<void> {
    const previous = this.#tail;
    let release = () => {};
    this.#tail = new Promise(resolve => {
      release = resolve;
    });
    try {
      await previous;
      await this.#waitForToken(signal);
      this.#tokens -= 1;
    } finally {
      release();
    }
  }

  /** The service answered that it is too much. */
  backOff(): void {
    this.#strikes = Math.min(this.#strikes + 1, 5);
    const base = 250 * 2 ** this.#strikes;
    this.#heldUntil = Math.max(
      this.#heldUntil,
      this.#clock.now() + base * (0.5 + this.#random() / 2),
    );
  }

  /** The service answered as usual. */
  recovered(): void {
    this.#strikes = 0;
  }

  async #waitForToken(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const now = this.#clock.now();
      this.#tokens = Math.min(
        this.#burst,
        this.#tokens +
          (Math.max(0, now - this.#updatedAt) / 1000) * this.#perSecond,
      );
      this.#updatedAt = now;
      const wait = Math.max(
        this.#heldUntil - now,
        // A hair more than the exact share, so that rounding never asks for a wait of nothing.
        this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1000,
      );
      if (wait <= 0) return;
      await this.#clock.sleep(Math.ceil(wait), signal);
    }
  }
}
