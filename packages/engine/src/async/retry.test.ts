import { ManualClock } from './ManualClock';
import { retryUntil } from './retry';

const options = {
  // wall time: on a ManualClock
  deadlineMs: 10_000,
  polling: { first: 1_000, soon: 2_000, later: 2_000 },
};

describe('retryUntil', () => {
  it('calls until there is a value', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const answer = retryUntil(clock, options, async attempt => {
      seen.push(attempt);
      return attempt === 3 ? 'there' : undefined;
    });
    await clock.advance(10_000);
    expect(await answer).toBe('there');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('makes a last attempt at the deadline and then gives up', async () => {
    const clock = new ManualClock();
    const start = clock.now();
    const at: number[] = [];
    const answer = retryUntil(clock, options, async () => {
      at.push(clock.now() - start);
      return undefined;
    });
    await clock.advance(60_000);
    expect(await answer).toBeUndefined();
    expect(at[at.length - 1]).toBe(10_000);
    expect(at[1] - at[0]).toBe(1_000);
    expect(Math.max(...at.slice(1).map((t, i) => t - at[i]))).toBe(2_000);
  });

  it('retries only errors that may pass, and throws the last one', async () => {
    const clock = new ManualClock();
    await expect(
      retryUntil(clock, options, async () => {
        throw new Error('final');
      }),
    ).rejects.toThrow('final');

    let attempts = 0;
    const failing = retryUntil(
      clock,
      { ...options, retryIf: () => true },
      async () => {
        attempts += 1;
        throw new Error(`attempt ${attempts}`);
      },
    );
    const outcome = failing.catch(error => error);
    await clock.advance(60_000);
    expect((await outcome).message).toBe(`attempt ${attempts}`);
    expect(attempts).toBeGreaterThan(5);
  });

  it('ends at once when cancelled', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const answer = retryUntil(
      clock,
      { ...options, signal: abort.signal },
      async () => undefined,
    );
    const outcome = answer.catch(error => error);
    await clock.advance(500);
    abort.abort(new Error('enough'));
    expect((await outcome).message).toBe('enough');
    expect(clock.waiting).toBe(0);
  });
});
