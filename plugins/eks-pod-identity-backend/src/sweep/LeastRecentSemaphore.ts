import { Semaphore } from 'eks-pod-identity-engine/portal';

/** Counting semaphore that serves the least recently served id first. */
export class LeastRecentSemaphore {
  readonly #slots: Semaphore<string>;
  /** Ids in the order in which they were last served, the newest last. */
  readonly #served: string[] = [];

  constructor(slots: number) {
    this.#slots = new Semaphore<string>(
      slots,
      (a, b) => this.#served.indexOf(a) - this.#served.indexOf(b),
    );
  }

  /**
   * Waits for a slot; the answer frees it, once.
   *
   * @throws the signal's reason when aborted before
   */
  async take(id: string, signal: AbortSignal): Promise<() => void> {
    const leave = await this.#slots.take(signal, id);
    const place = this.#served.indexOf(id);
    if (place >= 0) this.#served.splice(place, 1);
    this.#served.push(id);
    return leave;
  }
}
