import { Deadline } from './deadline';
import { ManualClock } from './ManualClock';

describe('Deadline', () => {
  it('aborts when its time has run out', async () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock).start(2_500);
    await clock.advance(2_499);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.signal.reason).toEqual(
      new Error('The deadline of 2.5 s has passed'),
    );
    expect(deadline.passed).toBe(true);
  });

  it('counts from the last start', async () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock).start(1_000);
    await clock.advance(900);
    deadline.start(1_000);
    await clock.advance(900);
    expect(deadline.passed).toBe(false);
    await clock.advance(100);
    expect(deadline.passed).toBe(true);
  });

  it('never passes once cancelled', async () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock).start(1_000);
    deadline.cancel();
    await clock.advance(10_000);
    expect(deadline.signal.aborted).toBe(false);
    expect(clock.waiting).toBe(0);
  });

  it('aborts with the other signal without counting as passed', () => {
    const other = new AbortController();
    const deadline = new Deadline(new ManualClock(), other.signal).start(1_000);
    other.abort(new Error('stopped'));
    expect(deadline.signal.reason).toEqual(new Error('stopped'));
    expect(deadline.passed).toBe(false);
    deadline.cancel();
  });
});
