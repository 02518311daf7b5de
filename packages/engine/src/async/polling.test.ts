import { ManualClock } from './ManualClock';
import { gatePolling, pausesOf, propagationPolling } from './polling';
import { retryUntil } from './retry';

describe('polling', () => {
  it('asks for what AWS spreads after 250 ms, then at most every second, and less often after 15 seconds', async () => {
    const clock = new ManualClock();
    const start = clock.now();
    const times: number[] = [];
    const answer = retryUntil(
      clock,
      { deadlineMs: 40_000, polling: propagationPolling(250) },
      async () => {
        times.push(clock.now() - start);
        return undefined;
      },
    );
    await clock.runToEnd();
    expect(await answer).toBeUndefined();
    expect(times).toEqual([
      // Half as long again each time
      0, 250, 625, 1_187.5, 2_031.25,
      // every second
      3_031.25, 4_031.25, 5_031.25, 6_031.25, 7_031.25, 8_031.25, 9_031.25,
      10_031.25, 11_031.25, 12_031.25, 13_031.25, 14_031.25, 15_031.25,
      // growing again to four seconds
      16_531.25, 18_781.25, 22_156.25, 26_156.25, 30_156.25, 34_156.25,
      38_156.25,
      // and a last time at the deadline.
      40_000,
    ]);
  });

  it('asks the Kubernetes API at an even pace for 15 seconds', () => {
    const pauseAfter = pausesOf(
      gatePolling({ gateMinPause: 250, gateMaxPause: 2_000 }),
    );
    expect([0, 250, 14_999].map(pauseAfter)).toEqual([250, 250, 250]);
    expect(
      [15_000, 20_000, 30_000, 40_000, 50_000, 60_000].map(pauseAfter),
    ).toEqual([375, 562.5, 843.75, 1_265.625, 1_898.4375, 2_000]);
  });
});
