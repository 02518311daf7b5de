import type { Clock } from '../async/clock';
import { CallRate } from './callRate';
import { currentCaller } from './caller';

/** Of the sustained rate, what the schedule lane gets however many people wait. */
const SCHEDULE_SHARE = 1 / 5;
/** Of the burst, what one caller gets at once; the rest is there for another one. */
const CALLER_SHARE = 2 / 3;
/** Of the burst, what has to have gone out at once before AWS's throttling says anything about it; two calls at least. */
const BURST_TO_BLAME = 1 / 3;

export interface TokenBucketOptions {
  /** Sustained rate, or what changes it. */
  perSecond: number | CallRate;
  /** Calls that go out at once after a pause. */
  burst: number;
  /** A throttled account is left alone for this long, then twice as long each time; default 250. */
  backOffMs?: number;
  clock: Clock;
  random?: () => number;
}

/** The call that goes out next in its lane, and when. */
interface Candidate {
  waitMs: number;
  serve(): void;
}

/** Calls since the bucket last held at least `level` tokens. Those above a full burst do not count: they are for sweeps. */
interface Drain {
  /** Epoch milliseconds. */
  since: number;
  level: number;
  /** Without the first one. */
  calls: number;
  /** A person got a whole burst at once and had to wait for more. */
  isBurst: boolean;
}

/** Waiting calls of several callers. */
class Turns {
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Set<() => void>>();

  callers(): Iterable<string> {
    return this.#waiting.keys();
  }

  add(caller: string, go: () => void): void {
    const calls = this.#waiting.get(caller);
    if (calls) calls.add(go);
    else this.#waiting.set(caller, new Set([go]));
  }

  remove(caller: string, go: () => void): void {
    const calls = this.#waiting.get(caller);
    calls?.delete(go);
    if (calls?.size === 0) this.#waiting.delete(caller);
  }

  /** Lets the caller's oldest call go; its next one comes after those of the others. */
  serve(caller: string): void {
    const calls = this.#waiting.get(caller);
    if (!calls) return;
    const [go] = calls;
    calls.delete(go);
    this.#waiting.delete(caller);
    if (calls.size > 0) this.#waiting.set(caller, calls);
    go();
  }
}

/**
 * Limits calls to a burst and a sustained rate. Who makes a call (`callingFor`) decides how it waits:
 *
 * - The callers of a lane are served in turn, one call each. A flood of one delays another's call by one turn.
 * - The person lane has the burst. One caller alone gets two thirds of it, then four fifths of the sustained rate.
 * - The schedule lane never takes from the burst: it gets what a full bucket has no room for, which is the whole
 *   sustained rate while no person calls, and always a fifth of it.
 *
 * When a service throttles, all lanes slow down together: `backOff` takes the burst away and holds all calls back for a
 * growing, jittered while; `recovered` ends the growing.
 */
export class TokenBucket {
  readonly #rate: CallRate;
  readonly #fullBurst: number;
  readonly #backOffMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting = { person: new Turns(), schedule: new Turns() };
  /** Calls that a person has made beyond the sustained rate. */
  readonly #ahead = new Map<string, number>();
  #tokens: number;
  #updatedAt: number;
  /** When the schedule lane's own share allows its next call. */
  #shareDueAt = 0;
  #heldUntil = 0;
  #strikes = 0;
  /** Undefined before the first call, also after a throttling. */
  #drain: Drain | undefined;
  /** Calls since one found a full bucket and no person ahead, and did not have to wait. */
  #sinceIdle = 0;
  /** A call that had to wait for the rate went out since the last answer. */
  #isPressed = false;
  #alarm = new AbortController();

  constructor(options: TokenBucketOptions) {
    const { perSecond, clock } = options;
    this.#rate =
      typeof perSecond === 'number'
        ? new CallRate({ perSecond, clock })
        : perSecond;
    this.#fullBurst = Math.max(1, options.burst);
    this.#backOffMs = options.backOffMs ?? 250;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#tokens = this.#capacity;
    this.#updatedAt = options.clock.now();
  }

