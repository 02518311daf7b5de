import { randomUUID } from 'crypto';
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  TagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import { classifyAwsError } from '../../aws/classify';
import {
  type Association,
  describeAssociation,
  findAssociation,
  listAssociations,
  toAssociation,
} from '../../aws/association';
import { readRole } from '../../aws/role';
import { retryUntil } from '../../async/retry';
import type { AwsErrorInfo } from '../../aws/types';
import type {
  AssociationChanges,
  AssociationSettings,
  WantedAssociation,
} from '../associate/intents';
import { ownerInWords, ownership } from '../../identity/ownership';
import { roleNameOfArn } from '../../identity/names';
import { settingsOf } from './planAssociation';
import { samePolicy } from '../../iam/policyCompare';
import { retrying } from '../steps/retrying';
import { Scope, emit, writing, subjectOf } from '../steps/scope';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';

/** Source of the texts: terraform-provider-aws #34711 and #41483, eksctl #7753. */
const ROLE_UNKNOWN = /role provided in the request does not exist/i;
const TRUST_INVALID = /trust policy of the role provided is invalid/i;
const EXISTS = /association already exists/i;

/** "Trust policy … invalid" about a valid one clears up faster than an unknown role does. */
const TRUST_SHARE = 4;

/** Waits for a role that EKS does not see yet, as long as IAM itself says that all is well. */
async function waitForRole(
  scope: Scope,
  info: AwsErrorInfo,
  settings: Pick<AssociationSettings, 'roleArn' | 'disableSessionTags'>,
  elapsedMs: number,
): Promise<string | undefined> {
  const unknown = ROLE_UNKNOWN.test(info.message);
  const invalid = TRUST_INVALID.test(info.message);
  if (!unknown && !invalid) return undefined;
  const name = roleNameOfArn(settings.roleArn);
  const { signal, config } = scope.context;
  const role = await readRole(scope.read, name, signal);
  if (!role || role.arn !== settings.roleArn) {
    throw new ConflictError(
      `EKS says that the role ${settings.roleArn} does not exist, and IAM says so too: it was deleted meanwhile. Run it again.`,
    );
  }
  if (unknown) return `Waiting until EKS sees the role ${name}`;
  const finding = analyseTrustPolicy(role.trustPolicy, {
    ...scope.target,
    clusterName: scope.cluster.name,
    sessionTags: !settings.disableSessionTags,
  });
  if (finding.verdict !== 'allows') {
    throw new ConflictError(
      `EKS does not accept the trust policy of ${name} (${
        info.message
      }): ${finding.reasons.join(
        '; ',
      )}. It needs this statement: ${JSON.stringify(finding.fixStatement)}`,
    );
  }
  return elapsedMs < config.timings.rolePropagation / TRUST_SHARE
    ? `Waiting until EKS sees the trust policy of ${name}`
    : undefined;
}

function sameSettings(a: AssociationSettings, b: AssociationSettings) {
  const samePolicies =
    !a.policy || !b.policy
      ? !a.policy && !b.policy
      : samePolicy(a.policy, b.policy);
  return (
    a.roleArn === b.roleArn &&
    (a.targetRoleArn || undefined) === (b.targetRoleArn || undefined) &&
    a.disableSessionTags === b.disableSessionTags &&
    samePolicies
  );
}

/**
 * "Association already exists": list, describe, compare.
 *
 * @returns the association when it is ours and as wanted, `undefined` when nothing is there (a delete that has not
 *   come through everywhere)
 * @throws ConflictError when somebody else made one meanwhile
 */
async function lookAtExisting(
  scope: Scope,
  message: string,
  wanted: AssociationSettings,
): Promise<Association | undefined> {
  const { signal } = scope.context;
  const id = /already exists:\s*(\S+)/i.exec(message)?.[1];
  const found =
    (await findAssociation(scope.read, scope.ref, signal)) ??
    (id ? await describeAssociation(scope.read, id, signal) : undefined);
  if (!found) return undefined;
  const owner = ownership(found.tags, subjectOf(scope));
  const ours = !found.ownerArn && owner.kind === 'ours';
  if (ours && sameSettings(settingsOf(found), wanted)) return found;
  const whose = found.ownerArn
    ? `the add-on ${found.ownerArn}`
    : ownerInWords(owner);
  throw new ConflictError(
    `Meanwhile the association ${found.id} was made for this ServiceAccount, with the role ${found.roleArn}; it belongs to ${whose}. The request wants the role ${wanted.roleArn}. Run it again for a fresh plan.`,
  );
}

