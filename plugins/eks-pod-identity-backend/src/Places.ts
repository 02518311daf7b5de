/** Lets so many in at a time, in the order they came or as `compare` says. Whoever waits may give up. */
export class Places<Who = void> {
  readonly #limit: number;
  readonly #compare: (a: Who, b: Who) => number;
  #taken = 0;
  readonly #waiting = new Set<{ who: Who; enter(): void }>();

  constructor(limit: number, compare: (a: Who, b: Who) => number = () => 0) {
    this.#limit = limit;
    this.#compare = compare;
  }

  /** True when the next one has to wait. */
  get full(): boolean {
    return this.#taken >= this.#limit;
  }

  /** True when nobody is in. */
  get empty(): boolean {
    return this.#taken === 0;
  }

  /**
   * Waits for a place; what it answers gives it back, once.
   *
   * @throws the signal's reason when aborted before
   */
  async take(signal: AbortSignal, who: Who): Promise<() => void> {
    signal.throwIfAborted();
    if (this.full) await this.#handedOver(signal, who);
    else this.#taken += 1;
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      this.#leave();
    };
  }

  /** A place is handed from one to the next, so that nobody slips in between. */
  #handedOver(signal: AbortSignal, who: Who): Promise<void> {
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
