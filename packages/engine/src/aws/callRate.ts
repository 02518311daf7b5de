import type { Clock } from '../async/clock';

/** How many answers under pressure let the rate rise: those of ten seconds at the rate. */
const SECONDS_TO_RISE = 10;
const RISE = 1.1;
/** Above this part of what AWS throttled lately, it rises slowly. */
const NEAR = 0.8;
const SLOW_RISE = 1.01;
const REMEMBERED_MS = 3_600_000;
/** Throttlings so soon after the first say what it said: others have used up what there is. */
const SAME_MS = 60_000;
/** Of the rate to begin with, and of the burst, what is left however often AWS throttles. */
const LEAST_RATE = 1 / 4;
const LEAST_BURST = 1 / 32;
/** Processes write and read so often at most, but write a throttling at once. */
const SHARED_MS = 30_000;

/** What was learnt of the calls that AWS lets an account make. @public */
export interface LearntRate {
  /** Of all processes together. */
  perSecond: number;
  /** When the rate was learnt; epoch milliseconds. */
  at: number;
  /** Calls at once, of all processes together. Older processes do not know it. */
  burst?: number;
  /** When that was learnt; epoch milliseconds. */
  burstAt?: number;
}

/** Where processes keep what they learnt, by account. @public */
export interface RateMemory {
  read(accountId: string): Promise<LearntRate | undefined>;
  write(accountId: string, learnt: LearntRate): Promise<void>;
}

export interface CallRateOptions {
  /** To begin with. */
  perSecond: number;
  /** It rises no further; default: rate and burst stay as they are. */
  most?: number;
  clock: Pick<Clock, 'now'>;
  /** Of this account, shared by so many processes. */
  memory?: {
    of: RateMemory;
    accountId: string;
    processes: number;
    /** The most calls at once, of all processes together. */
    burst: number;
    failed(error: Error): void;
  };
  /** Hears of each throttling, with the rate and the part of the burst from then on. */
  onThrottled?(perSecond: number, burst: number): void;
}

interface Found {
  value: number;
  at: number;
}

const isKnown = (found: Partial<Found>): found is Found =>
  Number.isFinite(found.value) && found.value! > 0 && Number.isFinite(found.at);

/** A limit that is found by trying, within bounds. */
class Learnt {
  value: number;
  at = 0;
  readonly #least: number;
  readonly #most: number;
  /** At what AWS throttled, and when. */
  #ceiling = { value: Infinity, at: -Infinity };

  constructor(value: number, least: number, most: number) {
    this.value = value;
    this.#least = least;
    this.#most = most;
  }

  get isLeast(): boolean {
    return this.value <= this.#least;
  }

  rise(now: number): void {
    const { at, value } = this.#ceiling;
    const isNear = now - at < REMEMBERED_MS && this.value >= NEAR * value;
    this.#set(this.value * (isNear ? SLOW_RISE : RISE), now);
  }

  /** @param tooMuch - what AWS throttled at, where that is less */
  fall(now: number, tooMuch = Infinity): void {
    const value = Math.min(this.value, tooMuch);
    if (now - this.#ceiling.at >= SAME_MS) this.#ceiling = { value, at: now };
    this.#set(value / 2, now);
  }

  /** What another process has learnt, if that is later; what is no positive number is as good as nothing. */
  takeOver(found: Partial<Found>, now: number): void {
    if (!isKnown(found) || found.at <= this.at) return;
    const was = this.value;
    this.#set(found.value, Math.min(found.at, now));
    // A fall is of a throttling, which halved it
    if (this.value < was) {
      const value = Math.min(was, 2 * this.value);
      this.#ceiling = { value, at: this.at };
    }
  }

  /** After a fall: what another process has learnt holds where that is less. */
  keepLess(found: Partial<Found>): void {
    if (isKnown(found)) this.#set(Math.min(this.value, found.value), this.at);
  }

  #set(value: number, at: number): void {
    this.value = Math.min(this.#most, Math.max(this.#least, value));
    this.at = at;
  }
}

/**
 * The sustained rate of calls, and the part of the burst that goes out at once. Only AWS knows how many calls an account has
 * of IAM, and others use them, too, so both are tried:
 *
 * - The rate rises by a tenth when AWS has answered ten seconds' worth of calls that had to wait for it.
 * - The burst rises by a tenth when AWS has let a caller's whole part of it through, and that caller had to wait for more.
 * - When AWS throttles, one of them is halved: the burst where that had just gone out, else the rate.
 *
 * Near the last throttling they rise by a hundredth, for an hour. What one process learns, the others take over.
 */
export class CallRate {
  readonly #options: CallRateOptions;
  readonly #rate: Learnt;
  readonly #burst = new Learnt(1, LEAST_BURST, 1);
  #answers = 0;
  #sharedAt = -Infinity;
  #askedAt = -Infinity;

