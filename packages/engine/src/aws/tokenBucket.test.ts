import { ManualClock } from '../async/ManualClock';
import { type AwsCaller, callingFor } from './caller';
import { TokenBucket, type TokenBucketOptions } from './tokenBucket';

const ADA: AwsCaller = { lane: 'person', key: 'ada' };
const BOB: AwsCaller = { lane: 'person', key: 'bob' };
const CAROL: AwsCaller = { lane: 'person', key: 'carol' };
const SWEEP: AwsCaller = { lane: 'schedule', key: 'sweep of payments-prod' };
const OTHER_SWEEP: AwsCaller = { lane: 'schedule', key: 'sweep of orders' };

/** A bucket under a clock that stands still, and what it lets through. */
function bucketOf(options: Omit<TokenBucketOptions, 'clock'>) {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ ...options, clock });
  const went: AwsCaller[] = [];
  return {
    bucket,
    clock,
    /** So many calls at once. */
    call({ lane, key }: AwsCaller, times: number, signal?: AbortSignal) {
      const caller = { lane, key };
      const calls = Array.from({ length: times }, async () => {
        await callingFor(caller, () => bucket.take(signal));
        went.push(caller);
      });
      return Promise.all(calls);
    },
    /** Whose calls go out while so much time passes, in order. */
    async during(ms: number): Promise<string[]> {
      went.length = 0;
      await clock.advance(ms);
      return went.map(({ key }) => key);
    },
  };
}

const count = (keys: string[], { key }: AwsCaller) =>
  keys.filter(other => other === key).length;

