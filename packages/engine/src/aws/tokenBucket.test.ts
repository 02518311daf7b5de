import { ManualClock } from '../async/ManualClock';
import { TokenBucket } from './tokenBucket';

async function countUntil(bucket: TokenBucket, clock: ManualClock, ms: number) {
  let count = 0;
  const stop = new AbortController();
  const loops = Array.from({ length: 4 }, async () => {
    try {
      for (;;) {
        await bucket.take(stop.signal);
        count += 1;
      }
    } catch {
      // Stopped.
    }
  });
  await clock.advance(ms);
  stop.abort();
  await Promise.all(loops);
  return count;
}

describe('TokenBucket', () => {
  it('lets through a burst of one second and then so many a second', async () => {
    const clock = new ManualClock();
    expect(await countUntil(new TokenBucket(5, clock), clock, 10_000)).toBe(55);
  });

  it('works below one a second', async () => {
    const clock = new ManualClock();
    expect(await countUntil(new TokenBucket(0.5, clock), clock, 10_000)).toBe(
      6,
    );
  });

  it('saves nothing up beyond the burst', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(2, clock);
    await clock.advance(60_000);
    expect(await countUntil(bucket, clock, 1_000)).toBe(4);
  });

  it('serves in order', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(1, clock);
    const order: number[] = [];
    const all = [1, 2, 3, 4].map(async n => {
      await bucket.take();
      order.push(n);
    });
    await clock.advance(5_000);
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('lets a waiting call go when it is cancelled, and the next one take its place', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(1, clock);
    await bucket.take();
    const abort = new AbortController();
    const cancelled = bucket.take(abort.signal);
    const next = bucket.take();
    await clock.advance(100);
    abort.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    await clock.advance(1_000);
    await expect(next).resolves.toBeUndefined();
  });

  it('holds everybody back after throttling, longer each time, until it works again', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(100, clock, () => 1);
    bucket.backOff();
    expect(await countUntil(bucket, clock, 499)).toBe(0);
    expect(await countUntil(bucket, clock, 2)).toBeGreaterThan(0);
    bucket.backOff();
    expect(await countUntil(bucket, clock, 999)).toBe(0);
    await clock.advance(2);
    bucket.recovered();
    bucket.backOff();
    expect(await countUntil(bucket, clock, 499)).toBe(0);
    expect(await countUntil(bucket, clock, 2)).toBeGreaterThan(0);
  });
});
