import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { EventHub } from './EventHub';

const POLL = 1_000;

function setUp() {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const asked: string[][] = [];
  /** What the database has. */
  const last = new Map<string, number>();
  let failure: Error | undefined;
  const hub = new EventHub({
    clock,
    pollMs: POLL,
    onError: error => errors.push(error),
    events: {
      lastSeqs: async (runIds: string[]) => {
        asked.push(runIds);
        if (failure) throw failure;
        return last;
      },
    } as any,
  });
  const follow = (runId: string) => {
    const subscription = hub.subscribe(runId);
    let woken = 0;
    const readFrom = (seq: number, signal = new AbortController().signal) => {
      const changed = subscription.changed(seq, signal);
      changed.then(
        () => {
          woken += 1;
        },
        () => {},
      );
      return changed;
    };
    return { ...subscription, readFrom, woken: () => woken };
  };
  return {
    clock,
    errors,
    asked,
    last,
    hub,
    follow,
    fail: (error?: Error) => {
      failure = error;
    },
  };
}

describe('who follows a run', () => {
  it('hears at once of what this process writes, and of no other run', async () => {
    const { hub, follow, clock } = setUp();
    const [one, other] = ['a', 'b'].map(follow);
    one.readFrom(0);
    other.readFrom(0);
    hub.notify('a');
    await clock.advance(0);
    expect([one.woken(), other.woken()]).toEqual([1, 0]);
    one.readFrom(1);
    await clock.advance(0);
    expect(one.woken()).toBe(1);
    one.close();
    other.close();
  });

  it('hears of what came between reading and waiting', async () => {
    const { hub, follow, clock } = setUp();
    const one = follow('a');
    hub.notify('a');
    one.readFrom(0);
    await clock.advance(0);
    expect(one.woken()).toBe(1);
    one.close();
  });

  it('hears at the next poll of what another replica writes, and asks once for each run', async () => {
    const { follow, clock, last, asked } = setUp();
    const [one, same, other] = ['a', 'a', 'b'].map(follow);
    one.readFrom(3);
    same.readFrom(4);
    other.readFrom(0);
    last.set('a', 4);
    await clock.advance(POLL - 1);
    expect(asked).toEqual([]);
    await clock.advance(1);
    expect(asked).toEqual([['a', 'b']]);
    expect([one.woken(), same.woken(), other.woken()]).toEqual([1, 0, 0]);
    [one, same, other].forEach(each => each.close());
  });

  it('goes on after the database was away', async () => {
    const { follow, clock, last, errors, fail } = setUp();
    const one = follow('a');
    one.readFrom(0);
    const away = new Error('away');
    fail(away);
    await clock.advance(POLL);
    expect(errors).toEqual([away]);
    fail();
    last.set('a', 1);
    await clock.advance(POLL);
    expect(one.woken()).toBe(1);
    one.close();
  });

  it('leaves, and with the last one the polling ends without an error', async () => {
    const { follow, clock, asked, errors } = setUp();
    const [one, other] = ['a', 'b'].map(follow);
    one.close();
    await clock.advance(POLL);
    expect(asked).toEqual([['b']]);
    other.close();
    await clock.advance(5 * POLL);
    expect(asked).toHaveLength(1);
    expect(errors).toEqual([]);
    const again = follow('c');
    await clock.advance(POLL);
    expect(asked[1]).toEqual(['c']);
    again.close();
  });

  it('stops waiting when its signal aborts', async () => {
    const { follow } = setUp();
    const one = follow('a');
    const gone = new AbortController();
    const waiting = one.readFrom(0, gone.signal);
    gone.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    await expect(one.readFrom(0, gone.signal)).rejects.toThrow('left');
    one.close();
  });
});