  get #perSecond() {
    return this.#rate.perSecond;
  }

  get #burst() {
    return Math.max(1, this.#fullBurst * this.#rate.burst);
  }

  get #perSecondOfPeople() {
    return this.#perSecond * (1 - SCHEDULE_SHARE);
  }

  /** What one caller gets at once. */
  get #allowance() {
    return Math.max(1, this.#burst * CALLER_SHARE);
  }

  /** Room above the burst for the schedule lane, enough for timers that are 100 ms late. */
  get #capacity() {
    return this.#burst + 1 + this.#perSecond / 10;
  }

  /** Resolves when the next call may go out; rejects with the signal's reason when aborted before. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { lane, key } = currentCaller();
    const turns = this.#waiting[lane];
    await new Promise<void>((resolve, reject) => {
      const stop = new AbortController();
      const go = () => {
        stop.abort();
        resolve();
      };
      turns.add(key, go);
      signal?.addEventListener(
        'abort',
        () => {
          turns.remove(key, go);
          reject(signal.reason);
          this.#serve();
        },
        { once: true, signal: stop.signal },
      );
      this.#serve();
    });
  }

  /** The service answered that it is too much. */
  backOff(): void {
    const now = this.#clock.now();
    // The answer to a call from before this pause says nothing new.
    if (now < this.#heldUntil) return;
    this.#rate.throttled(this.#burstToBlame());
    this.#drain = undefined;
    this.#refill();
    this.#tokens = Math.min(this.#tokens, 1);
    this.#strikes = Math.min(this.#strikes + 1, 5);
    const base = this.#backOffMs * 2 ** this.#strikes;
    this.#heldUntil = now + base * (0.5 + this.#random() / 2);
  }

  /** The part of the burst that has gone out, where that was at once. */
  #burstToBlame(): number | undefined {
    const { calls = 0 } = this.#drain ?? {};
    const isBurst =
      this.#burst > 1 &&
      calls >= Math.max(2, this.#burst * BURST_TO_BLAME) &&
      this.#isAtOnce(calls);
    return isBurst ? calls / this.#fullBurst : undefined;
  }

  /** Whether most of so many calls are of the burst: more than twice what came back meanwhile. */
  #isAtOnce(calls: number): boolean {
    if (!this.#drain) return false;
    const seconds = (this.#clock.now() - this.#drain.since) / 1000;
    return calls > 2 * seconds * this.#perSecond;
  }

  /** The service answered as usual. */
  recovered(): void {
    if (this.#clock.now() < this.#heldUntil) return;
    this.#strikes = 0;
    this.#rate.answered(this.#isPressed);
    this.#isPressed = false;
  }

  /** Releases every call that may go out now, and schedules itself for the next, which has waited then. */
  #serve(hasWaited = false): void {
    this.#alarm.abort();
    for (let waited = hasWaited; ; waited = false) {
      this.#refill();
      const ofPeople = this.#nextOfPeople();
      const next = [this.#nextScheduled(), ofPeople]
        .filter(candidate => candidate !== undefined)
        .sort((a, b) => a.waitMs - b.waitMs)[0];
      if (!next) return;
      if (ofPeople && ofPeople.waitMs > 0) this.#judgeDrain();
      const waitMs = Math.max(next.waitMs, this.#heldUntil - this.#updatedAt);
      if (waitMs > 0) {
        this.#alarm = new AbortController();
        this.#clock.sleep(Math.ceil(waitMs), this.#alarm.signal).then(
          () => this.#serve(next.waitMs > 0),
          () => undefined,
        );
        return;
      }
      this.#count(waited, next !== ofPeople);
      this.#tokens -= 1;
      next.serve();
    }
  }

  /** A person has to wait: was that after a whole burst? */
  #judgeDrain(): void {
    const { calls = 0 } = this.#drain ?? {};
    if (calls + 1 >= Math.floor(this.#allowance) && this.#isAtOnce(calls + 1)) {
      this.#drain!.isBurst = true;
    }
  }

  /** A call goes out. */
  #count(hasWaited: boolean, isOfSweep: boolean): void {
    const full = this.#burst + 1;
    const level = this.#tokens;
    if (this.#drain && level < Math.min(this.#drain.level, full)) {
      this.#drain.calls += 1;
    } else {
      if (this.#drain?.isBurst) this.#rate.letBurstThrough();
      this.#drain = { since: this.#updatedAt, level, calls: 0, isBurst: false };
    }
    const isIdle = level >= full && this.#ahead.size === 0;
    if (isIdle && !hasWaited) this.#sinceIdle = 0;
    this.#sinceIdle += 1;
    // After a pause, a caller's part of the whole burst would have let so many through: they did not wait for the rate.
    // Yet a rate that fell has to come back, though no operation makes more calls.
    const ofBurst = this.#fullBurst * CALLER_SHARE;
    this.#isPressed ||=
      hasWaited && (isOfSweep || this.#rate.isLow || this.#sinceIdle > ofBurst);
  }

  #nextScheduled(): Candidate | undefined {
    const turns = this.#waiting.schedule;
    const [caller] = turns.callers();
    if (caller === undefined) return undefined;
    return {
      waitMs: Math.min(
        this.#msUntil(this.#burst + 1),
        Math.max(this.#msUntil(1), this.#shareDueAt - this.#updatedAt, 0),
      ),
      serve: () => {
        this.#shareDueAt =
          this.#updatedAt + 1000 / (this.#perSecond * SCHEDULE_SHARE);
        turns.serve(caller);
      },
    };
  }

  /** The first in turn who has not had a caller's part of the burst. */
  #nextOfPeople(): Candidate | undefined {
    const turns = this.#waiting.person;
    const most = this.#allowance;
    const [first] = [...turns.callers()]
      .map(caller => {
        const ahead = this.#ahead.get(caller) ?? 0;
        const waitMs = Math.max(
          this.#msUntil(1),
          ((ahead + 1 - most) / this.#perSecondOfPeople) * 1000,
        );
        return { caller, ahead, waitMs };
      })
      .sort((a, b) => a.waitMs - b.waitMs);
    return (
      first && {
        waitMs: first.waitMs,
        serve: () => {
          this.#ahead.set(first.caller, first.ahead + 1);
          turns.serve(first.caller);
        },
      }
    );
  }

  #msUntil(tokens: number): number {
    return Math.max(0, ((tokens - this.#tokens) / this.#perSecond) * 1000);
  }

  #refill(): void {
    const now = this.#clock.now();
    // Nothing is saved up while calls are held back.
    const since = Math.max(this.#updatedAt, this.#heldUntil);
    const seconds = Math.max(0, now - since) / 1000;
    this.#updatedAt = now;
    this.#tokens = Math.min(
      this.#capacity,
      this.#tokens + seconds * this.#perSecond,
    );
    for (const [caller, ahead] of this.#ahead) {
      // No caller is further ahead than a burst that has become smaller lets one get
      const most = Math.min(ahead, this.#allowance);
      const left = most - seconds * this.#perSecondOfPeople;
      if (left > 0) this.#ahead.set(caller, left);
      else this.#ahead.delete(caller);
    }
  }
}
