/**
 * Counting semaphore. Waiters are served first in, first out, or by `compare`; an aborted signal ends the wait.
 *
 * @public
 */
export class Semaphore<Who = void> {
  readonly #limit: number;
  readonly #compare: (a: Who, b: Who) => number;
  #taken = 0;
  readonly #waiting = new Set<{ who: Who; enter(): void }>();

  constructor(limit: number, compare: (a: Who, b: Who) => number = () => 0) {
    this.#limit = limit;
    this.#compare = compare;
  }

  /** True when the next caller has to wait. */
  get full(): boolean {
    return this.#taken >= this.#limit;
  }

  /** True when no slot is taken. */
  get empty(): boolean {
    return this.#taken === 0;
  }

  /**
   * Waits for a slot. The returned function releases it; calling it again does nothing.
   *
   * @throws the signal's reason when aborted before
   */
  async take(signal: AbortSignal, who: Who): Promise<() => void> {
    signal.throwIfAborted();
    if (this.full) await this.#waitForSlot(signal, who);
    else this.#taken += 1;
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      this.#leave();
    };
  }

  /** A slot passes straight to the next waiter, so that no newcomer slips in between. */
  #waitForSlot(signal: AbortSignal, who: Who): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { who, enter: () => {} };
      const onAbort = () => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      };
      waiter.enter = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #leave() {
    const [next] = [...this.#waiting].sort((a, b) =>
      this.#compare(a.who, b.who),
    );
    if (next) {
      this.#waiting.delete(next);
      next.enter();
    } else {
      this.#taken -= 1;
    }
  }
}
