import type {
  Plan,
  PlanStep,
  ResourceOwner,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** A step with what apply has to do for it. */
export interface Planned<Intent> {
  step: PlanStep;
  /** Undefined for a step that does nothing. */
  intent?: Intent;
}

/** Collects the steps of a plan in order; ids are unique. */
export class PlanBuilder<Intent> {
  readonly planned: Planned<Intent>[] = [];
  readonly warnings: string[] = [];

  constructor(
    private readonly kind: Plan['kind'],
    private readonly ref: ServiceAccountRef,
  ) {}

  /** Answers the id under which the step was added. */
  add(
    step: Omit<PlanStep, 'dependsOn' | 'owner'> & {
      dependsOn?: string[];
      owner?: ResourceOwner;
    },
    intent?: Intent,
  ): string {
    const id = this.#unique(step.id);
    this.planned.push({
      step: {
        owner: 'portal',
        ...step,
        id,
        dependsOn: step.dependsOn ?? [],
      },
      intent,
    });
    return id;
  }

  warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Ids of the steps so far that begin with one of the prefixes. */
  ids(...prefixes: string[]): string[] {
    return this.planned
      .map(({ step }) => step.id)
      .filter(id =>
        prefixes.some(prefix => id === prefix || id.startsWith(`${prefix}.`)),
      );
  }

  has(id: string): boolean {
    return this.planned.some(({ step }) => step.id === id);
  }

  plan(more?: Pick<Plan, 'affectedWorkloads'>): Plan {
    const steps = this.planned.map(({ step }) => step);
    return {
      kind: this.kind,
      ref: this.ref,
      steps,
      warnings: this.warnings,
      ...more,
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