/** Creates the association and settles every race about it. */
export async function createAssociation(
  scope: Scope,
  wanted: WantedAssociation,
): Promise<Association> {
  const { timings } = scope.context.config;
  const { ref, cluster } = scope;
  // One token for all attempts: a request that AWS took and we heard nothing of is not made twice.
  const clientRequestToken = randomUUID();
  let existing: Association | undefined;
  return retrying(
    scope,
    {
      stepId: 'association',
      deadlineMs: Math.max(timings.rolePropagation, timings.associationGone),
      waitFor: async (info, elapsedMs) => {
        if (EXISTS.test(info.message)) {
          existing = await lookAtExisting(scope, info.message, wanted);
          if (existing) return 'An equal association was made meanwhile';
          return elapsedMs < timings.associationGone
            ? 'Waiting until the deleted association is gone everywhere'
            : undefined;
        }
        return elapsedMs < timings.rolePropagation
          ? waitForRole(scope, info, wanted, elapsedMs)
          : undefined;
      },
    },
    async () => {
      if (existing) return existing;
      const { association } = await writing(
        scope,
        `create the association of ${ref.namespace}/${ref.serviceAccount}`,
        () =>
          scope.write.aws.eks.send(
            new CreatePodIdentityAssociationCommand({
              clusterName: cluster.name,
              namespace: ref.namespace,
              serviceAccount: ref.serviceAccount,
              roleArn: wanted.roleArn,
              targetRoleArn: wanted.targetRoleArn,
              disableSessionTags: wanted.disableSessionTags || undefined,
              policy: wanted.policy,
              tags: wanted.tags,
              clientRequestToken,
            }),
          ),
      );
      return toAssociation(association ?? {});
    },
  );
}

/** Changes an association; a value that AWS did not clear is reported, not forced. */
export async function updateAssociation(
  scope: Scope,
  current: Association,
  changes: AssociationChanges,
): Promise<void> {
  const { tags, ...settings } = changes;
  const { id: associationId, arn: associationArn } = current;
  if (tags) {
    await writing(scope, `tag the association ${associationId}`, () =>
      scope.write.aws.eks.send(
        new TagResourceCommand({ resourceArn: associationArn, tags }),
      ),
    );
  }
  if (!Object.keys(settings).length) return;
  const { rolePropagation } = scope.context.config.timings;
  await retrying(
    scope,
    {
      stepId: 'association',
      deadlineMs: rolePropagation,
      waitFor: (info, elapsedMs) =>
        waitForRole(
          scope,
          info,
          {
            roleArn: settings.roleArn ?? current.roleArn,
            disableSessionTags:
              settings.disableSessionTags ?? current.disableSessionTags,
          },
          elapsedMs,
        ),
    },
    () =>
      writing(scope, `change the association ${associationId}`, () =>
        scope.write.aws.eks.send(
          new UpdatePodIdentityAssociationCommand({
            clusterName: scope.cluster.name,
            associationId,
            ...settings,
          }),
        ),
      ),
  );
}

/** Deletes an association and waits until it is gone: Describe answers 404 **and** List no longer names it. */
export async function deleteAssociation(
  scope: Scope,
  associationId: string,
): Promise<void> {
  try {
    await writing(scope, `delete the association ${associationId}`, () =>
      scope.write.aws.eks.send(
        new DeletePodIdentityAssociationCommand({
          clusterName: scope.cluster.name,
          associationId,
        }),
      ),
    );
  } catch (error) {
    if (classifyAwsError(error).kind !== 'not-found') throw error;
  }
  await confirmGone(scope, associationId);
}

async function confirmGone(scope: Scope, associationId: string) {
  const { clock, config, signal } = scope.context;
  const { associationGone, retryPause } = config.timings;
  const gone = await retryUntil(
    clock,
    {
      deadlineMs: associationGone,
      minPause: retryPause,
      maxPause: retryPause * 4,
      signal,
    },
    async attempt => {
      const [described, listed] = await Promise.all([
        describeAssociation(scope.read, associationId, signal),
        listAssociations(
          scope.read,
          {
            namespace: scope.ref.namespace,
            serviceAccount: scope.ref.serviceAccount,
          },
          signal,
        ),
      ]);
      const named = listed.some(
        summary => summary.associationId === associationId,
      );
      if (!described && !named) return true;
      if (attempt === 1) {
        await emit(scope, {
          type: 'step',
          data: {
            id: 'association',
            status: 'waiting',
            message: 'Waiting until the association is gone everywhere',
          },
        });
      }
      return undefined;
    },
  );
  if (!gone) {
    throw new ServiceUnavailableError(
      `AWS took the delete of the association ${associationId} but still shows it after ${Math.round(
        associationGone / 1000,
      )} s. Run it again in a minute.`,
    );
  }
}
