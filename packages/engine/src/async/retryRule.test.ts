import { pauseBeforeRetry, type Prospect } from './retryRule';

/** The pauses of a call that never succeeds; each try takes `takesMs`. */
function pauses(
  prospect: Prospect,
  options: { takesMs?: number; random?: number; retryAfterMs?: number } = {},
): number[] {
  const { takesMs = 0, random = 1, retryAfterMs } = options;
  const made: number[] = [];
  let elapsedMs = takesMs;
  for (let tries = 1; ; tries++) {
    const ms = pauseBeforeRetry(
      { prospect, tries, elapsedMs, retryAfterMs },
      250,
      () => random,
    );
    if (ms === undefined) return made;
    made.push(ms);
    elapsedMs += ms + takesMs;
  }
}

describe('pauseBeforeRetry', () => {
  it('doubles the pauses, and makes no more than eight tries', () => {
    expect(pauses('passing')).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
    expect(pauses('passing', { random: 0 })).toEqual([
      125, 250, 500, 1000, 2000, 2000, 2000,
    ]);
  });

  it('does not go on for long', () => {
    expect(pauses('doubtful')).toEqual([250, 500, 1000, 2000]);
    // The second try of one that times out is the last.
    expect(pauses('passing', { takesMs: 15_000 })).toEqual([250]);
    expect(pauses('doubtful', { takesMs: 15_000 })).toEqual([]);
  });

  it('waits as long as the service asks, unless that is too long', () => {
    expect(pauses('passing', { retryAfterMs: 3_000 })).toEqual([
      3000, 3000, 3000, 3000, 4000, 4000,
    ]);
    expect(pauses('passing', { retryAfterMs: 30_000 })).toEqual([]);
  });

  it('comes back for a minute where the service asks for it', () => {
    expect(pauses('busy', { retryAfterMs: 25_000 })).toEqual([25_000, 25_000]);
    expect(pauses('busy', { random: 0 })).toHaveLength(29);
  });
});
