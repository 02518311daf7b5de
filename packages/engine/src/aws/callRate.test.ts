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

const make = (clock: ManualClock, memory: RateMemory, processes = 1) =>
  new CallRate({
    perSecond: 4 / processes,
    most: 20 / processes,
    clock,
    memory: {
      of: memory,
      accountId: '111122223333',
      processes,
      burst: 30,
      failed,
    },
  });

const paced = () => {
  const clock = new ManualClock();
  const rate = new CallRate({ perSecond: 2, most: 10, clock });
  const random = () => 0.5;
  const bucket = new TokenBucket({ perSecond: rate, burst: 30, clock, random });
  return { bucket, clock, rate };
};

describe('the rate of calls', () => {
  it.each([
    // The least that anybody has assumed, what seems likely, and more than is asked for
    [1.5, 10],
    [5, 20],
    [40, 200],
  ])(
    'finds what AWS allows, and is throttled in less than one call of a hundred: %d a second, %d at once',
    async (perSecond, burst) => {
      const { bucket, clock, rate } = paced();
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

  it.each([
    [2, 10],
    [5, 20],
    [15, 100],
  ])(
    'finds how many go at once, where calls come in bursts: %d a second, %d at once',
    async (perSecond, burst) => {
      const { bucket, clock, rate } = paced();
      const aws = account(clock, perSecond, burst);
      const rounds = async (count: number) => {
        let throttled = 0;
        for (let round = 0; round < count; round += 1) {
          const asked = await calls(16, clock, bucket, aws);
          throttled += asked.throttled / count;
          await clock.advance(15_000);
        }
        return throttled;
      };
      await rounds(5);
      expect(await rounds(20)).toBeLessThan(0.01);
      // An account that has as many loses nothing
      expect(rate.burst === 1).toBe(burst > 16);
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
      fixed.answered(true);
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
    const [one, other] = [make(clock, memory, 2), make(clock, memory, 2)];
    await clock.advance(60_000);
    one.throttled();
    await clock.advance(0);
    expect(kept.get('111122223333')).toEqual({
      perSecond: 2,
      at: clock.now(),
      burst: 30,
      burstAt: 0,
    });
    await clock.advance(60_000);
    other.answered(false);
    await clock.advance(0);
    expect(other.perSecond).toBe(1);
    await clock.advance(60_000);
    // Half of the burst at once was too much
    one.throttled(0.5);
    await clock.advance(60_000);
    other.answered(false);
    await clock.advance(0);
    expect([other.burst, other.perSecond]).toEqual([0.25, 1]);
    // A process that starts later, alone
    const later = make(clock, memory);
    await clock.advance(0);
    expect(later.perSecond).toBe(2);
  });

  it('keeps its own burst beside what a process kept that knows none', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const rate = make(clock, memory);
    rate.throttled(0.5);
    await clock.advance(60_000);
    kept.set('111122223333', { perSecond: 3, at: clock.now() });
    rate.answered(true);
    await clock.advance(0);
    expect([rate.perSecond, rate.burst]).toEqual([3, 0.25]);
  });

  it.each([
    ['too much', 1_000, 700, [20, 1]],
    ['too little', 0.001, 0.001, [1, 1 / 32]],
    ['nothing', 0, 0, [4, 1]],
    ['negative', -1, -0.5, [4, 1]],
    ['no number', NaN, NaN, [4, 1]],
    ['a text', 'fast', 'wide', [4, 1]],
  ])(
    'takes over no more than its bounds: %s',
    async (_, perSecond, burst, found) => {
      const clock = new ManualClock();
      const { kept, memory } = shared();
      const at = clock.now();
      kept.set('111122223333', {
        perSecond: perSecond as number,
        at,
        burst: burst as number,
        burstAt: at,
      });
      const rate = make(clock, memory);
      await clock.advance(0);
      expect([rate.perSecond, rate.burst]).toEqual(found);
    },
  );

  it('overwrites no later burst of another process with a rate, and no later rate with a burst', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const [one, other] = [make(clock, memory, 2), make(clock, memory, 2)];
    await clock.advance(1_000);
    one.throttled(0.5);
    await clock.advance(1_000);
    other.throttled();
    await clock.advance(1_000);
    expect(kept.get('111122223333')).toEqual({
      perSecond: 2,
      at: clock.now() - 1_000,
      burst: 7.5,
      burstAt: clock.now() - 2_000,
    });
    one.throttled(0.1);
    await clock.advance(0);
    expect(kept.get('111122223333')).toMatchObject({
      perSecond: 2,
      burst: 1.5,
    });
    expect([one.perSecond, other.burst]).toEqual([1, 0.25]);
  });

  it('remembers at which rate AWS throttled, whatever is learnt of the burst', () => {
    const clock = new ManualClock();
    const rate = new CallRate({ perSecond: 2, most: 10, clock });
    const rises = (times: number) => {
      for (let answers = 0; answers < times; answers += 1) rate.answered(true);
    };
    rate.throttled();
    for (let count = 0; count < 6; count += 1) {
      if (count < 5) rate.throttled(1);
      rises(10 * rate.perSecond + 1);
    }
    // 1 to 1.61 by tenths, then by a hundredth
    expect(rate.perSecond).toBeCloseTo(1.1 ** 5 * 1.01, 5);
  });

  it.each([
    ['the rate', undefined, 2, [0.5, 1]],
    ['the burst', 0.4, 6, [0.5, 1 / 32]],
  ])(
    'learns something of each throttling, down to the least: %s',
    (_, burst, times, least) => {
      const clock = new ManualClock();
      const rate = new CallRate({ perSecond: 2, most: 10, clock });
      const product = () => rate.perSecond * rate.burst;
      const falls: boolean[] = [];
      for (let count = 0; count < times; count += 1) {
        const before = product();
        rate.throttled(burst);
        falls.push(product() < before);
      }
      expect(falls).toEqual(Array(times).fill(true));
      expect([rate.perSecond, rate.burst]).toEqual(least);
    },
  );

  it('leaves the burst as it is, however often the rate was too much', () => {
    const clock = new ManualClock();
    const rate = new CallRate({ perSecond: 2, most: 10, clock });
    for (let count = 0; count < 20; count += 1) rate.throttled();
    expect([rate.perSecond, rate.burst]).toEqual([0.5, 1]);
  });

  it('comes near what another process was throttled at by a hundredth', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    kept.set('111122223333', { perSecond: 1, at: clock.now() });
    const rate = make(clock, memory);
    await clock.advance(0);
    for (let rises = 0; rises < 6; rises += 1) {
      const answers = Math.ceil(10 * rate.perSecond);
      for (let at = 0; at < answers; at += 1) rate.answered(true);
    }
    // It was throttled at 2
    expect(rate.perSecond).toBeCloseTo(1.1 ** 5 * 1.01, 5);
  });

  it('falls also where another process, whose clock is ahead, has just risen', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const rate = make(clock, memory);
    await clock.advance(1_000);
    const at = clock.now() + 20_000;
    const ahead = { perSecond: 8, at, burst: 30, burstAt: at };
    kept.set('111122223333', ahead);
    rate.throttled();
    await clock.advance(0);
    expect(rate.perSecond).toBe(2);
    expect(kept.get('111122223333')).toMatchObject({ perSecond: 2 });
  });

  it('keeps what another process knows to be less, where a stale burst falls', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const [stale, other] = [make(clock, memory), make(clock, memory)];
    await clock.advance(1_000);
    other.throttled(0.25);
    await clock.advance(1_000);
    stale.throttled(0.9);
    await clock.advance(0);
    expect([stale.burst, kept.get('111122223333')!.burst]).toEqual([
      0.125, 3.75,
    ]);
  });

  it('keeps calls, not parts: of another `pacing.burst` they are another part', async () => {
    const clock = new ManualClock();
    const { kept, memory } = shared();
    const at = clock.now();
    kept.set('111122223333', { perSecond: 4, at, burst: 6, burstAt: at });
    const rate = make(clock, memory);
    await clock.advance(0);
    expect(rate.burst).toBe(0.2);
  });

  it('overwrites what it cannot read', async () => {
    const clock = new ManualClock();
    const written: LearntRate[] = [];
    const rate = make(clock, {
      read: async () => JSON.parse('{'),
      write: async (_, learnt) => {
        written.push(learnt);
      },
    });
    rate.throttled();
    await clock.advance(0);
    expect(written).toMatchObject([{ perSecond: 2, burst: 30 }]);
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
        burst: 30,
        failed: error => errors.push(error),
      },
    });
    rate.throttled();
    await clock.advance(0);
    expect(rate.perSecond).toBe(1);
    // It read, and read and wrote after the throttling
    expect(errors).toHaveLength(3);
  });
});
