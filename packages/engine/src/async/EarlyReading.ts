import type { Clock } from './clock';

/** How old a reading may be when it is used, counted from its start. */
const FRESH_MS = 1_000;

/**
 * A reading that may begin before it is due, beside other work. It is repeated when it is no longer recent by then.
 */
export class EarlyReading<T> {
  readonly #clock: Clock;
  readonly #read: () => Promise<T>;
  #begun?: { at: number; answer: Promise<T> };

  constructor(clock: Clock, read: () => Promise<T>) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Begins to read; a failure is that of `get`. */
  begin(): void {
    if (this.#begun) return;
    const answer = this.#read();
    answer.catch(() => undefined);
    this.#begun = { at: this.#clock.now(), answer };
  }

  /** What was read at most a second ago. */
  get(): Promise<T> {
    const begun = this.#begun;
    return begun && this.#clock.now() - begun.at <= FRESH_MS
      ? begun.answer
      : this.#read();
  }
}
