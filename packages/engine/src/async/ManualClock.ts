import type { Clock } from './clock';

/**
 * A clock for tests that stands still until the test advances it. Sleepers wake in order of their due time; the
 * promises that each one resolves settle before the next one wakes.
 *
 * @public
 */
export class ManualClock implements Clock {
  #sleepers: Array<{ at: number; wake: () => void }> = [];

  #time: number;

  constructor(time = Date.parse('2026-01-01T00:00:00Z')) {
    this.#time = time;
  }

  now(): number {
    return this.#time;
  }

  /** Number of sleepers waiting now. */
  get waiting(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { at: this.#time + ms, wake: () => {} };
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter(other => other !== sleeper);
        reject(signal!.reason);
      };
      sleeper.wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time forward and wakes each sleeper that becomes due. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    for (;;) {
      await settle();
      const [next] = this.#sleepers
        .filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#sleepers = this.#sleepers.filter(other => other !== next);
      this.#time = Math.max(this.#time, next.at);
      next.wake();
    }
    this.#time = end;
    await settle();
  }

  /** Wakes one sleeper after the other until none is left, for at most `limitMs` of this clock's time. */
  async runToEnd(limitMs = 24 * 3_600_000): Promise<void> {
    const end = this.#time + limitMs;
    for (;;) {
      await settle();
      const [next] = [...this.#sleepers].sort((a, b) => a.at - b.at);
      if (!next || next.at > end) return;
      await this.advance(next.at - this.#time);
    }
  }
}

/** Lets all pending promise callbacks run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
