import type { OperationResult } from 'backstage-plugin-eks-pod-identity-common';
import { OperationRecord } from '../store';

/**
 * A run that was carried on plans again, and finds done what an interrupted attempt did. To its starter the operation
 * is one: what the first plan set out to do counts as done by it.
 */
export function withEarlierAttempts(
  record: OperationRecord,
  result: OperationResult,
): OperationResult {
  const first = record.plan;
  if (!first?.changes || result.kind === 'verify') return result;
  if (result.kind === 'restart') return { ...result, changed: true };
  if (!result.applied) return result;
  if (result.kind !== 'teardown') return { ...result, changed: true };

  const known = [...result.removed, ...result.kept];
  const earlier = first.steps
    .filter(step => step.change === 'delete')
    .map(step => step.resource)
    .filter(
      resource =>
        !known.some(
          one => one.kind === resource.kind && one.name === resource.name,
        ),
    )
    .map(({ kind, name }) => ({ kind, name }));
  return { ...result, changed: true, removed: [...earlier, ...result.removed] };
}
