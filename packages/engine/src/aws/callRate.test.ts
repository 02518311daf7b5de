import { ManualClock } from '../async/ManualClock';
import { callingFor } from './caller';
import { CallRate, type LearntRate, type RateMemory } from './callRate';
import { TokenBucket } from './tokenBucket';

/** An account of AWS that lets so many calls through, by all callers together. */
function account(clock: ManualClock, perSecond: number, burst: number) {
  let tokens = burst;
  let at = clock.now();
  return {
    lets(): boolean {
      const now = clock.now();
      tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** Makes calls of one person, each after the one before was answered, throttled ones again. */
async function calls(
  count: number,
  clock: ManualClock,
  bucket: TokenBucket,
  aws: { lets(): boolean },
) {
  const startedAt = clock.now();
  let throttled = 0;
  for (let done = 0; done < count; ) {
    let isTaken = false;
    const taken = callingFor({ lane: 'person', key: 'ana' }, () =>
      bucket.take(),
    ).then(() => {
      isTaken = true;
    });
    while (!isTaken) {
      await Promise.resolve();
      if (!isTaken) await clock.advance(50);
    }
    await taken;
    if (aws.lets()) {
      done += 1;
      bucket.recovered();
    } else {
      throttled += 1;
      bucket.backOff();
    }
  }
  return {
    throttled: throttled / count,
    perSecond: (count / (clock.now() - startedAt)) * 1000,
  };
}

const shared = () => {
  const kept = new Map<string, LearntRate>();
  const memory: RateMemory = {
    read: async id => kept.get(id),
    write: async (id, learnt) => {
      kept.set(id, learnt);
    },
  };
  return { kept, memory };
};
const failed = () => {};

describe('the rate of calls', () => {
  it.each([
    // The least that anybody has assumed, what seems likely, and more than is asked for
    [1.5, 10],
    [5, 20],
    [40, 200],
  ])(
    'finds what AWS allows, and is throttled in less than one call of a hundred: %d a second, %d at once',
    async (perSecond, burst) => {
      const clock = new ManualClock();
      const rate = new CallRate({ perSecond: 2, most: 10, clock });
      const bucket = new TokenBucket({
        perSecond: rate,
        burst: 30,
        clock,
        random: () => 0.5,
      });
      const aws = account(clock, perSecond, burst);
      // It has to learn first, and the burst is not AWS's
      await calls(300, clock, bucket, aws);
      const found = await calls(700, clock, bucket, aws);
      expect(found.throttled).toBeLessThan(0.01);
      const allowed = Math.min(perSecond, 10);
      // A person has four fifths of it
      expect(found.perSecond).toBeGreaterThan(allowed * 0.8 * 0.6);
      expect(rate.perSecond).toBeLessThanOrEqual(10);
    },
  );

  it('stays where nothing waits, and where it is not to rise', () => {
    const clock = new ManualClock();
    const bucket = (rate: CallRate) =>
      new TokenBucket({ perSecond: rate, burst: 30, clock });
    const idle = new CallRate({ perSecond: 2, most: 10, clock });
    const fixed = new CallRate({ perSecond: 2, clock });
    for (let count = 0; count < 500; count += 1) {
      bucket(idle).recovered();
      fixed.answered();
    }
    fixed.throttled();
    expect([idle.perSecond, fixed.perSecond]).toEqual([2, 2]);
  });

  it('is halved by AWS, and never less than a quarter of what it began with', () => {
    const clock = new ManualClock();
    const said: number[] = [];
    const rate = new CallRate({
      perSecond: 2,
      most: 10,
      clock,
      onThrottled: perSecond => said.push(perSecond),
    });
    for (let count = 0; count < 5; count += 1) rate.throttled();
    expect(said).toEqual([1, 0.5, 0.5, 0.5, 0.5]);
  });

  it('is kept, and shared by the processes of an account', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const make = (processes: number) =>
      new CallRate({
        perSecond: 4 / processes,
        most: 20 / processes,
        clock,
        memory: { of: memory, accountId: '111122223333', processes, failed },
      });
    const [one, other] = [make(2), make(2)];
    await clock.advance(60_000);
    one.throttled();
    expect(kept.get('111122223333')).toEqual({ perSecond: 2, at: clock.now() });
    await clock.advance(60_000);
    other.answered();
    await clock.advance(0);
    expect(other.perSecond).toBe(1);
    // A process that starts later, alone
    const later = make(1);
    await clock.advance(0);
    expect(later.perSecond).toBe(2);
  });

  it('goes on where nothing can be kept', async () => {
    const clock = new ManualClock();
    const errors: Error[] = [];
    const away = async () => {
      throw new Error('The database is away.');
    };
    const rate = new CallRate({
      perSecond: 2,
      most: 10,
      clock,
      memory: {
        of: { read: away, write: away },
        accountId: '111122223333',
        processes: 1,
        failed: error => errors.push(error),
      },
    });
    rate.throttled();
    await clock.advance(0);
    expect(rate.perSecond).toBe(1);
    expect(errors).toHaveLength(2);
  });
});
