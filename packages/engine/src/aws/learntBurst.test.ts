import { ManualClock } from '../async/ManualClock';
import { type AwsCaller, callingFor } from './caller';
import { CallRate } from './callRate';
import { TokenBucket } from './tokenBucket';

const ADA: AwsCaller = { lane: 'person', key: 'ada' };
const BOB: AwsCaller = { lane: 'person', key: 'bob' };
const SWEEP: AwsCaller = { lane: 'schedule', key: 'payments-prod' };

/** Of calls that AWS answers at once, unless it throttles. */
function pace() {
  const clock = new ManualClock();
  const rate = new CallRate({ perSecond: 2, most: 10, clock });
  const bucket = new TokenBucket({
    perSecond: rate,
    burst: 30,
    clock,
    random: () => 1,
  });
  let went = 0;
  return {
    bucket,
    clock,
    rate,
    went: () => went,
    call: (caller: AwsCaller, times: number) =>
      Array.from({ length: times }, () =>
        callingFor(caller, async () => {
          await bucket.take();
          went += 1;
          bucket.recovered();
        }),
      ),
    learnt: () => [rate.perSecond, rate.burst],
  };
}

describe('what AWS throttles for', () => {
  it('is the burst that has just gone out at once', async () => {
    const { bucket, call, clock, learnt } = pace();
    call(ADA, 16);
    await clock.advance(0);
    bucket.backOff();
    // 15 of 30: one of them a full bucket had no room for
    expect(learnt()).toEqual([2, 0.25]);
  });

  it('is the burst of a person beside a sweep, too', async () => {
    const { bucket, call, clock, learnt } = pace();
    call(SWEEP, 1_000);
    await clock.advance(60_000);
    call(ADA, 16);
    await clock.advance(0);
    bucket.backOff();
    const [perSecond, burst] = learnt();
    expect(perSecond).toBeGreaterThanOrEqual(2);
    expect(burst).toBeLessThan(0.3);
  });

  it('is the rate where a sweep alone calls, however small the burst', async () => {
    const { bucket, call, clock, rate } = pace();
    rate.throttled(0.1);
    expect(rate.burst).toBe(0.05);
    call(SWEEP, 1_000);
    await clock.advance(5_000);
    bucket.backOff();
    expect(rate.burst).toBe(0.05);
    expect(rate.perSecond).toBeLessThan(2);
  });

  it('is the rate where calls go on after a burst', async () => {
    const { bucket, call, clock, learnt } = pace();
    call(ADA, 100);
    await clock.advance(15_000);
    bucket.backOff();
    // Half of 2.2
    expect(learnt()).toEqual([1.1, 1]);
  });

  it('is never a burst from before the last throttling', async () => {
    const { bucket, call, clock, learnt } = pace();
    call(ADA, 16);
    await clock.advance(0);
    bucket.backOff();
    await clock.advance(500);
    bucket.backOff();
    expect(learnt()).toEqual([1, 0.25]);
    await clock.advance(1_000);
    bucket.backOff();
    expect(learnt()).toEqual([0.5, 0.25]);
  });

  it('is a burst that has come back in part since then', async () => {
    const { bucket, call, clock, learnt } = pace();
    bucket.backOff();
    await clock.advance(20_000);
    call(ADA, 16);
    await clock.advance(0);
    bucket.backOff();
    expect(learnt()).toEqual([1, 0.25]);
  });

  it('leaves less than before, although more went out since', async () => {
    const { bucket, call, clock, learnt, rate } = pace();
    rate.throttled(0.4);
    await clock.advance(60_000);
    for (const caller of [ADA, BOB]) call(caller, 6);
    await clock.advance(1_000);
    bucket.backOff();
    expect(learnt()).toEqual([2, 0.1]);
  });
});

it('lets no person wait for what a larger burst let them do', async () => {
  const { bucket, call, clock, went } = pace();
  call(ADA, 20);
  await clock.advance(0);
  bucket.backOff();
  // The pause
  await clock.advance(500);
  call(ADA, 3);
  await clock.advance(2_000);
  expect(went()).toBeGreaterThanOrEqual(22);
});

describe('a rise', () => {
  /** A person's calls, so many each time, then time for the burst to come back. */
  const rounds = async (
    { call, clock }: ReturnType<typeof pace>,
    count: number,
    times: number,
  ) => {
    for (let round = 0; round < count; round += 1) {
      call(ADA, times);
      await clock.advance(60_000);
    }
  };

  it('of the rate is not learnt from waits for a small burst', async () => {
    const one = pace();
    one.rate.throttled(0.2);
    await rounds(one, 20, 20);
    expect(one.rate.perSecond).toBe(2);
    expect(one.rate.burst).toBeGreaterThan(0.1);
  });

  it('of a rate that has fallen is learnt from operations of few calls, too', async () => {
    const one = pace();
    one.rate.throttled();
    one.rate.throttled();
    one.rate.throttled(0.5);
    expect(one.learnt()).toEqual([0.5, 0.25]);
    await rounds(one, 40, 16);
    expect(one.rate.perSecond).toBeGreaterThan(1.6);
    expect(one.rate.perSecond).toBeLessThan(2.3);
  });

  it('of the rate is learnt under load, from a person as from a sweep', async () => {
    for (const caller of [ADA, SWEEP]) {
      const { call, clock, rate } = pace();
      call(caller, 200);
      await clock.advance(60_000);
      expect(rate.perSecond).toBeGreaterThan(2.4);
    }
  });

  it('of the rate is learnt from a person who pauses for moments, too', async () => {
    const { call, clock, rate, went } = pace();
    const until = clock.now() + 180_000;
    for (let asked = 12; clock.now() < until; asked += 12) {
      call(ADA, 12);
      while (went() < asked) await clock.advance(100);
      await clock.advance(700);
    }
    expect(rate.perSecond).toBeGreaterThan(4);
  });

  it('of the burst is not learnt from waits for the rate', async () => {
    const { call, clock, rate } = pace();
    rate.throttled(0.4);
    call(ADA, 1_000);
    await clock.advance(200_000);
    expect(rate.perSecond).toBeGreaterThan(2);
    // Once, for the burst that came first
    expect(rate.burst).toBeCloseTo(0.22, 5);
  });

  it('of the burst is not learnt from calls that do not use it', async () => {
    const one = pace();
    one.rate.throttled(0.4);
    await rounds(one, 20, 3);
    expect(one.rate.burst).toBe(0.2);
  });
});
