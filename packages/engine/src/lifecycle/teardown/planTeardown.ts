import type { Plan } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { checkTeardown } from '../../guardrails';
import { planAgentRemoval } from '../agent/planRemoval';
import { PlanBuilder } from '../steps/PlanBuilder';
import type { Step } from '../steps/Step';
import { planRoleRemoval } from '../role/planRemoval';
import { planAssociationRemoval } from '../association/planRemoval';
import { findRoleUse } from '../role/roleUse';
import { createScope, Scope, guardrailContext } from '../steps/scope';
import { entityOf, readTeardownFacts } from './teardownFacts';
import type { OperationContext, TeardownRequest } from '../../operationContext';
import type { Workload } from '../serviceAccount/workloads';
import {
  planAffectedWorkloads,
  planKeptNamespace,
  planProbePodRemoval,
  planServiceAccountRemoval,
} from '../serviceAccount/planRemoval';

/** A plan with everything that apply and the outputs need. */
export interface PlannedTeardown {
  scope: Scope;
  plan: Plan;
  steps: Step[];
  affectedWorkloads: Workload[];
}

/** Resources that the task changed but did not create stay; lists them with their former value. */
async function planFormerValues(
  builder: PlanBuilder,
  scope: Scope,
  { input: { createdByTask } }: TeardownRequest,
): Promise<void> {
  const { plansOfTask } = scope.context;
  if (createdByTask === undefined || !plansOfTask) return;
  for (const plan of await plansOfTask(createdByTask)) {
    for (const step of plan.steps) {
      const untagged = ['managed-policy', 'inline-policy', 'trust-statement'];
      const changed =
        (step.resource.kind !== 'workload' &&
          ['update', 'replace', 'delete'].includes(step.change)) ||
        (step.change === 'create' &&
          untagged.includes(step.resource.kind) &&
          !plan.steps.some(
            ({ id, change }) => id === 'role' && change === 'create',
          ));
      if (
        !changed ||
        builder.steps.some(
          ({ plan: own }) => own.id === step.id && own.change === 'delete',
        )
      )
        continue;
      builder.add({
        id: `former.${step.id}`,
        resource: step.resource,
        change: 'keep',
        owner: step.owner,
        before: step.before,
        after: step.after,
        reason: `the task set out to change it and did not make it: it is not turned back. Former value: ${
          step.before ? JSON.stringify(step.before) : 'it was not there'
        }`,
      });
    }
  }
}

/** How long a preview may search for other users of a role with wide trust: a user waits for it in a form. */
export const PREVIEW_SCAN_MS = 30_000;

/** The same while a teardown is carried out. */
export const SCAN_MS = 150_000;

/**
 * Reads everything that may belong to the identity, with the read role, and computes what to remove and what to keep,
 * each with its reason.
 */
export async function planTeardown(
  request: TeardownRequest,
  context: OperationContext,
  options: { naming?: PodIdentityRoleNaming; scanMs: number },
): Promise<PlannedTeardown> {
  const scope = createScope(request.ref, context);
  checkTeardown(request.input, guardrailContext(scope));
  const builder = new PlanBuilder('teardown', scope);
  const facts = await readTeardownFacts(scope, request, options.naming);
  if (facts.warning) builder.warn(facts.warning);
  if (facts.gone) {
    builder.warn(
      `Cluster ${scope.cluster.name} is gone, and its associations and service accounts with it; only the role is checked.`,
    );
  }
  const { createdByTask, force } = request.input;
  planProbePodRemoval(builder, scope, facts.kubernetes, createdByTask);
  const associationGoes =
    facts.association !== undefined &&
    planAssociationRemoval(builder, scope, facts.association, createdByTask);
  const remaining = associationGoes ? undefined : facts.association;
  const associationStays = remaining !== undefined;
  const serviceAccountGoes = planServiceAccountRemoval(
    builder,
    scope,
    facts.kubernetes,
    { createdByTask, associationStays, clusterGone: facts.gone, force },
  );
  planKeptNamespace(builder, scope, facts.kubernetes);
  for (const role of facts.roles) {
    await planRoleRemoval(builder, scope, role, {
      remaining,
      associationGoes,
      entityRef: entityOf(scope, request, facts.association),
      createdByTask,
      findUse: () => findRoleUse(scope, role.arn, options.scanMs),
    });
  }
  if (facts.agent) {
    planAgentRemoval(builder, scope, facts.agent, {
      createdByTask,
      associationStays,
    });
  }
  const unread =
    !facts.gone &&
    !facts.kubernetes.objects.known &&
    scope.cluster.kubernetes.access !== 'none';
  // What the task made is by now part of what they asked for
  const isOfOthers =
    createdByTask !== undefined &&
    (await scope.context.changedAfterTask?.(createdByTask));
  if (isOfOthers) {
    builder.keepAll(`others changed this identity after task ${createdByTask}`);
  }
  const affectedWorkloads =
    !isOfOthers && (associationGoes || serviceAccountGoes || unread)
      ? planAffectedWorkloads(builder, scope, facts.kubernetes, request.input)
      : [];
  builder.affects(affectedWorkloads);
  await planFormerValues(builder, scope, request);
  return {
    scope,
    plan: builder.plan(),
    steps: builder.steps,
    affectedWorkloads,
  };
}
