import { ConflictError } from '@backstage/errors';
import {
  type Plan,
  renderPlanLines,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Work } from './outcome';
import { assertGranted } from './permissions';
import type { Scope } from './scope';
import type { Step } from './Step';
import { carryOut } from './StepRunner';

/** Says why a plan is not applied. */
function refusal(plan: Plan): ConflictError {
  const reasons = plan.steps
    .filter(({ change }) => change === 'conflict')
    .map(
      ({ resource, reason }) => `${resource.kind} ${resource.name}: ${reason}`,
    );
  return new ConflictError(
    `Nothing was changed, because the plan has ${
      reasons.length === 1 ? 'a conflict' : `${reasons.length} conflicts`
    }. ${reasons.join('. ')}.`,
  );
}

/** Puts a deed's prerequisite in front of it as a separate step, with the step's dependencies. */
export function worksOf({ plan: { id, dependsOn }, deed }: Step): Work[] {
  if (!deed) return [];
  const { first } = deed;
  return first
    ? [
        { id: first.id, dependsOn, deed: first },
        { id, dependsOn: [first.id], deed },
      ]
    : [{ id, dependsOn, deed }];
}

/**
 * Records the plan and, unless `planOnly` is set, carries it out.
 *
 * @returns whether it was carried out, whether that changed anything, and the warnings of its steps
 * @throws ConflictError when the plan has a conflict, NotAllowedError when it needs more than was granted, and what
 *   {@link carryOut} throws
 */
export async function apply(
  scope: Scope,
  { plan, steps }: { plan: Plan; steps: Step[] },
  { planOnly, again }: { planOnly?: boolean; again?: string },
): Promise<{ applied: boolean; changed: boolean; warnings: string[] }> {
  const { context } = scope;
  await context.emit({ type: 'plan', data: plan });
  if (planOnly) return { applied: false, changed: false, warnings: [] };
  if (plan.conflicts) throw refusal(plan);
  assertGranted(plan, context.granted);
  for (const line of renderPlanLines(plan)) context.logger.debug(line);
  const { warnings, idle } = await carryOut(
    scope,
    steps.flatMap(worksOf),
    again,
  );
  const changed = plan.steps.some(
    ({ id, change }) => change !== 'keep' && !idle.has(id),
  );
  return { applied: true, changed, warnings };
}