describe('TokenBucket', () => {
  it('lets a burst through after a pause, then so many a second', async () => {
    const { call, clock, during } = bucketOf({ perSecond: 5, burst: 30 });
    void call(ADA, 20);
    void call(BOB, 10);
    expect(await during(0)).toHaveLength(30);
    void call(ADA, 500);
    void call(BOB, 500);
    // The room for schedules above the burst is one and a half calls.
    expect(await during(10_000)).toHaveLength(51);
    expect(await during(10_000)).toHaveLength(50);
    await clock.runToEnd();
    await clock.advance(3_600_000);
    void call(ADA, 500);
    void call(BOB, 500);
    expect(await during(0)).toHaveLength(31);
  });

  it('works below one a second, with a burst of one', async () => {
    const { call, during } = bucketOf({ perSecond: 0.5, burst: 1 });
    void call(ADA, 20);
    void call(BOB, 20);
    expect(await during(20_000)).toHaveLength(12);
  });

  it('serves people in turn', async () => {
    const { call, during } = bucketOf({ perSecond: 1, burst: 1 });
    void call(ADA, 3);
    void call(BOB, 3);
    expect(await during(10_000)).toEqual([
      'ada',
      'bob',
      'ada',
      'bob',
      'ada',
      'bob',
    ]);
  });

  it('puts one call of a flood before each of another person at most', async () => {
    const { call, during } = bucketOf({ perSecond: 1, burst: 3 });
    void call(BOB, 3);
    void call(ADA, 60);
    await during(3_000);
    let before = 0;
    for (let calls = 0; calls < 5; calls += 1) {
      void call(BOB, 1);
      let went: string[] = [];
      while (count(went, BOB) === 0) {
        before += count(went, ADA);
        went = await during(100);
      }
      before += went.indexOf('bob');
    }
    expect(before).toBeLessThanOrEqual(5);
  });

  it('leaves a third of the burst by a flood of one person to another', async () => {
    const { call, during } = bucketOf({ perSecond: 5, burst: 30 });
    void call(ADA, 500);
    expect(await during(0)).toHaveLength(20);
    // The one alone goes on at four fifths of the rate.
    expect(await during(60_000)).toHaveLength(240);
    void call(BOB, 10);
    expect(count(await during(0), BOB)).toBe(10);
  });

  it('gives schedules the whole rate while no person calls, and none of the burst', async () => {
    const { call, during } = bucketOf({ perSecond: 5, burst: 30 });
    void call(SWEEP, 1_000);
    expect((await during(0)).length).toBeLessThanOrEqual(1);
    expect(await during(60_000)).toHaveLength(300);
    void call(ADA, 20);
    void call(BOB, 10);
    expect(await during(0)).toHaveLength(30);
    // The burst is filled again before the schedule has the whole rate again.
    expect(count(await during(5_000), SWEEP)).toBe(5);
    expect(count(await during(60_000), SWEEP)).toBeGreaterThan(250);
  });

  it('gives schedules a fifth of the rate however many people wait, in turn', async () => {
    const { call, during } = bucketOf({ perSecond: 5, burst: 30 });
    for (const caller of [SWEEP, OTHER_SWEEP, ADA, BOB]) {
      void call(caller, 500);
    }
    await during(10_000);
    const went = await during(50_000);
    expect(
      [ADA, BOB, SWEEP, OTHER_SWEEP].map(caller => count(went, caller)),
    ).toEqual([100, 100, 25, 25]);
  });

  it('lets a first sweep go on from turn to turn, and a person through at once in each', async () => {
    const { bucket, call, clock, during } = bucketOf({
      perSecond: 5,
      burst: 30,
    });
    const minute = 60_000;
    let described = 0;
    const sweep = (signal: AbortSignal) =>
      callingFor(SWEEP, async () => {
        while (described < 5_000) {
          await bucket.take(signal);
          described += 1;
        }
      });
    let turns = 0;
    while (described < 5_000) {
      turns += 1;
      const timeout = new AbortController();
      const ended = sweep(timeout.signal).catch(error => error);
      for (let minutes = 0; minutes < 5; minutes += 1) {
        void call(ADA, 20);
        expect(count(await during(0), ADA)).toBe(20);
        await clock.advance(minute);
      }
      timeout.abort('timed out');
      await ended;
      await clock.advance(25 * minute);
    }
    // Of 1,500 calls in five minutes the person has had 100.
    expect(turns).toBe(4);
  });

  it('takes an aborted call out of the queue, and the next one in its place', async () => {
    const { call, clock, during } = bucketOf({ perSecond: 1, burst: 1 });
    const abort = new AbortController();
    void call(BOB, 1);
    void call(CAROL, 1);
    expect(await during(0)).toEqual(['bob', 'carol']);
    const aborted = call(ADA, 1, abort.signal);
    void call(CAROL, 1);
    await during(500);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(await during(800)).toEqual(['carol']);
    expect(clock.waiting).toBe(0);

    const all = call(ADA, 5, abort.signal);
    await expect(all).rejects.toThrow('enough');
    const last = new AbortController();
    const waiting = call(ADA, 5, last.signal);
    await during(0);
    expect(clock.waiting).toBe(1);
    last.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(clock.waiting).toBe(0);
  });

  it('holds all lanes back after throttling, longer each time, until it works again', async () => {
    const { bucket, call, during } = bucketOf({
      perSecond: 5,
      burst: 30,
      random: () => 1,
    });
    for (const caller of [ADA, BOB, SWEEP]) void call(caller, 500);
    await during(0);
    bucket.backOff();
    // Answers to calls from before the pause.
    bucket.backOff();
    bucket.recovered();
    expect(await during(499)).toHaveLength(0);
    expect((await during(1)).length).toBeLessThanOrEqual(1);
    bucket.backOff();
    expect(await during(999)).toHaveLength(0);
    await during(1);
    bucket.recovered();
    bucket.backOff();
    expect(await during(499)).toHaveLength(0);
    // Then at the sustained rate, without a burst.
    const went = await during(10_001);
    expect(went.length).toBeLessThanOrEqual(52);
    expect(count(went, ADA)).toBeGreaterThanOrEqual(19);
    expect(count(went, BOB)).toBeGreaterThanOrEqual(19);
    expect(count(went, SWEEP)).toBeGreaterThanOrEqual(9);
  });

  it('takes away what is left of the burst when the service throttles', async () => {
    const { bucket, call, during } = bucketOf({
      perSecond: 1,
      burst: 30,
      random: () => 1,
    });
    bucket.backOff();
    void call(ADA, 10);
    void call(BOB, 10);
    expect(await during(500)).toHaveLength(1);
    expect(await during(5_000)).toHaveLength(5);
  });
});
