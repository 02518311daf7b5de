import { ConflictError } from '@backstage/errors';
import {
  type AssociateInput,
  associationDeletePermission,
  kindInWords,
  MARK_TAGS,
  type MigrateInput,
  type PlanStep,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type PlannedAssociate,
  planAssociate,
} from '../../lifecycle/associate/planAssociate';
import { carryOut } from '../../lifecycle/steps/StepRunner';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { deed } from '../../lifecycle/steps/deed';
import { worksOf } from '../../lifecycle/steps/apply';
import type { Scope } from '../../lifecycle/steps/scope';
import { teardown } from '../../lifecycle/teardown/applyTeardown';
import type { VerifyContext } from '../../verification/run/verification';
import { refOf, type Subject } from '../subject';
import { admits, rehearsalName } from '../trustStage';
import type { PlannedTrust } from './planTrust';
import { untilItsEnd } from './reading';
import { proveByPod } from './testPod';
import type { MigrateRequest, MoveDeps } from './types';

/** What a rehearsal makes is marked as made by this, and only what is so marked goes with it. */
const REHEARSAL = 'move-rehearsal';

/** Only its log lines are of the operation: its plan and its steps are of another service account. */
const quietly = (context: VerifyContext): VerifyContext => ({
  ...context,
  lastAssociate: undefined,
  // Who may move may take away what the rehearsal made
  granted: new Set([...context.granted, associationDeletePermission.name]),
  emit: async event => {
    if (event.type === 'log') await context.emit(event);
  },
});

/** Whether something of its name is there that no rehearsal made. */
function foreignOf({
  association,
  plan,
}: PlannedAssociate): PlanStep['resource'] | undefined {
  const isOther =
    association && association.tags[MARK_TAGS.taskId] !== REHEARSAL;
  return plan.steps.find(
    ({ id, change, owner }) =>
      (id === 'association' && isOther) ||
      (id === 'service-account' && change === 'keep' && owner !== 'portal'),
  )?.resource;
}

/** What a rehearsal made goes, although the operation was stopped; also what a process that has ended left of one. */
export function endRehearsal(
  { ref, input }: Pick<MigrateRequest, 'ref' | 'input'>,
  context: VerifyContext,
  { withoutRoles = false } = {},
) {
  const { cluster, namespace } = ref;
  const serviceAccount = rehearsalName(ref.serviceAccount);
  const target = { clusterName: cluster, namespace, serviceAccount };
  const { entityRef } = input;
  return untilItsEnd(context, signal =>
    teardown(
      {
        ref: { cluster, namespace, serviceAccount },
        input: { ...target, entityRef, createdByTask: REHEARSAL },
        withoutRoles,
      },
      { ...quietly(context), signal },
      undefined,
    ),
  );
}

/** The association and the service account of the rehearsal go again, however it ends. */
async function rehearse(
  scope: Scope,
  context: VerifyContext,
  input: MigrateInput,
  subject: Subject,
  deps: MoveDeps,
): Promise<string> {
  const name = rehearsalName(subject.account.name);
  const ref = { ...scope.ref, serviceAccount: name };
  const own = quietly(context);
  const asked: AssociateInput = {
    entityRef: input.entityRef,
    clusterName: ref.cluster,
    namespace: ref.namespace,
    serviceAccount: name,
    roleArn: subject.role.role.arn,
    disableSessionTags: subject.tagsOff,
    createServiceAccount: 'always',
    installAgent: false,
  };
  const planned = await planAssociate(
    { ref, input: asked, taskId: REHEARSAL },
    own,
    deps,
  );
  const conflict = planned.plan.steps.find(one => one.change === 'conflict');
  if (conflict) {
    throw new ConflictError(
      `The rehearsal cannot begin: ${kindInWords(conflict.resource.kind)} ${
        conflict.resource.name
      }: ${conflict.reason}`,
    );
  }
  const foreign = foreignOf(planned);
  if (foreign) {
    throw new ConflictError(
      `The rehearsal cannot begin: ${kindInWords(foreign.kind)} ${
        foreign.name
      } is there already, and no rehearsal made it. Look whose it is, and remove it`,
    );
  }
  try {
    await carryOut(planned.scope, planned.steps.flatMap(worksOf));
    return await proveByPod(ref, {
      context: own,
      entityRef: input.entityRef,
      expectedRoleArn: subject.role.role.arn,
      verification: deps.verification,
    });
  } finally {
    // One that an earlier rehearsal left may have had another role
    const withoutRoles = planned.isRoleAdopted && !planned.association;
    await endRehearsal({ ref: scope.ref, input }, context, { withoutRoles });
  }
}

/** Adds the rehearsal, or says why the move goes without. Returns what the association has to wait for. */
export function planRehearsal(
  builder: PlanBuilder,
  {
    scope,
    context,
    input,
    subject,
    deps,
    trust,
  }: {
    scope: Scope;
    context: VerifyContext;
    input: MigrateInput;
    subject: Subject;
    deps: MoveDeps;
    trust: Pick<PlannedTrust, 'then' | 'before'>;
  },
): string[] {
  const name = rehearsalName(subject.account.name);
  const step = {
    id: 'rehearsal',
    resource: { kind: 'service-account', name: refOf(subject, name) },
    change: 'keep',
  } as const;
  if (subject.account.association) return [];
  if (!admits(subject, name, trust.then)) {
    builder.add({
      ...step,
      owner: 'external',
      reason: `not rehearsed: the trust policy does not let ${name} in, so that the test pod after the association is the first proof`,
    });
    builder.warn(
      `It is not rehearsed: the trust policy does not let ${name} in. The test pod after the association is the first proof.`,
    );
    return [];
  }
  return [
    builder.add(
      {
        ...step,
        reason:
          'it is made with an association to the same role, a test pod runs under it, and both go again; nothing of the workload is touched',
        dependsOn: trust.before,
      },
      {
        ...deed(
          'wait',
          `until a pod under ${refOf(subject, name)} obtains the role`,
        ),
        run: () => rehearse(scope, context, input, subject, deps),
      },
    ),
  ];
}
