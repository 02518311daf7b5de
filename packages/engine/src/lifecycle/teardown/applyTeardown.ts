import type { TeardownResult } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import {
  planTeardown,
  PlannedTeardown,
  PREVIEW_SCAN_MS,
  SCAN_MS,
} from './planTeardown';
import type { OperationContext, TeardownRequest } from '../../operationContext';
import { apply } from '../steps/apply';

function resultOf(planned: PlannedTeardown, applied: boolean): TeardownResult {
  const { plan, affectedWorkloads } = planned;
  const entries = (change: 'delete' | 'keep') =>
    plan.steps
      .filter(step => step.change === change)
      .map(({ resource: { kind, name }, reason }) => ({ kind, name, reason }));
  return {
    kind: 'teardown',
    applied,
    changed: applied && plan.changes,
    removed: applied
      ? entries('delete').map(({ kind, name }) => ({ kind, name }))
      : [],
    kept: entries('keep'),
    affectedWorkloads,
    plan,
    warnings: plan.warnings,
  };
}

/** Limits every wait of a teardown with a time limit. */
function withinLimit(
  context: OperationContext,
  timeoutSeconds: number | undefined,
): OperationContext {
  if (timeoutSeconds === undefined) return context;
  const { timings } = context.config;
  const atMost = (ms: number) => Math.min(ms, timeoutSeconds * 1000);
  return {
    ...context,
    config: {
      ...context.config,
      timings: {
        ...timings,
        associationGone: atMost(timings.associationGone),
        rolePropagation: atMost(timings.rolePropagation),
        agentInstall: atMost(timings.agentInstall),
      },
    },
  };
}

/** Applies a teardown request: plans with fresh state, then removes what is ours. */
export async function teardown(
  request: TeardownRequest,
  context: OperationContext,
  naming: PodIdentityRoleNaming | undefined,
): Promise<TeardownResult> {
  const planned = await planTeardown(
    request,
    withinLimit(context, request.input.timeoutSeconds),
    { naming, scanMs: request.input.planOnly ? PREVIEW_SCAN_MS : SCAN_MS },
  );
  const { applied } = await apply(planned.scope, planned, request.input);
  return resultOf(planned, applied);
}
