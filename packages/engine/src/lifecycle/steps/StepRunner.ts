import { capitalised } from '../../text/capitalised';
import pLimit from 'p-limit';
import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { emit, explain, Scope } from './scope';
import { failedPartly, Outcome, stoppedPartly, Work } from './outcome';

type StepStatus = Extract<
  NewOperationEvent,
  { type: 'step' }
>['data']['status'];

class StepRunner {
  readonly warnings: string[] = [];
  /** Ids of the steps that wrote nothing. */
  readonly idle = new Set<string>();
  readonly #scope: Scope;
  readonly #works: Work[];
  readonly #outcomes = new Map<string, Outcome>();
  readonly #ends = new Map<string, { promise: Promise<void>; end(): void }>();
  /** Events are recorded in order, beside the steps that follow. */
  readonly #recording: Promise<void>[] = [];
  /** Holds one lease at a time, so that two operations cannot wait for each other. */
  readonly #oneLease = pLimit(1);

  constructor(scope: Scope, works: Work[]) {
    this.#scope = scope;
    this.#works = works;
  }

  async run(): Promise<Outcome[]> {
    const lanes = new Map<string, Work[]>();
    for (const work of this.#works) {
      const lane = work.deed.lane?.name ?? work.id;
      lanes.set(lane, [...(lanes.get(lane) ?? []), work]);
      let end = () => {};
      const promise = new Promise<void>(resolve => {
        end = resolve;
      });
      this.#ends.set(work.id, { promise, end });
    }
    await Promise.all([...lanes.values()].map(works => this.#runLane(works)));
    await Promise.all(this.#recording);
    return this.#works.map(work => this.#outcomes.get(work.id) as Outcome);
  }

  async #runLane(works: Work[]): Promise<void> {
    const { lane } = works[0].deed;
    const own = new Set(works.map(({ id }) => id));
    const before = this.#endOf(
      works.flatMap(({ dependsOn }) => dependsOn).filter(id => !own.has(id)),
    );
    const runAll = () => Promise.all(works.map(work => this.#runOne(work)));
    const ahead = works.flatMap(({ deed }) => deed.readAhead ?? []);
    if (ahead.length === 0) await before;
    if (!lane || (!ahead.length && works.every(work => this.#obstacle(work)))) {
      await runAll();
      return;
    }
    try {
      await this.#oneLease(() =>
        this.#scope.context.guard.withLease(lane.lease, async () => {
          ahead.forEach(read => read());
          await before;
          await runAll();
        }),
      );
    } catch (error) {
      for (const work of works) {
        if (!this.#outcomes.has(work.id)) this.#fail(work, error);
      }
    }
  }

  /** Waits for the end of steps, whatever it is; those that are not in the plan count as ended. */
  #endOf(ids: string[]): Promise<unknown> {
    return Promise.all(ids.map(id => this.#ends.get(id)?.promise));
  }

  /** Why a step cannot start. */
  #obstacle(work: Work): string | undefined {
    if (this.#scope.context.signal.aborted)
      return 'the operation was stopped first';
    for (const id of work.dependsOn) {
      const outcome = this.#outcomes.get(id);
      if (outcome && outcome.state !== 'done') {
        return `"${outcome.work.deed.does}" was not done`;
      }
    }
    return undefined;
  }

  async #runOne(work: Work): Promise<void> {
    await this.#endOf(work.dependsOn);
    const because = this.#obstacle(work);
    if (because) {
      this.#end({ work, state: 'skipped', because });
      this.#record(work, 'skipped', `Not done: ${because}`);
      return;
    }
    const { clock } = this.#scope.context;
    const started = clock.now();
    try {
      this.#record(work, 'started', capitalised(work.deed.does));
      const message = await work.deed.run({
        id: work.id,
        does: work.deed.does,
        warn: text => this.warnings.push(text),
        wroteNothing: () => this.idle.add(work.id),
      });
      this.#end({ work, state: 'done' });
      this.#record(
        work,
        'done',
        message ?? work.deed.did,
        clock.now() - started,
      );
    } catch (error) {
      this.#fail(work, error, clock.now() - started);
    }
  }

  #fail(work: Work, error: unknown, durationMs?: number) {
    const explained = explain(this.#scope, work.deed.does, error);
    this.#end({ work, state: 'failed', error: explained });
    this.#record(work, 'failed', explained.message, durationMs);
  }

  #end(outcome: Outcome) {
    this.#outcomes.set(outcome.work.id, outcome);
    this.#ends.get(outcome.work.id)?.end();
  }

  #record(
    work: Work,
    status: StepStatus,
    message: string,
    durationMs?: number,
  ) {
    const recorded = emit(this.#scope, {
      type: 'step',
      data: { id: work.id, status, message, durationMs },
    });
    this.#recording.push(recorded);
  }
}

/**
 * Carries out the steps of a plan: independent ones in parallel, also those of one lane, each after its dependencies.
 * A failed step stops only its dependants; a cancel stops between steps.
 *
 * @param again - what a failure says last
 * @returns the warnings of the steps, and the ids of those that wrote nothing
 * @throws an error of the first failure's class that says what was done, what was not, and that running it again
 *   carries on; an error named CancelledError after a cancel
 */
export async function carryOut(
  scope: Scope,
  works: Work[],
  again?: string,
): Promise<Pick<StepRunner, 'warnings' | 'idle'>> {
  const runner = new StepRunner(scope, works);
  const outcomes = await runner.run();
  if (outcomes.every(({ state }) => state === 'done')) return runner;
  throw scope.context.signal.aborted
    ? stoppedPartly(outcomes, scope.context.signal.reason)
    : failedPartly(outcomes, again);
}
