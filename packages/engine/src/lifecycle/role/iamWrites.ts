import {
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { Lane, RunningStep } from '../steps/Step';
import type { Scope } from '../steps/scope';
import { write } from '../steps/write';

/** Writers of a role hold its lease. */
export function roleLane(name: string, roleArn: string): Lane {
  return { name, lease: { kind: 'role', name: roleArn } };
}

/** What is waited for after an error with which IAM asks to be asked again. */
export function waitWhileBusy(code: string): string | undefined {
  return /^(ConcurrentModification|EntityTemporarilyUnmodifiable)/.test(code)
    ? 'IAM is busy with another change of the role'
    : undefined;
}

/**
 * One write to IAM. IAM is eventually consistent: a role made moments ago may be unknown to the next call, and a trust
 * policy may name a principal that was made moments ago.
 */
export function iamWrite<T>(
  scope: Scope,
  step: RunningStep,
  call: () => Promise<T>,
  /** The role was made moments ago: IAM may not know it everywhere. */
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

/** A call to IAM, and what it does, to complete "Could not …". */
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
        new DetachRolePolicyCommand({ RoleName, PolicyArn }),
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
        new DeleteRolePolicyCommand({ RoleName, PolicyName }),
      ),
  };
}
