import type { Initiator } from '../permissions/caller';
import { TooManyRequestsError } from './TooManyRequestsError';

/** Counts what each caller has under way in this process, so that none takes it all. */
export class CallerLimiter {
  readonly #limit: number;
  readonly #refusal: string;
  readonly #underWay = new Map<string, number>();

  constructor(options: { limit: number; refusal: string }) {
    this.#limit = options.limit;
    this.#refusal = options.refusal;
  }

  /**
   * Counts one more; what it answers ends the counting, once.
   *
   * @throws TooManyRequestsError with the refusal
   */
  enter(caller: Initiator): () => void {
    const key = `${caller.type} ${caller.name}`;
    const before = this.#underWay.get(key) ?? 0;
    if (before >= this.#limit) throw new TooManyRequestsError(this.#refusal);
    this.#underWay.set(key, before + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = this.#underWay.get(key)! - 1;
      if (left > 0) this.#underWay.set(key, left);
      else this.#underWay.delete(key);
    };
  }
}
