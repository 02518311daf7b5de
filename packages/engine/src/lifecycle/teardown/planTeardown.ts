import type { Plan } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { checkTeardown } from '../../guardrails';
import { planAgentRemoval } from '../agent/planRemoval';
import { PlanBuilder, Planned } from '../steps/PlanBuilder';
import { planTeardownRole } from '../role/planRemoval';
import {
  planAssociation,
  planNamespace,
  planProbePods,
  planServiceAccount,
} from './planTeardownParts';
import { findRoleUse } from '../role/roleUse';
import { createScope, Scope, guardrailContext } from '../steps/scope';
import { entityOf, readTeardownFacts, TeardownFacts } from './teardownFacts';
import type { TeardownIntent } from './teardownIntents';
import type { OperationContext, TeardownRequest } from '../../operationContext';
import { Workload, workloadsInWords } from '../serviceAccount/workloads';
import { noAccessReason } from '../steps/reading';

/** A plan with all that apply and the outputs need. */
export interface PlannedTeardown {
  scope: Scope;
  plan: Plan;
  steps: Planned<TeardownIntent>[];
  warnings: string[];
  affectedWorkloads: Workload[];
}

type Builder = PlanBuilder<TeardownIntent>;

/** Lists who loses access, and refuses unless forced. */
function planWorkloads(
  builder: Builder,
  scope: Scope,
  { kubernetes: { use } }: TeardownFacts,
  request: TeardownRequest,
): Workload[] {
  const { force, createdByTask } = request.input;
  const resource = {
    kind: 'service-account' as const,
    name: `${scope.ref.namespace}/${scope.ref.serviceAccount}`,
  };
  const refuse = (reason: string) =>
    builder.add({
      id: 'workloads',
      resource,
      owner: 'external',
      change: 'conflict',
      reason,
    });
  const lists = force || createdByTask !== undefined;
  if ('unseen' in use) {
    const unknown = `which workloads lose access cannot be told: ${use.unseen}`;
    // Whoever configured that the portal does not look has taken this upon themselves.
    const configured = use.unseen === noAccessReason(scope);
    if (lists || configured) builder.warn(`${capital(unknown)}.`);
    else refuse(`${unknown}; set force to go on all the same`);
    return [];
  }
  const { workloads } = use.seen;
  if (!workloads.length) return [];
  const words = workloadsInWords(workloads);
  if (lists) {
    builder.warn(
      `These lose access: ${words}. Running pods get 404 from the agent at their next refresh and do not fall back to the node's role.`,
    );
  } else {
    refuse(
      `these would lose access: ${words}; running pods get 404 from the agent at their next refresh, without fall-back. Give them another ServiceAccount or remove them first, or set force`,
    );
  }
  return workloads;
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase('en-US') + text.slice(1);
}

/** What the task changed and did not create stays; it is listed with its former value. */
async function planFormerValues(
  builder: Builder,
  scope: Scope,
  { input: { createdByTask } }: TeardownRequest,
): Promise<void> {
  const { plansOfTask } = scope.context;
  if (createdByTask === undefined || !plansOfTask) return;
  for (const plan of await plansOfTask(createdByTask)) {
    for (const step of plan.steps) {
      const untagged = ['managed-policy', 'inline-policy', 'trust-statement'];
      const changed =
        ['update', 'replace', 'delete'].includes(step.change) ||
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

/** How long a preview may look for others who use a role with wide trust; whoever waits for it sits before a form. */
export const PREVIEW_SCAN_MS = 30_000;

/** The same while a teardown is carried out. */
export const SCAN_MS = 150_000;

/**
 * Looks at everything that may be of this ref, with the read role, and computes what goes and what stays, each with
 * its reason.
 */
export async function planTeardown(
  request: TeardownRequest,
  context: OperationContext,
  options: { naming?: PodIdentityRoleNaming; scanMs: number },
): Promise<PlannedTeardown> {
  const scope = createScope(request.ref, context);
  checkTeardown(request.input, guardrailContext(scope));
  const builder: Builder = new PlanBuilder('teardown', request.ref);
  const facts = await readTeardownFacts(scope, request, options.naming);
  if (facts.warning) builder.warn(facts.warning);
  if (facts.gone) {
    builder.warn(
      `Cluster ${scope.cluster.name} is gone, and its associations and ServiceAccounts with it; only the role is looked at.`,
    );
  }
  planProbePods(builder, facts, request);
  const associationGoes = planAssociation(builder, scope, facts, request);
  const stays = facts.association && !associationGoes;
  const serviceAccountGoes = planServiceAccount(
    builder,
    scope,
    facts,
    request,
    !!stays,
  );
  planNamespace(builder, scope, facts);
  for (const role of facts.roles) {
    await planTeardownRole(builder, scope, role, {
      remaining: stays ? facts.association : undefined,
      associationGoes,
      entityRef: entityOf(scope, request, facts.association),
      createdByTask: request.input.createdByTask,
      findUse: () => findRoleUse(scope, role.arn, options.scanMs),
    });
  }
  if (facts.agent) {
    planAgentRemoval(builder, scope, facts.agent, {
      createdByTask: request.input.createdByTask,
      associationStays: !!stays,
    });
  }
  const affectedWorkloads =
    associationGoes || serviceAccountGoes
      ? planWorkloads(builder, scope, facts, request)
      : [];
  await planFormerValues(builder, scope, request);
  return {
    scope,
    plan: builder.plan({ affectedWorkloads }),
    steps: builder.steps,
    warnings: builder.warnings,
    affectedWorkloads,
  };
}
