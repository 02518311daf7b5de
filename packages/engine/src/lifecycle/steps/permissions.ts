import { NotAllowedError } from '@backstage/errors';
import {
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationUpdatePermission,
  migrationCreatePermission,
  migrationRollbackPermission,
  type Plan,
  type PlanStep,
  stringifyServiceAccountRef,
  workloadRestartPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { GrantedPermissions } from '../../operationContext';

function neededFor(step: PlanStep, plan: Plan): string | undefined {
  if (step.change === 'keep' || step.change === 'conflict') return undefined;
  if (plan.kind === 'migrate') return migrationCreatePermission.name;
  if (plan.kind === 'rollback') return migrationRollbackPermission.name;
  if (step.resource.kind === 'agent') return agentInstallPermission.name;
  if (step.resource.kind === 'workload') return workloadRestartPermission.name;
  if (plan.kind === 'teardown') return associationDeletePermission.name;
  if (step.change !== 'create') return associationUpdatePermission.name;
  // A new policy on a role that an identity already uses changes that identity.
  const existing = plan.steps.some(
    other =>
      other.id === 'association' &&
      (other.change === 'keep' || other.change === 'update'),
  );
  const widens = [
    'managed-policy',
    'inline-policy',
    'trust-statement',
  ].includes(step.resource.kind);
  const roleIsNew = plan.steps.some(
    other => other.id === 'role' && other.change === 'create',
  );
  return existing && widens && !roleIsNew
    ? associationUpdatePermission.name
    : associationCreatePermission.name;
}

/**
 * Checks that the operation was granted every permission that the plan needs when it was accepted.
 *
 * @throws NotAllowedError naming the missing permission and the step that needs it
 */
export function assertGranted(plan: Plan, granted: GrantedPermissions): void {
  for (const step of plan.steps) {
    const needed = neededFor(step, plan);
    if (needed && !granted.has(needed)) {
      throw new NotAllowedError(
        `The plan wants to ${step.change} ${step.resource.kind} ${
          step.resource.name
        } (${
          step.reason
        }), which needs the permission ${needed} on ${stringifyServiceAccountRef(
          plan.ref,
        )}; it was not granted. Nothing was done.`,
      );
    }
  }
}
