import { hasFaded, staleOf } from './staleness';

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

describe('a proof fades', () => {
  const faded = (
    provenAt: number | undefined,
    replaced?: Parameters<typeof hasFaded>[3],
  ) => hasFaded(provenAt, 100 * HOUR, 24 * HOUR, replaced);

  it.each<[string, true | undefined, ReturnType<typeof faded>]>([
    ['never where nothing was proven', undefined, faded(undefined)],
    [
      'never where nothing was proven, whatever was replaced',
      undefined,
      faded(undefined, { 'agent a2': 99 * HOUR }),
    ],
    ['not before its age', undefined, faded(76 * HOUR + 1)],
    ['at its age', true, faded(76 * HOUR)],
    [
      'not by what was replaced before it',
      undefined,
      faded(90 * HOUR, { 'agent a2': 90 * HOUR - 1 }),
    ],
    [
      'by what a look at its time had not seen yet',
      true,
      faded(90 * HOUR, { 'agent a2': 90 * HOUR }),
    ],
    [
      'by one of several parts',
      true,
      faded(90 * HOUR, { 'agent a2': 80 * HOUR, 'nodes ami-3': 95 * HOUR }),
    ],
  ])('%s', (_, expected, is) => {
    expect(is).toBe(expected);
  });
});
