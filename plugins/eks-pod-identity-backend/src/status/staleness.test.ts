import { staleOf } from './staleness';

const HOUR = 3_600_000;
const at = (hours: number) => ({
  now: hours * HOUR,
  maxAgeMs: 24 * HOUR,
  upSince: 80 * HOUR,
});

describe('staleOf', () => {
  it('is silent about a cluster that was seen whole not long ago, or not yet', () => {
    expect(staleOf(undefined, at(100))).toBeUndefined();
    expect(staleOf({ cluster: 'c' }, at(100))).toBeUndefined();
    expect(staleOf({ cluster: 'c', sweptAt: 76 * HOUR }, at(100))).toBe(
      undefined,
    );
  });

  it('repeats why a cluster could not be read', () => {
    const stale = { since: 99 * HOUR, reason: 'no route to AWS' };
    expect(
      staleOf({ cluster: 'c', sweptAt: 98 * HOUR, stale }, at(100)),
    ).toEqual(stale);
  });

  it('says so where sweeps stand still, or never come to their end', () => {
    const expected = {
      since: 75 * HOUR,
      reason: expect.stringContaining('No full sweep'),
    };
    expect(staleOf({ cluster: 'c', sweptAt: 75 * HOUR }, at(100))).toEqual(
      expected,
    );
    expect(
      staleOf({ cluster: 'c', cursor: { startedAt: 75 * HOUR } }, at(100)),
    ).toEqual(expected);
    expect(staleOf(undefined, at(105))).toEqual({
      ...expected,
      since: 80 * HOUR,
    });
  });
});
