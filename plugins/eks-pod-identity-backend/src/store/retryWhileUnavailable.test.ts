import { Clock } from 'eks-pod-identity-engine';
import {
  isDatabaseUnavailable,
  retryWhileUnavailable,
} from './retryWhileUnavailable';

/** Sleeps take no time, and the clock moves as if they had. */
class FastClock implements Clock {
  time = 0;
  readonly sleeps: number[] = [];
  now = () => this.time;
  async sleep(ms: number) {
    this.sleeps.push(ms);
    this.time += ms;
  }
}

const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
  code: 'ECONNREFUSED',
});

describe('retryWhileUnavailable', () => {
  it('repeats while the database is away', async () => {
    const clock = new FastClock();
    let tries = 0;
    const answer = await retryWhileUnavailable(clock, async () => {
      tries += 1;
      if (tries < 4) throw away;
      return 'there';
    });
    expect(answer).toBe('there');
    expect(clock.sleeps).toEqual([100, 200, 400]);
  });

  it('says once that the database is away, and how long it was when it is back', async () => {
    const said: unknown[] = [];
    const options = {
      onAway: (error: Error) => said.push(error),
      onBack: (waitedMs: number) => said.push(waitedMs),
    };
    let tries = 0;
    const work = async () => {
      tries += 1;
      if (tries < 4) throw away;
    };
    await retryWhileUnavailable(new FastClock(), work, options);
    expect(said).toEqual([away, 700]);
    await retryWhileUnavailable(new FastClock(), work, options);
    expect(said).toEqual([away, 700]);
  });

  it.each([
    [100, [100]],
    [299, [100]],
    [300, [100, 200]],
  ])(
    'tries for a given time of %d ms, and not longer',
    async (forMs, sleeps) => {
      const clock = new FastClock();
      await expect(
        retryWhileUnavailable(clock, () => Promise.reject(away), { forMs }),
      ).rejects.toThrow(`could not be reached for ${forMs / 1000} s`);
      expect(clock.sleeps).toEqual(sleeps);
    },
  );

  it('passes every other failure on at once', async () => {
    const clock = new FastClock();
    await expect(
      retryWhileUnavailable(clock, async () => {
        throw new Error('duplicate key value');
      }),
    ).rejects.toThrow('duplicate key value');
    expect(clock.sleeps).toEqual([]);
  });

  it.each([
    Object.assign(new Error('select * from "leases" - deadlock detected'), {
      code: '40P01',
      severity: 'ERROR',
    }),
    Object.assign(new Error('select * from `leases` - no such column: x'), {
      code: 'SQLITE_ERROR',
    }),
  ])('keeps what the driver said from users: %s', async said => {
    const refused: Error[] = [];
    await expect(
      retryWhileUnavailable(
        new FastClock(),
        async () => {
          throw said;
        },
        { onRefused: error => refused.push(error) },
      ),
    ).rejects.toThrow(
      /^The portal's database refused a statement; the log of the portal's backend says why$/,
    );
    expect(refused).toEqual([said]);
  });

  it('gives up after two minutes', async () => {
    const clock = new FastClock();
    await expect(
      retryWhileUnavailable(clock, async () => {
        throw away;
      }),
    ).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('could not be reached for 120 s'),
    });
    expect(clock.time).toBeGreaterThan(110_000);
    expect(clock.time).toBeLessThanOrEqual(120_000);
  });

  it.each([
    [away, true],
    [Object.assign(new Error('x'), { code: '57P01' }), true],
    [Object.assign(new Error('x'), { code: '08006' }), true],
    [new Error('ROLLBACK - Connection terminated unexpectedly'), true],
    [new Error('Knex: Timeout acquiring a connection. The pool is full'), true],
    [Object.assign(new Error('x'), { code: '23505' }), false],
    [new Error('syntax error'), false],
    // Node's sockets, and a client that broke its request off
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
    [
      Object.assign(new Error('request aborted'), { code: 'ECONNABORTED' }),
      false,
    ],
    ['text', false],
    // Thrown, but no error: what it says of itself counts for nothing
    [{ code: 'ECONNREFUSED', message: 'connection ended' }, false],
    [undefined, false],
  ])('knows that %s means away: %s', (error, expected) => {
    expect(isDatabaseUnavailable(error)).toBe(expected);
  });
});
