import { Semaphore } from 'eks-pod-identity-engine';

/** So many at once; of those that wait, whoever has not had a turn for the longest is next. */
export class LeastRecentSemaphore {
  readonly #places: Semaphore<string>;
  /** Ids in the order of their last turns, the newest last. */
  readonly #served: string[] = [];

  constructor(slots: number) {
    this.#places = new Semaphore<string>(
      slots,
      (a, b) => this.#served.indexOf(a) - this.#served.indexOf(b),
    );
  }

  /**
   * Waits for a turn; what it answers ends it, once.
   *
   * @throws the signal's reason when aborted before
   */
  async take(id: string, signal: AbortSignal): Promise<() => void> {
    const leave = await this.#places.take(signal, id);
    const place = this.#served.indexOf(id);
    if (place >= 0) this.#served.splice(place, 1);
    this.#served.push(id);
    return leave;
  }
}
