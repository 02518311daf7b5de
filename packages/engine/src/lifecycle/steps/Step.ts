import type { PlanStep } from 'backstage-plugin-eks-pod-identity-common';

/** Steps of a lane run one after the other, under one lease. */
export interface Lane {
  readonly name: string;
  /** Something that several ServiceAccounts share, and that only one operation may write at a time. */
  readonly lease: { kind: 'role' | 'cluster'; name: string };
}

/** A step while it is carried out. */
export interface RunningStep {
  /** Under which its events are recorded. */
  readonly id: string;
  /** Completes "Could not …". */
  readonly does: string;
  /** For the result; the step itself succeeds. */
  warn(text: string): void;
}

/**
 * What a step does when its plan is applied. It knows what the plan saw, and reads again whatever the write depends on:
 * between plan and write others may have changed it.
 */
export interface Deed {
  /** Completes "Could not …". */
  readonly does: string;
  readonly lane?: Lane;
  /** Done before it; the events show it as a separate step. */
  readonly first?: Deed & { readonly id: string };
  /** @returns a sentence for the log, or nothing */
  run(step: RunningStep): Promise<string | void>;
}

/** A step of a plan with its deed. */
export interface Step {
  /** What people see and what is stored. */
  readonly plan: PlanStep;
  /** Absent where the step keeps something or refuses. */
  readonly deed?: Deed;
}
