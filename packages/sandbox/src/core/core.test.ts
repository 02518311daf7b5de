import { Calls, countByOperation } from './calls';
import { RecordedCall } from './contract';
import { Faults } from './faults';
import { Latency } from './latency';
import {
  current,
  currentValues,
  propagated,
  seenAt,
  write,
} from './propagated';
import { Identifiers, createRandom } from './random';

describe('propagated values', () => {
  it('become visible to others later than to their owner', () => {
    const cell = propagated('old', 0);
    write(cell, 'new', { now: 100, visibleAt: 150 });
    expect(current(cell)).toBe('new');
    expect(seenAt(cell, 149)).toBe('old');
    expect(seenAt(cell, 150)).toBe('new');
  });

  it('are absent until they become visible, and stay until their deletion does', () => {
    const cell = propagated('made', 50);
    expect(seenAt(cell, 49)).toBeUndefined();
    write(cell, undefined, { now: 60, visibleAt: 90 });
    expect(current(cell)).toBeUndefined();
    expect(seenAt(cell, 89)).toBe('made');
    expect(seenAt(cell, 90)).toBeUndefined();
    expect(currentValues([cell, propagated('other', 0)])).toEqual(['other']);
  });

  it('never return to an older value that becomes visible later', () => {
    const cell = propagated('first', 0);
    write(cell, 'slow', { now: 10, visibleAt: 100 });
    write(cell, 'fast', { now: 20, visibleAt: 20 });
    expect(seenAt(cell, 50)).toBe('fast');
    expect(seenAt(cell, 200)).toBe('fast');
  });

  it('drop versions that are no longer visible', () => {
    const cell = propagated(0, 0);
    for (let i = 1; i <= 100; i++) {
      write(cell, i, { now: i, visibleAt: i });
    }
    expect(cell.versions).toHaveLength(1);
    expect(seenAt(cell, 100)).toBe(100);
  });
});

describe('latency rules', () => {
  it('match by pattern, and the last one set wins', () => {
    const latency = new Latency();
    latency.set('*', 5);
    latency.set('iam:*', 50);
    latency.set('kubernetes:create pods', 70);
    expect(latency.delayFor('iam', 'GetRole')).toBe(50);
    expect(latency.delayFor('eks', 'ListClusters')).toBe(5);
    expect(latency.delayFor('kubernetes', 'create pods')).toBe(70);
    expect(latency.delayFor('kubernetes', 'create pods/exec')).toBe(5);
    latency.set('*', 1);
    expect(latency.delayFor('iam', 'GetRole')).toBe(1);
    latency.clear();
    expect(latency.delayFor('iam', 'GetRole')).toBe(0);
  });

  it('treat only * in a pattern as special', () => {
    const latency = new Latency();
    latency.set('e.s:List(Clusters', 9);
    expect(latency.delayFor('eks', 'List(Clusters')).toBe(0);
    expect(latency.delayFor('e.s', 'List(Clusters')).toBe(9);
  });
});

describe('faults', () => {
  const clock = { now: () => 0, rate: 1 };
  const drawn = (faults: Faults, operations: string[]) =>
    operations.map(operation => faults.next('iam', operation) ?? 'none');

  it('meet the calls between `after` and `times`, the first rule that is due first', () => {
    const faults = new Faults(clock);
    faults.add({ pattern: 'iam:Get*', kind: 'reset', after: 1, times: 1 });
    faults.add({ pattern: 'iam:*', kind: 'throttle', times: 2 });
    expect(drawn(faults, ['GetRole', 'GetRole', 'GetRole', 'GetRole'])).toEqual(
      ['throttle', 'reset', 'throttle', 'none'],
    );
    expect(faults.next('eks', 'GetRole')).toBeUndefined();
  });

  it('meet the calls of all callers beyond a rate, and count those alone', () => {
    let now = 1_000;
    const faults = new Faults({ now: () => now, rate: 1 });
    const beyond = { perSecond: 2, burst: 3 };
    faults.add({ pattern: 'iam:*', kind: 'throttle', beyond });
    const once = { ...beyond, burst: 1 };
    faults.add({ pattern: 'sts:*', kind: 'reset', times: 1, beyond: once });
    const names = ['GetRole', 'TagRole', 'GetRole', 'TagRole', 'GetRole'];
    expect(drawn(faults, names).join(' ')).toBe(
      'none none none throttle throttle',
    );
    now += 1_000;
    expect(drawn(faults, names).join(' ')).toBe(
      'none none throttle throttle throttle',
    );
    now += 60_000;
    expect(drawn(faults, names).join(' ')).toBe(
      'none none none throttle throttle',
    );
    const asked = [1, 2, 3].map(() => faults.next('sts', 'AssumeRole'));
    expect(asked).toEqual([undefined, 'reset', undefined]);
  });

  it('come from a seed at the asked rates', () => {
    const faults = new Faults(clock);
    faults.seed({ seed: 7, rates: { throttle: 0.3, 'server-error': 0.1 } });
    const kinds = drawn(faults, Array(4_000).fill('GetRole'));
    const share = (kind: string) =>
      kinds.filter(one => one === kind).length / kinds.length;
    expect(share('throttle')).toBeCloseTo(0.3, 1);
    expect(share('server-error')).toBeCloseTo(0.1, 1);
    expect(share('none')).toBeCloseTo(0.6, 1);
  });

  it('meet the nth call of an operation again, whatever is called between', () => {
    const faults = new Faults(clock);
    const rates = { throttle: 0.3, reset: 0.2 };
    const names = ['GetRole', 'TagRole', 'GetRole', 'GetRole', 'TagRole'];
    const run = (order: string[], seed: number) => {
      faults.seed({ seed, rates });
      const met: Record<string, string[]> = {};
      for (const name of order) {
        (met[name] ??= []).push(faults.next('iam', name) ?? 'none');
      }
      return met;
    };
    for (let seed = 1; seed <= 20; seed++) {
      expect(run([...names].sort(), seed)).toEqual(run(names, seed));
    }
    const fates = [1, 2, 3, 4, 5].map(seed => JSON.stringify(run(names, seed)));
    expect(new Set(fates).size).toBeGreaterThan(1);
    expect(() => faults.seed({ seed: 1, rates: { reset: 1.1 } })).toThrow(
      'more than 1 together',
    );
  });
});

describe('calls', () => {
  const call = (operation: string): RecordedCall => ({
    service: 'eks',
    operation,
    write: false,
    status: 200,
    internal: false,
    at: 0,
  });

  it('are counted until they are reset', () => {
    const calls = new Calls();
    calls.record(call('ListClusters'));
    calls.record(call('ListClusters'));
    calls.record(call('DescribeCluster'));
    expect(countByOperation(calls.calls())).toEqual({
      'eks:ListClusters': 2,
      'eks:DescribeCluster': 1,
    });
    calls.reset();
    expect(calls.calls()).toEqual([]);
  });
});

describe('randomness', () => {
  it('gives the same sandbox for the same seed, and a different one for another', () => {
    const take = (seed: number) => {
      const ids = new Identifiers(createRandom(seed));
      return [ids.iam('AROA'), ids.association(), ids.uuid(), ids.secret()];
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('creates identifiers in the formats of AWS', () => {
    const ids = new Identifiers(createRandom(3));
    expect(ids.iam('AROA')).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(ids.iam('ASIA')).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(ids.association()).toMatch(/^a-[a-z0-9]{17}$/);
    expect(ids.secret()).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(ids.uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('spreads its numbers over the whole range', () => {
    const random = createRandom(11);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      const value = random();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      buckets[Math.floor(value * 10)] += 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(850);
  });
});
