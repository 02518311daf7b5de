import type { PlanStep } from 'backstage-plugin-eks-pod-identity-common';
import type { DeedWords } from './deed';

/** Steps of a lane run under one lease. */
export interface Lane {
  readonly name: string;
  /** A role or cluster that several service accounts share and only one operation may write at a time. */
  readonly lease: { kind: 'role' | 'cluster'; name: string };
}

/** A step that is being carried out. */
export interface RunningStep {
  /** Id under which its events are recorded. */
  readonly id: string;
  /** Completes "Could not …". */
  readonly does: string;
  /** Adds a warning to the result; the step still succeeds. */
  warn(text: string): void;
  /** Says that the step wrote nothing, and does not need to be done again. */
  wroteNothing(): void;
}

/**
 * What a step does when its plan is applied. It knows the state that the plan read, and reads again what the write
 * depends on, because others may have changed it since.
 */
export interface Deed extends DeedWords {
  readonly lane?: Lane;
  /**
   * Starts to read what the deed depends on, beside the steps before it; the lane's lease is held from then on. The
   * deed itself decides whether that reading is still recent enough, and reports its errors.
   */
  readonly readAhead?: () => void;
  /** A deed to do first; the events show it as a separate step. */
  readonly first?: Deed & { readonly id: string };
  /** @returns a sentence for the log, or nothing */
  run(step: RunningStep): Promise<string | void>;
}

/** A step of a plan with its deed. */
export interface Step {
  /** The part that users see and the database stores. */
  readonly plan: PlanStep;
  /** Absent where the step keeps its resource or is a conflict. */
  readonly deed?: Deed;
}
