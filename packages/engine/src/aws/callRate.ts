import type { Clock } from '../async/clock';

/** How many answers under pressure let the rate rise: those of ten seconds at the rate. */
const SECONDS_TO_RISE = 10;
const RISE = 1.1;
/** Where AWS throttled lately: part of that rate from which on it rises this slowly. */
const NEAR = 0.8;
const SLOW_RISE = 1.01;
const REMEMBERED_MS = 3_600_000;
/** Of the rate to begin with, what is left however often AWS throttles. */
const LEAST = 1 / 4;
/** Processes tell each other so often at most, but of a throttling at once. */
const SHARED_MS = 30_000;

/** What was learnt of the rate that AWS lets an account have. @public */
export interface LearntRate {
  /** Of all processes together. */
  perSecond: number;
  /** Epoch milliseconds. */
  at: number;
}

/** Where processes keep what they learnt, by account. @public */
export interface RateMemory {
  read(accountId: string): Promise<LearntRate | undefined>;
  write(accountId: string, learnt: LearntRate): Promise<void>;
}

export interface CallRateOptions {
  /** To begin with. */
  perSecond: number;
  /** It rises no further; default: it stays as it is. */
  most?: number;
  clock: Pick<Clock, 'now'>;
  /** Of this account, shared by so many processes. */
  memory?: {
    of: RateMemory;
    accountId: string;
    processes: number;
    failed(error: Error): void;
  };
  /** Hears of each throttling, with the rate from then on. */
  onThrottled?(perSecond: number): void;
}

/**
 * The sustained rate of calls. Nobody outside AWS knows how many an account has of IAM, and others use them, too: while
 * calls wait for the pace and AWS answers, it rises by a tenth every ten seconds, near the last throttling by a hundredth;
 * when AWS throttles, it is halved. What one process learns, the others take over.
 */
export class CallRate {
  readonly #options: CallRateOptions;
  readonly #least: number;
  #perSecond: number;
  #answers = 0;
  #changedAt = 0;
  #sharedAt = -Infinity;
  #askedAt = -Infinity;
  /** The last rate at which AWS throttled, and when. */
  #ceiling?: { perSecond: number; at: number };

  constructor(options: CallRateOptions) {
    this.#options = options;
    this.#perSecond = options.perSecond;
    this.#least = options.perSecond * LEAST;
    this.#ask();
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  /** AWS answered a call while others waited for the pace. */
  answered(): void {
    const { clock, most } = this.#options;
    if (most === undefined) return;
    this.#ask();
    this.#answers += 1;
    if (this.#answers < SECONDS_TO_RISE * this.#perSecond) return;
    const now = clock.now();
    const { perSecond = Infinity, at = 0 } = this.#ceiling ?? {};
    const isNear =
      now - at < REMEMBERED_MS && this.#perSecond >= NEAR * perSecond;
    const next = this.#perSecond * (isNear ? SLOW_RISE : RISE);
    this.#change(Math.min(most, next), now);
    if (now - this.#sharedAt >= SHARED_MS) this.#share();
  }

  /** AWS answered that it is too much. */
  throttled(): void {
    const { clock, most, onThrottled } = this.#options;
    if (most === undefined) return;
    const now = clock.now();
    this.#ceiling = { perSecond: this.#perSecond, at: now };
    this.#change(Math.max(this.#least, this.#perSecond / 2), now);
    this.#share();
    onThrottled?.(this.#perSecond);
  }

  #change(perSecond: number, now: number): void {
    this.#answers = 0;
    this.#perSecond = perSecond;
    this.#changedAt = now;
  }

  #share(): void {
    const { memory } = this.#options;
    this.#sharedAt = this.#changedAt;
    memory?.of
      .write(memory.accountId, {
        perSecond: this.#perSecond * memory.processes,
        at: this.#changedAt,
      })
      .catch(memory.failed);
  }

  /** Takes over what another process has learnt since. */
  #ask(): void {
    const { clock, memory, most } = this.#options;
    const now = clock.now();
    if (!memory || most === undefined || now - this.#askedAt < SHARED_MS)
      return;
    this.#askedAt = now;
    memory.of
      .read(memory.accountId)
      .then(found => {
        if (!found || found.at <= this.#changedAt) return;
        const perSecond = found.perSecond / memory.processes;
        // A fall is of a throttling
        if (perSecond < this.#perSecond) {
          this.#ceiling = { perSecond: this.#perSecond, at: found.at };
        }
        this.#change(
          Math.min(most, Math.max(this.#least, perSecond)),
          found.at,
        );
      })
      .catch(memory.failed);
  }
}
