import { type Clock, systemClock } from 'eks-pod-identity-engine';
import { until } from 'eks-sandbox/patience';

/** The real clock, which can be set forward. */
export class ShiftedClock implements Clock {
  shift = 0;
  readonly #sleepers = new Set<{ leftMs: number; wake(): void }>();

  now() {
    return systemClock.now() + this.shift;
  }

  /** Not shortened by a shift, only by `hurry`. */
  async sleep(ms: number, signal?: AbortSignal) {
    const woken = new AbortController();
    const sleeper = { leftMs: ms, wake: () => woken.abort() };
    this.#sleepers.add(sleeper);
    try {
      const either = [woken.signal, ...(signal ? [signal] : [])];
      await systemClock.sleep(ms, AbortSignal.any(either));
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      this.#sleepers.delete(sleeper);
    }
  }

  /** Lets `ms` pass in steps, one at each look, for sleepers too; it stops when the work has ended. */
  async hurry<T>(work: Promise<T>, ms: number, step = 1_000): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    const most = this.shift + ms;
    await until(() => {
      if (ended || this.shift >= most) return true;
      this.shift += step;
      for (const sleeper of this.#sleepers) {
        sleeper.leftMs -= step;
        if (sleeper.leftMs <= 0) sleeper.wake();
      }
      return false;
    });
    return work;
  }
}