  constructor(options: CallRateOptions) {
    const { perSecond, most = perSecond } = options;
    this.#options = options;
    this.#rate = new Learnt(perSecond, perSecond * LEAST_RATE, most);
    this.#ask();
  }

  get perSecond(): number {
    return this.#rate.value;
  }

  /** Part of the burst, at most 1. */
  get burst(): number {
    return this.#burst.value;
  }

  /** AWS has throttled, and the rate has not come back since to what it began with. */
  get isLow(): boolean {
    return this.perSecond < this.#options.perSecond;
  }

  get #isFixed(): boolean {
    return this.#options.most === undefined;
  }

  /**
   * AWS answered a call.
   *
   * @param isPressed - a call had to wait for the rate since the last answer
   */
  answered(isPressed: boolean): void {
    if (this.#isFixed) return;
    this.#ask();
    if (!isPressed) return;
    this.#answers += 1;
    if (this.#answers < SECONDS_TO_RISE * this.perSecond) return;
    this.#answers = 0;
    this.#rise(this.#rate);
  }

  /** AWS let a caller's whole part of the burst through, and more would have been used. */
  letBurstThrough(): void {
    if (!this.#isFixed) this.#rise(this.#burst);
  }

  /**
   * AWS answered that it is too much.
   *
   * @param burst - the part of it that had gone out at once, where that was too much rather than the rate
   */
  throttled(burst?: number): void {
    if (this.#isFixed) return;
    const isOfBurst = burst !== undefined && !this.#burst.isLeast;
    const fell = isOfBurst ? this.#burst : this.#rate;
    fell.fall(this.#options.clock.now(), isOfBurst ? burst : undefined);
    this.#answers = 0;
    this.#share(fell);
    this.#options.onThrottled?.(this.perSecond, this.burst);
  }

  #rise(what: Learnt): void {
    const now = this.#options.clock.now();
    what.rise(now);
    if (now - this.#sharedAt >= SHARED_MS) this.#share();
  }

  #ask(): void {
    const { clock, memory } = this.#options;
    if (this.#isFixed || clock.now() - this.#askedAt < SHARED_MS) return;
    this.#read().catch(error => memory?.failed(error));
  }

  /** Takes over what other processes have learnt since; of what AWS has just throttled, only what is less. */
  async #read(fell?: Learnt): Promise<void> {
    const { clock, memory } = this.#options;
    this.#askedAt = clock.now();
    const found = await memory?.of.read(memory.accountId);
    if (!memory || !found) return;
    const { at, burst = NaN, burstAt, perSecond } = found;
    const all: [Learnt, Partial<Found>][] = [
      [this.#rate, { value: perSecond / memory.processes, at }],
      [this.#burst, { value: burst / memory.burst, at: burstAt }],
    ];
    for (const [what, learnt] of all) {
      if (what === fell) what.keepLess(learnt);
      else what.takeOver(learnt, clock.now());
    }
  }

  /** Writes the later of each: that of another process, or one's own. */
  #share(fell?: Learnt): void {
    const { clock, memory } = this.#options;
    if (!memory) return;
    this.#sharedAt = clock.now();
    this.#read(fell)
      // What cannot be read is overwritten
      .catch(memory.failed)
      .then(() =>
        memory.of.write(memory.accountId, {
          perSecond: this.perSecond * memory.processes,
          at: this.#rate.at,
          burst: this.burst * memory.burst,
          burstAt: this.#burst.at,
        }),
      )
      .catch(memory.failed);
  }
}
