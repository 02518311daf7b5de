import type { Clock } from './clock';

/** One for all: `abort` without a reason makes an exception with a stack, which took 7 % of a look of a sweep. */
const STOPPED = new Error('The clock was stopped');

/** A signal that aborts when the time runs out or the other signal aborts. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #own = new AbortController();
  #running?: AbortController;

  constructor(clock: Clock, other?: AbortSignal) {
    this.#clock = clock;
    this.signal = other
      ? AbortSignal.any([other, this.#own.signal])
      : this.#own.signal;
  }

  /** True once the time ran out; false when only the other signal aborted. */
  get passed(): boolean {
    return this.#own.signal.aborted;
  }

  /** Restarts the deadline, `ms` from now. */
  start(ms: number): this {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    const seconds = Math.round(ms / 100) / 10;
    this.#clock.sleep(Math.max(0, ms), running.signal).then(
      () => {
        // Skipped when the deadline was restarted just as it passed.
        if (this.#running !== running) return;
        this.#own.abort(new Error(`The deadline of ${seconds} s has passed`));
      },
      () => undefined,
    );
    return this;
  }

  /** Stops the clock; call it when the work is done. */
  cancel(): void {
    this.#running?.abort(STOPPED);
    this.#running = undefined;
  }

  /** Stops the clock and aborts all work that still listens to the signal. */
  end(): void {
    this.cancel();
    this.#own.abort();
  }
}
