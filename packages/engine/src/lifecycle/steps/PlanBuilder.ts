import type {
  Plan,
  PlanStep,
  ResourceOwner,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Voice } from '../../text/voice';
import type { Scope } from './scope';
import type { Deed, Step } from './Step';

/** Collects the steps of a plan in order; ids are unique. */
export class PlanBuilder {
  readonly steps: Step[] = [];
  readonly warnings: string[] = [];
  #affected?: Plan['affectedWorkloads'];
  readonly #kind: Plan['kind'];
  readonly #ref: ServiceAccountRef;
  /** In which steps give their reasons. */
  readonly voice: Voice;

  constructor(
    kind: Plan['kind'],
    { ref, voice }: Pick<Scope, 'ref' | 'voice'>,
  ) {
    this.#kind = kind;
    this.#ref = ref;
    this.voice = voice;
  }

  /**
   * @param deed - absent where the step keeps something or refuses
   * @returns the id under which the step was added
   */
  add(
    step: Omit<PlanStep, 'dependsOn' | 'owner'> & {
      dependsOn?: string[];
      owner?: ResourceOwner;
    },
    deed?: Deed,
  ): string {
    const id = this.#unique(step.id);
    this.steps.push({
      plan: {
        owner: 'portal',
        ...step,
        id,
        dependsOn: step.dependsOn ?? [],
      },
      deed,
    });
    return id;
  }

  /** Gives up all that was planned so far: each resource stays. */
  keepAll(reason: string): void {
    for (const [at, { plan }] of this.steps.entries()) {
      if (plan.change !== 'keep') {
        this.steps[at] = { plan: { ...plan, change: 'keep', reason } };
      }
    }
  }

  warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Names the workloads whose pods feel the plan. */
  affects(workloads: NonNullable<Plan['affectedWorkloads']>): void {
    this.#affected = workloads;
  }

  /** Ids of the steps added so far that begin with one of the prefixes. */
  ids(...prefixes: string[]): string[] {
    return this.steps
      .map(({ plan }) => plan.id)
      .filter(id =>
        prefixes.some(prefix => id === prefix || id.startsWith(`${prefix}.`)),
      );
  }

  has(id: string): boolean {
    return this.steps.some(({ plan }) => plan.id === id);
  }

  plan(): Plan {
    const steps = this.steps.map(({ plan }) => plan);
    return {
      kind: this.#kind,
      ref: this.#ref,
      steps,
      warnings: this.warnings,
      ...(this.#affected ? { affectedWorkloads: this.#affected } : {}),
      changes: steps.some(
        ({ change }) => change !== 'keep' && change !== 'conflict',
      ),
      conflicts: steps.some(({ change }) => change === 'conflict'),
    };
  }

  #unique(id: string): string {
    let candidate = id;
    for (let n = 2; this.has(candidate); n++) candidate = `${id}-${n}`;
    return candidate;
  }
}

/** Requested tags that are missing or have another value. */
export function differing(
  current: Record<string, string>,
  wanted: Record<string, string>,
) {
  const before: Record<string, string | null> = {};
  const after: Record<string, string> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (current[key] === value) continue;
    before[key] = current[key] ?? null;
    after[key] = value;
  }
  return { before, after };
}
