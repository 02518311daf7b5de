import type { Clock } from '../async/clock';
import { CallRate } from './callRate';
import { currentCaller } from './caller';

/** Of the sustained rate, what the schedule lane gets however many people wait. */
const SCHEDULE_SHARE = 1 / 5;
/** Of the burst, what one caller gets at once; the rest is there for another one. */
const CALLER_SHARE = 2 / 3;

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
  readonly #burst: number;
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
  /** A call has waited for the pace since the last answer: more would be used. */
  #hasWaited = false;
  #alarm = new AbortController();

  constructor(options: TokenBucketOptions) {
    const { perSecond, clock } = options;
    this.#rate =
      typeof perSecond === 'number'
        ? new CallRate({ perSecond, clock })
        : perSecond;
    this.#burst = Math.max(1, options.burst);
    this.#backOffMs = options.backOffMs ?? 250;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#tokens = this.#capacity;
    this.#updatedAt = options.clock.now();
  }

  get #perSecond() {
    return this.#rate.perSecond;
  }

  get #perSecondOfPeople() {
    return this.#perSecond * (1 - SCHEDULE_SHARE);
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
    this.#rate.throttled();
    this.#refill();
    this.#tokens = Math.min(this.#tokens, 1);
    this.#strikes = Math.min(this.#strikes + 1, 5);
    const base = this.#backOffMs * 2 ** this.#strikes;
    this.#heldUntil = now + base * (0.5 + this.#random() / 2);
  }

  /** The service answered as usual. */
  recovered(): void {
    if (this.#clock.now() < this.#heldUntil) return;
    this.#strikes = 0;
    if (!this.#hasWaited) return;
    this.#hasWaited = false;
    this.#rate.answered();
  }

  /** Releases every call that may go out now, and schedules itself for the next. */
  #serve(): void {
    this.#alarm.abort();
    for (;;) {
      this.#refill();
      const next = [this.#nextScheduled(), this.#nextOfPeople()]
        .filter(candidate => candidate !== undefined)
        .sort((a, b) => a.waitMs - b.waitMs)[0];
      if (!next) return;
      const waitMs = Math.max(next.waitMs, this.#heldUntil - this.#updatedAt);
      if (waitMs > 0) {
        this.#hasWaited ||= next.waitMs > 0;
        this.#alarm = new AbortController();
        this.#clock.sleep(Math.ceil(waitMs), this.#alarm.signal).then(
          () => this.#serve(),
          () => undefined,
        );
        return;
      }
      this.#tokens -= 1;
      next.serve();
    }
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
    const most = Math.max(1, this.#burst * CALLER_SHARE);
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
      const left = ahead - seconds * this.#perSecondOfPeople;
      if (left > 0) this.#ahead.set(caller, left);
      else this.#ahead.delete(caller);
    }
  }
}
