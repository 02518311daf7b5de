import type { Clock } from './clock';

/** A signal that aborts when time runs out, and whenever the other signal does. */
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

  /** Sets the time that is left, milliseconds from now. */
  start(ms: number): this {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    const seconds = Math.round(ms / 100) / 10;
    this.#clock.sleep(Math.max(0, ms), running.signal).then(
      () => {
        // Not where it was set anew in the very moment it ran out.
        if (this.#running !== running) return;
        this.#own.abort(new Error(`The deadline of ${seconds} s has passed`));
      },
      () => undefined,
    );
    return this;
  }

  /** Stops the clock; call it when the work is done. */
  cancel(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  /** Stops the clock and ends whatever still listens to the signal. */
  end(): void {
    this.cancel();
    this.#own.abort();
  }
}
