import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { silentLogger } from '../../async/__testUtils__/silentLogger';
import { ManualClock } from '../../async/ManualClock';
import { type AwsCaller, callingFor, currentCaller } from '../../aws/caller';
import { DEFAULT_TIMINGS } from '../../clusters/defaults';
import type { Scope } from './scope';
import { write } from './write';

const ADA: AwsCaller = { lane: 'person', key: 'user user:default/ada' };

describe('a write that is retried', () => {
  const setUp = () => {
    const clock = new ManualClock();
    const events: NewOperationEvent[] = [];
    const guarded: string[] = [];
    const scope = {
      context: {
        clock,
        config: { timings: DEFAULT_TIMINGS },
        logger: silentLogger,
        signal: new AbortController().signal,
        emit: async (event: NewOperationEvent) => {
          events.push(event);
        },
        guard: {
          beforeWrite: async (what: string) => {
            guarded.push(what);
          },
        },
      },
    } as unknown as Scope;
    return { clock, events, guarded, scope };
  };

  it('is sent again on the schedule of propagation, each time after the lease was checked and in the lane of its caller', async () => {
    const { clock, events, guarded, scope } = setUp();
    const start = clock.now();
    const sent: { at: number; by: AwsCaller }[] = [];
    const answer = callingFor(ADA, () =>
      write(
        scope,
        { id: 'association', does: 'create the association' },
        async () => {
          sent.push({ at: clock.now() - start, by: currentCaller() });
          if (sent.length < 6) throw new Error('not yet');
          return 'made';
        },
        { deadlineMs: 120_000, waitFor: () => 'Waiting until EKS sees it' },
      ),
    );
    // Time passes outside of the caller's own work.
    await clock.runToEnd();
    expect(await answer).toBe('made');
    expect(sent.map(({ at }) => at)).toEqual([
      0, 250, 625, 1_187.5, 2_031.25, 3_031.25,
    ]);
    expect(sent.map(({ by }) => by)).toEqual(Array(6).fill(ADA));
    expect(guarded).toHaveLength(6);
    expect(events).toEqual([
      {
        type: 'step',
        data: {
          id: 'association',
          status: 'waiting',
          message: 'Waiting until EKS sees it',
        },
      },
    ]);
  });

  it('ends with the last error at its deadline', async () => {
    const { clock, guarded, scope } = setUp();
    const answer = write(
      scope,
      { id: 'role', does: 'create the role' },
      async () => {
        throw new Error(`attempt ${guarded.length}`);
      },
      // wall time: on a ManualClock
      { deadlineMs: 2_500, waitFor: () => 'Waiting' },
    ).catch(error => error.message);
    await clock.runToEnd();
    // At 0, 250, 625, 1,187.5, 2,031.25 and 2,500 milliseconds.
    expect(await answer).toBe('attempt 6');
  });
});
