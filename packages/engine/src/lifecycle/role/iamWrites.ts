import { packages } from '../../async/packages';
import type { Lane, RunningStep } from '../steps/Step';
import type { Scope } from '../steps/scope';
import { write } from '../steps/write';

/** Lane of all writes to a role, which hold its lease. */
export function roleLane(name: string, roleArn: string): Lane {
  return { name, lease: { kind: 'role', name: roleArn } };
}

/** What to wait for after an IAM error that asks for a retry. */
export function waitWhileBusy(code: string): string | undefined {
  return /^(ConcurrentModification|EntityTemporarilyUnmodifiable)/.test(code)
    ? 'IAM is busy with another change of the role'
    : undefined;
}

/**
 * One write to IAM. IAM is eventually consistent: the next call may not know a new role yet, or a new principal that
 * a trust policy names.
 */
export function iamWrite<T>(
  scope: Scope,
  step: RunningStep,
  call: () => Promise<T>,
  /** The role is new: some replicas of IAM may not know it yet. */
  newRole = false,
): Promise<T> {
  return write(scope, step, call, {
    deadlineMs: scope.context.config.timings.rolePropagation,
    waitFor: info => {
      const busy = waitWhileBusy(info.code);
      if (busy) return busy;
      if (newRole && info.kind === 'not-found' && /role/i.test(info.message)) {
        return 'Waiting until IAM knows the new role';
      }
      if (
        info.code.startsWith('MalformedPolicyDocument') &&
        /invalid principal/i.test(info.message)
      ) {
        return 'Waiting until IAM knows a principal that the policy names';
      }
      return undefined;
    },
  });
}

/** A call to IAM and its description, to complete "Could not …". */
export interface IamCall {
  does: string;
  send(): Promise<unknown>;
}

export function detachment(
  scope: Scope,
  RoleName: string,
  PolicyArn: string,
): IamCall {
  return {
    does: `detach ${PolicyArn} from ${RoleName}`,
    send: () =>
      scope.write.aws.iam.send(
        new packages.iam.DetachRolePolicyCommand({ RoleName, PolicyArn }),
      ),
  };
}

export function inlineDeletion(
  scope: Scope,
  RoleName: string,
  PolicyName: string,
): IamCall {
  return {
    does: `delete the inline policy ${PolicyName} of ${RoleName}`,
    send: () =>
      scope.write.aws.iam.send(
        new packages.iam.DeleteRolePolicyCommand({ RoleName, PolicyName }),
      ),
  };
}
