import type { AwsErrorInfo } from '../../aws/types';
import { retrying } from '../steps/retrying';
import { Scope, writing } from '../steps/scope';

/** True for errors after which IAM asks to be asked again. */
function isBusy(info: AwsErrorInfo): boolean {
  return /^(ConcurrentModification|EntityTemporarilyUnmodifiable)/.test(
    info.code,
  );
}

/** How one IAM write is retried. */
export interface IamWrite {
  stepId: string;
  what: string;
  /** The role was made moments ago: IAM may not know it everywhere. */
  newRole?: boolean;
}

/**
 * One write to IAM. IAM is eventually consistent: a role made moments ago may be unknown to the next call, and a trust
 * policy may name a principal that was made moments ago.
 */
export function iamWrite<T>(
  scope: Scope,
  { stepId, what, newRole }: IamWrite,
  call: () => Promise<T>,
): Promise<T> {
  return retrying(
    scope,
    {
      stepId,
      deadlineMs: scope.context.config.timings.rolePropagation,
      waitFor: info => {
        if (isBusy(info)) return 'IAM is busy with another change of the role';
        if (
          newRole &&
          info.kind === 'not-found' &&
          /role/i.test(info.message)
        ) {
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
    },
    () => writing(scope, what, call),
  );
}
