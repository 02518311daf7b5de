import { ManualClock } from '../../../../engine/src/async/ManualClock';

/** Turns of the event loop in which nothing must happen before time moves on; the database needs some. */
const QUIET_TURNS = 10;

/**
 * The portal's clock, which the sandbox's follows. It moves to the next moment for which the portal waits, and only
 * while no lookup is under way: AWS answers at once.
 */
export class LookupClock extends ManualClock {
  readonly #due = new Set<{ at: number }>();
  /** Lookups that wait for an answer. */
  underWay = 0;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const due = { at: this.now() + ms };
    this.#due.add(due);
    return super.sleep(ms, signal).finally(() => this.#due.delete(due));
  }

  /**
   * Moves on until the work has ended.
   *
   * @param follow - moves the sandbox's clock by so many milliseconds
   * @param each - called at every moment
   */
  async runUntil(
    work: Promise<unknown>,
    follow: (ms: number) => Promise<unknown>,
    each: () => void,
  ): Promise<void> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    work.then(end, end);
    let quiet = 0;
    while (!isOver) {
      await new Promise(resolve => setImmediate(resolve));
      quiet = this.underWay > 0 || this.#due.size === 0 ? 0 : quiet + 1;
      if (quiet < QUIET_TURNS) continue;
      quiet = 0;
      each();
      const next = Math.min(...[...this.#due].map(({ at }) => at));
      const ms = Math.max(0, next - this.now());
      await follow(ms);
      await this.advance(ms);
    }
    await work;
  }
}
