import { ConflictError, NotAllowedError } from '@backstage/errors';
import {
  isRestartable,
  type RestartResult,
} from 'backstage-plugin-eks-pod-identity-common';
import { inOrder } from '../../async/inOrder';
import type { Association } from '../../aws/association';
import { checkRestart } from '../../guardrails';
import type { OperationContext, RestartRequest } from '../../operationContext';
import { EffectivenessGate } from '../EffectivenessGate';
import { isOurs } from '../association/isOurs';
import { readAssociation } from '../association/liveAssociation';
import type { Gate } from '../gate';
import { apply } from '../steps/apply';
import { PlanBuilder } from '../steps/PlanBuilder';
import { openKubernetes, readOrExplain } from '../steps/reading';
import { createScope, guardrailContext, type Scope } from '../steps/scope';
import { planRestart } from './planRestart';
import { readPods, workloadReader } from './readWorkloads';

/** @throws ConflictError without an association, NotAllowedError for one that the portal did not make */
async function ownAssociation(scope: Scope): Promise<Association> {
  const { cluster, context, ref } = scope;
  const { namespace, serviceAccount } = ref;
  const association = await readAssociation(scope);
  if (!association) {
    throw new ConflictError(
      `Nothing was restarted: ${cluster.name} has no association for ${namespace}/${serviceAccount}, so new pods would not receive an identity either`,
    );
  }
  const { claimant } = context;
  const mayAny = !claimant || claimant.isAdministrator;
  if (!mayAny && !isOurs(scope, association)) {
    throw new NotAllowedError(
      `Nothing was restarted: ${scope.voice.us} did not make the association ${association.id}, and it restarts only the workloads of its own. Run the command of the report yourself`,
    );
  }
  return association;
}

/** The running pods, and what reads their workloads, with the read role. */
async function runningPods(scope: Scope) {
  const api = await openKubernetes(scope);
  const pods = await readOrExplain(
    scope,
    'look at the running pods',
    async () => {
      if (!api.known) throw new ConflictError(api.lack.sentence);
      return readPods(api.value, scope);
    },
  );
  return { pods, replacing: workloadReader(scope, api) };
}

/** Restarts the workloads whose pods started before their identity, once new pods are known to receive it. */
export async function restart(
  { ref, input }: RestartRequest,
  context: OperationContext,
  verification: Gate,
): Promise<RestartResult> {
  const scope = createScope(ref, context);
  checkRestart(input, guardrailContext(scope));
  const [association, { pods, replacing }] = await inOrder([
    ownAssociation(scope),
    runningPods(scope),
  ]);
  const builder = new PlanBuilder('restart', scope);
  builder.add({
    id: 'association',
    resource: { kind: 'association', name: association.id },
    owner: isOurs(scope, association) ? 'portal' : 'external',
    change: 'keep',
    reason: 'it stays as it is',
  });
  const gate = new EffectivenessGate(scope, verification, () => {});
  const outdated = verification.podsToRestart(pods, {
    association,
    isReplaced: false,
    now: context.clock.now(),
  });
  if (outdated.some(isRestartable)) {
    gate.plan(builder, 'there', input.timeoutSeconds, { required: true });
  }
  await planRestart(builder, scope, {
    pods: { known: true, value: pods },
    replacing,
    association,
    gate: verification,
    wanted: true,
    timeoutSeconds: input.timeoutSeconds,
    obstacle: () => gate.obstacle,
  });
  const plan = builder.plan();
  const { changed, warnings } = await apply(
    scope,
    { plan, steps: builder.steps },
    {},
  );
  return {
    kind: 'restart',
    changed,
    plan,
    warnings: [...plan.warnings, ...warnings],
  };
}
