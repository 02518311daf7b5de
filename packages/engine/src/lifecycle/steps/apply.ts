import { ConflictError } from '@backstage/errors';
import type { Plan } from 'backstage-plugin-eks-pod-identity-common';

/** Sentence about a plan that is not applied. */
export function refusal(plan: Plan): ConflictError {
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
