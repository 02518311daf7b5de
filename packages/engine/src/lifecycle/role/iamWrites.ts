import { nameInWords } from 'backstage-plugin-eks-pod-identity-common';
import { NotAllowedError } from '@backstage/errors';
import { packages } from '../../async/packages';
import { isLimitedByBoundary } from '../../aws/findRight';
import { readRole } from '../../aws/role';
import type { AwsErrorInfo } from '../../aws/types';
import type { Lane, RunningStep } from '../steps/Step';
import type { Scope } from '../steps/scope';
import { write } from '../steps/write';
import { deed, type DeedWords } from '../steps/deed';
import { permissionsPage } from '../../text/permissionsPage';

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
 * The portal's rights on roles hold only for those with the configured boundary, and AWS's denial does not say that the
 * role lacks it.
 *
 * @throws NotAllowedError when the role has no boundary, or another one
 */
async function assertBoundary(
  { cluster, context, read, voice }: Scope,
  name: string,
  { action, code }: AwsErrorInfo,
): Promise<void> {
  const wanted = cluster.guardrails.permissionsBoundaryArn;
  if (!wanted || !action || !isLimitedByBoundary(action)) return;
  const role = await readRole(read, name, context.signal).catch(
    () => undefined,
  );
  if (!role || role.permissionsBoundaryArn === wanted) return;
  throw new NotAllowedError(
    `AWS answered ${code}: ${
      voice.me
    } may call ${action} only on roles with the permissions boundary ${wanted}, and the role ${name} has ${
      role.permissionsBoundaryArn ?? 'none'
    }. The owner of the account can put it on the role: aws iam put-role-permissions-boundary --region ${
      cluster.region
    } --role-name ${name} --permissions-boundary ${wanted}. Leave ${
      voice.my
    } policies as ${permissionsPage(cluster)}#aws-changing has them.`,
  );
}

/**
 * One write to IAM. IAM is eventually consistent: the next call might not know a new role yet, or a new principal that
 * a trust policy names.
 */
export function iamWrite<T>(
  scope: Scope,
  step: RunningStep,
  call: () => Promise<T>,
  role: {
    name: string;
    /** Some replicas of IAM might not know it yet. */
    isNew?: boolean;
  },
): Promise<T> {
  return write(scope, step, call, {
    deadlineMs: scope.context.config.timings.rolePropagation,
    waitFor: async info => {
      if (info.kind === 'denied') await assertBoundary(scope, role.name, info);
      const busy = waitWhileBusy(info.code);
      if (busy) return busy;
      if (
        role.isNew &&
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
  });
}

/** A call to IAM and its description. */
export interface IamCall extends DeedWords {
  send(): Promise<unknown>;
}

export function detachment(
  scope: Scope,
  RoleName: string,
  PolicyArn: string,
): IamCall {
  return {
    ...deed('detach', `${nameInWords(PolicyArn)} from ${RoleName}`),
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
    ...deed('delete', `the inline policy ${PolicyName} of ${RoleName}`),
    send: () =>
      scope.write.aws.iam.send(
        new packages.iam.DeleteRolePolicyCommand({ RoleName, PolicyName }),
      ),
  };
}
