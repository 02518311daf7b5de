import { ManualClock } from '../async/ManualClock';
import { cachedCredentials, type AwsKeys } from './credentials';

const MINUTE = 60_000;

function setUp(lifeMs: number | undefined) {
  const clock = new ManualClock();
  const state = { loads: 0, broken: false };
  const provider = cachedCredentials(clock, async (): Promise<AwsKeys> => {
    state.loads += 1;
    if (state.broken) throw new Error('STS is down');
    return {
      accessKeyId: `key-${state.loads}`,
      secretAccessKey: 's',
      ...(lifeMs ? { expiration: new Date(clock.now() + lifeMs) } : {}),
    };
  });
  return { clock, state, provider };
}

describe('cachedCredentials', () => {
  it('loads once for parallel callers', async () => {
    const { provider, state } = setUp(60 * MINUTE);
    const keys = await Promise.all([provider(), provider(), provider()]);
    expect(keys.map(({ accessKeyId }) => accessKeyId)).toEqual([
      'key-1',
      'key-1',
      'key-1',
    ]);
    expect(state.loads).toBe(1);
  });

  it('renews five minutes before they expire', async () => {
    const { provider, clock } = setUp(60 * MINUTE);
    await provider();
    await clock.advance(55 * MINUTE - 1);
    expect((await provider()).accessKeyId).toBe('key-1');
    await clock.advance(1);
    expect((await provider()).accessKeyId).toBe('key-2');
  });

  it('keeps keys that do not expire', async () => {
    const { provider, clock, state } = setUp(undefined);
    await provider();
    await clock.advance(24 * 60 * MINUTE);
    await provider();
    expect(state.loads).toBe(1);
  });

  it('uses the old keys while renewing fails, until they expire', async () => {
    const { provider, clock, state } = setUp(60 * MINUTE);
    await provider();
    state.broken = true;
    await clock.advance(56 * MINUTE);
    expect((await provider()).accessKeyId).toBe('key-1');
    await clock.advance(4 * MINUTE);
    await expect(provider()).rejects.toThrow('STS is down');
    state.broken = false;
    expect((await provider()).accessKeyId).toMatch(/^key-[2-9]/);
  });
});
