import type { TeardownResult } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { assertGranted } from '../steps/permissions';
import {
  planTeardown,
  PlannedTeardown,
  PREVIEW_SCAN_MS,
  SCAN_MS,
} from './planTeardown';
import { RoleRemoval } from '../role/roleRemoval';
import type { Work } from '../steps/outcome';
import { carryOut } from '../steps/StepRunner';
import type { TeardownIntent } from './teardownIntents';
import type { OperationContext, TeardownRequest } from '../../operationContext';
import { refusal, worksOf } from '../steps/apply';

type Intent<T extends TeardownIntent['type']> = Extract<
  TeardownIntent,
  { type: T }
>;

class TeardownRun {
  readonly #removals = new Map<string, RoleRemoval>();

  constructor(private readonly planned: PlannedTeardown) {}

  works(): Work[] {
    return this.planned.steps.flatMap(step =>
      step.intent
        ? this.#roleWork(step.plan.id, step.plan.dependsOn, step.intent)
        : worksOf(step),
    );
  }

  #roleWork(
    id: string,
    dependsOn: string[],
    intent: Intent<
      'detach' | 'delete-inline' | 'delete-role' | 'remove-statement'
    >,
  ): Work {
    const { role } = intent;
    const removal =
      this.#removals.get(role.arn) ?? new RoleRemoval(this.planned.scope, role);
    this.#removals.set(role.arn, removal);
    return {
      id,
      dependsOn,
      deed: {
        does: removal.inWords(intent),
        lane: {
          name: `role ${role.arn}`,
          lease: { kind: 'role', name: role.arn },
        },
        run: () => removal.run(id, intent),
      },
    };
  }
}

function resultOf(planned: PlannedTeardown, applied: boolean): TeardownResult {
  const { plan, warnings, affectedWorkloads } = planned;
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
    warnings,
  };
}

/** With a limit of its own, a teardown waits for nothing longer than that. */
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

/** One teardown: plans with fresh state, then takes away what is ours. */
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
  const { plan } = planned;
  await context.emit({ type: 'plan', data: plan });
  if (request.input.planOnly) return resultOf(planned, false);
  if (plan.conflicts) throw refusal(plan);
  assertGranted(plan, context.granted);
  await carryOut(planned.scope, new TeardownRun(planned).works());
  return resultOf(planned, true);
}
