import { createCallRecorder, pause, pausing, recordCall } from './CallRecorder';
import { ManualClock } from './ManualClock';

describe('createCallRecorder', () => {
  it('records calls with their waits, and pauses, by their start', async () => {
    const clock = new ManualClock(1_000_000);
    const recorder = createCallRecorder({ clock });
    const work = recorder.during(async () => {
      await clock.sleep(5);
      const slow = recordCall('iam', 'CreateRole');
      await clock.sleep(40);
      const quick = recordCall('kubernetes', 'get serviceaccounts');
      quick?.ended('ok');
      slow?.sent();
      await clock.sleep(20);
      const failedAt = slow?.ended('throttled');
      await clock.sleep(300);
      const again = recordCall('iam', 'CreateRole', failedAt);
      again?.sent();
      await clock.sleep(20);
      again?.ended('ok');
      await pause('propagation', clock, 250);
    });
    await clock.advance(1_000);
    await work;
    expect(recorder.timeline()).toEqual({
      durationMs: 1_000,
      cut: 0,
      entries: [
        {
          type: 'call',
          service: 'iam',
          operation: 'CreateRole',
          startMs: 5,
          waitMs: 40,
          waitedFor: 'pacing',
          durationMs: 20,
          outcome: 'throttled',
        },
        {
          type: 'call',
          service: 'kubernetes',
          operation: 'get serviceaccounts',
          startMs: 45,
          waitMs: 0,
          durationMs: 0,
          outcome: 'ok',
        },
        {
          type: 'call',
          service: 'iam',
          operation: 'CreateRole',
          startMs: 65,
          waitMs: 300,
          waitedFor: 'retry',
          durationMs: 20,
          outcome: 'ok',
        },
        { type: 'pause', why: 'propagation', startMs: 385, durationMs: 250 },
      ],
    });
  });

  it('keeps the timelines of runs beside each other apart', async () => {
    const clock = new ManualClock();
    const recorders = ['CreateRole', 'DeleteRole'].map(operation => {
      const recorder = createCallRecorder({ clock });
      recorder.during(async () => {
        await clock.sleep(10);
        recordCall('iam', operation)?.ended('ok');
      });
      return recorder;
    });
    await clock.advance(10);
    expect(recorders.map(one => one.timeline().entries)).toEqual([
      [expect.objectContaining({ operation: 'CreateRole' })],
      [expect.objectContaining({ operation: 'DeleteRole' })],
    ]);
  });

  it('counts the entries that it does not keep', () => {
    const recorder = createCallRecorder({ clock: new ManualClock(), limit: 2 });
    recorder.during(() => {
      for (let i = 0; i < 5; i++) recordCall('sts', 'AssumeRole')?.ended('ok');
    });
    expect(recorder.timeline()).toMatchObject({
      entries: [{ operation: 'AssumeRole' }, { operation: 'AssumeRole' }],
      cut: 3,
    });
  });

  it('records a pause that ends with an error, and none that was no wait', async () => {
    const clock = new ManualClock();
    const recorder = createCallRecorder({ clock });
    const work = recorder.during(async () => {
      await pausing('turn', async () => {});
      await pausing('turn', async () => {
        await clock.sleep(100);
        throw new Error('gave up');
      });
    });
    const outcome = work.catch(error => error);
    await clock.advance(100);
    expect((await outcome).message).toBe('gave up');
    expect(recorder.timeline().entries).toEqual([
      { type: 'pause', why: 'turn', startMs: 0, durationMs: 100 },
    ]);
  });

  it('records nothing where no timeline is asked for', async () => {
    expect(recordCall('iam', 'CreateRole')).toBeUndefined();
    const clock = new ManualClock();
    const work = pause('retry', clock, 10);
    await clock.advance(10);
    await expect(work).resolves.toBeUndefined();
  });
});
