import { Clock } from './clock';

function frozenClock() {
  const errors: unknown[] = [];
  const clock = new Clock({ rate: 0, onError: error => errors.push(error) });
  return { clock, errors, start: clock.now() };
}

describe('Clock', () => {
  it('starts at the wall clock and runs at its rate', async () => {
    const clock = new Clock({ rate: 1000, onError: () => {} });
    const before = Date.now();
    expect(Math.abs(clock.now() - before)).toBeLessThan(5_000);
    const start = clock.now();
    await clock.sleep(20_000);
    expect(clock.now() - start).toBeGreaterThanOrEqual(20_000);
    clock.stop();
  });

  it('counts no time in which the process stands still, where it is faster than the wall', async () => {
    const clock = new Clock({ rate: 1000, onError: () => {} });
    const start = clock.now();
    const until = performance.now() + 300;
    while (performance.now() < until);
    expect(clock.now() - start).toBeLessThanOrEqual(20_000);
    clock.setRate(1);
    const slow = clock.now();
    const then = performance.now() + 50;
    while (performance.now() < then);
    expect(clock.now() - slow).toBeGreaterThanOrEqual(49);
    clock.stop();
  });

  it('stops at rate 0 until it is advanced', async () => {
    const { clock, start } = frozenClock();
    // wall time: it would go on while this passes
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(clock.now()).toBe(start);
    await clock.advance(1_500);
    expect(clock.now()).toBe(start + 1_500);
  });

  it('runs overdue tasks on the next turn, even while stopped', async () => {
    const { clock, start } = frozenClock();
    const ran: string[] = [];
    clock.schedule(start, () => {
      ran.push('now');
    });
    clock.schedule(start - 1_000, () => {
      ran.push('past');
    });
    expect(ran).toEqual([]);
    await clock.sleep(0);
    expect(ran).toEqual(['past', 'now']);
  });

  it('runs due tasks in order, each at its own time', async () => {
    const { clock, start } = frozenClock();
    const seen: [string, number][] = [];
    clock.schedule(start + 200, () => {
      seen.push(['second', clock.now() - start]);
    });
    clock.schedule(start + 100, () => {
      seen.push(['first', clock.now() - start]);
      clock.schedule(start + 150, () => {
        seen.push(['added by the first', clock.now() - start]);
      });
    });
    clock.schedule(start + 400, () => {
      seen.push(['too late', clock.now() - start]);
    });
    await clock.advance(300);
    expect(seen).toEqual([
      ['first', 100],
      ['added by the first', 150],
      ['second', 200],
    ]);
    expect(clock.now()).toBe(start + 300);
  });

  it('runs all rounds of a sleeping loop in one advance', async () => {
    const { clock } = frozenClock();
    let rounds = 0;
    const loop = (async () => {
      while (rounds < 5) {
        await clock.sleep(1_000);
        rounds += 1;
      }
    })();
    await clock.advance(5_000);
    await loop;
    expect(rounds).toBe(5);
  });

  it('runs advances one after the other', async () => {
    const { clock, start } = frozenClock();
    await Promise.all([clock.advance(10), clock.advance(20)]);
    expect(clock.now()).toBe(start + 30);
  });

  it("rejects an aborted sleep with the signal's reason", async () => {
    const { clock } = frozenClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('no longer needed'));
    await expect(sleeping).rejects.toThrow('no longer needed');
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow(
      'no longer needed',
    );
  });

  it('does not run cancelled tasks', async () => {
    const { clock, start } = frozenClock();
    const task = jest.fn();
    const cancel = clock.schedule(start + 10, task);
    cancel();
    await clock.advance(100);
    expect(task).not.toHaveBeenCalled();
  });

  it('reports a failing task and continues', async () => {
    const { clock, errors, start } = frozenClock();
    const next = jest.fn();
    clock.schedule(start + 1, () => {
      throw new Error('broken');
    });
    clock.schedule(start + 2, next);
    await clock.advance(5);
    expect(errors).toEqual([new Error('broken')]);
    expect(next).toHaveBeenCalled();
  });

  it('continues from the same time when its rate changes', async () => {
    const { clock, start } = frozenClock();
    await clock.advance(5_000);
    clock.setRate(1);
    expect(clock.now() - start).toBeLessThan(5_500);
    expect(clock.now() - start).toBeGreaterThanOrEqual(5_000);
    clock.stop();
  });

  it.each([-1, NaN, Infinity])('refuses %p', value => {
    const { clock } = frozenClock();
    expect(() => clock.setRate(value)).toThrow(RangeError);
    expect(() => clock.advance(value)).toThrow(RangeError);
  });
});
