import pLimit from 'p-limit';
import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { emit, explain, Scope } from './scope';
import {
  capitalised,
  failedPartly,
  Outcome,
  stoppedPartly,
  Work,
} from './outcome';

type StepStatus = Extract<
  NewOperationEvent,
  { type: 'step' }
>['data']['status'];

class StepRunner {
  readonly warnings: string[] = [];
  readonly #scope: Scope;
  readonly #works: Work[];
  readonly #outcomes = new Map<string, Outcome>();
  readonly #settled = new Map<string, Promise<void>>();
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
    }
    const starts: (() => void)[] = [];
    for (const works of lanes.values()) {
      const started = new Promise<void>(resolve => starts.push(resolve));
      const done = started.then(() => this.#runLane(works));
      for (const work of works) this.#settled.set(work.id, done);
    }
    // Register every lane before the first one looks up its predecessors.
    starts.forEach(start => start());
    await Promise.all(this.#settled.values());
    return this.#works.map(work => this.#outcomes.get(work.id) as Outcome);
  }

  async #runLane(works: Work[]): Promise<void> {
    const own = new Set(works.map(({ id }) => id));
    const before = works
      .flatMap(({ dependsOn }) => dependsOn)
      .filter(id => !own.has(id));
    await Promise.all(before.map(id => this.#settled.get(id)));
    const { lane } = works[0].deed;
    const all = async () => {
      for (const work of works) await this.#runOne(work);
    };
    if (!lane || works.every(work => this.#obstacle(work))) {
      await all();
      return;
    }
    try {
      await this.#oneLease(() =>
        this.#scope.context.guard.withLease(lane.lease, all),
      );
    } catch (error) {
      for (const work of works) {
        if (!this.#outcomes.has(work.id)) await this.#fail(work, error);
      }
    }
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
    const because = this.#obstacle(work);
    if (because) {
      this.#outcomes.set(work.id, { work, state: 'skipped', because });
      await this.#emit(work, 'skipped', `Not done: ${because}`);
      return;
    }
    const { clock } = this.#scope.context;
    const started = clock.now();
    try {
      await this.#emit(work, 'started', capitalised(work.deed.does));
      const message = await work.deed.run({
        id: work.id,
        does: work.deed.does,
        warn: text => this.warnings.push(text),
      });
      this.#outcomes.set(work.id, { work, state: 'done' });
      await this.#emit(
        work,
        'done',
        message ?? `Done: ${work.deed.does}`,
        clock.now() - started,
      );
    } catch (error) {
      await this.#fail(work, error, clock.now() - started);
    }
  }

  async #fail(work: Work, error: unknown, durationMs?: number) {
    const explained = explain(this.#scope, work.deed.does, error);
    this.#outcomes.set(work.id, { work, state: 'failed', error: explained });
    await this.#emit(work, 'failed', explained.message, durationMs);
  }

  async #emit(
    work: Work,
    status: StepStatus,
    message: string,
    durationMs?: number,
  ) {
    await emit(this.#scope, {
      type: 'step',
      data: { id: work.id, status, message, durationMs },
    });
  }
}

/**
 * Carries out the steps of a plan: independent ones in parallel, each after its dependencies. A failed step stops
 * only its dependants; a cancel stops between steps.
 *
 * @returns the warnings of the steps
 * @throws an error of the first failure's class that says what was done, what was not, and that running it again
 *   carries on; an error named CancelledError after a cancel
 */
export async function carryOut(scope: Scope, works: Work[]): Promise<string[]> {
  const runner = new StepRunner(scope, works);
  const outcomes = await runner.run();
  if (outcomes.every(({ state }) => state === 'done')) return runner.warnings;
  throw scope.context.signal.aborted
    ? stoppedPartly(outcomes, scope.context.signal.reason)
    : failedPartly(outcomes);
}
