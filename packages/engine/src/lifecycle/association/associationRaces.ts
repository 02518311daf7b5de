import { nameOfArn } from '../../aws/arn';
import { ConflictError } from '@backstage/errors';
import type { AwsErrorInfo } from '../../aws/types';
import { ownerInWords, ownership } from '../../identity/ownership';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { neededTrust } from '../../identity/trustEdit';
import { readRole } from '../../aws/role';
import { Scope, subjectOf } from '../steps/scope';
import {
  findAssociation,
  Association,
  describeAssociation,
} from '../../aws/association';
import {
  type AssociationSettings,
  differingSettings,
  settingsOf,
} from '../../identity/associationSettings';
import { isOurs } from './isOurs';

/** Source of the texts: terraform-provider-aws #34711 and #41483, eksctl #7753. */
const ROLE_UNKNOWN = /role provided in the request does not exist/i;
const TRUST_INVALID = /trust policy of the role provided is invalid/i;
export const EXISTS = /association already exists/i;

/** "Trust policy … invalid" about a valid policy disappears sooner than an unknown role. */
const TRUST_SHARE = 4;

/** While EKS refuses a role, IAM is asked about it at most this often: only the write itself can tell that EKS sees it. */
const LOOK_AGAIN_MS = 5_000;

type RoleSettings = Pick<AssociationSettings, 'roleArn' | 'disableSessionTags'>;

/**
 * Waits for a role that EKS does not see yet, as long as IAM shows it correctly.
 *
 * @returns a function for one write that takes its error and the milliseconds since its first attempt, and returns
 *   what the next attempt waits for, or `undefined` when there should be none
 */
export function waitingForRole(
  scope: Scope,
  settings: RoleSettings,
): (info: AwsErrorInfo, elapsedMs: number) => Promise<string | undefined> {
  const name = nameOfArn(settings.roleArn);
  let looked: { at: number; unknown: boolean } | undefined;
  return async (info, elapsedMs) => {
    const unknown = ROLE_UNKNOWN.test(info.message);
    if (!unknown && !TRUST_INVALID.test(info.message)) return undefined;
    if (looked?.unknown !== unknown || elapsedMs - looked.at >= LOOK_AGAIN_MS) {
      looked = { at: elapsedMs, unknown };
      await lookAtRole(scope, settings, info, unknown);
    }
    if (unknown) return `Waiting until EKS sees the role ${name}`;
    const { rolePropagation } = scope.context.config.timings;
    return elapsedMs < rolePropagation / TRUST_SHARE
      ? `Waiting until EKS sees the trust policy of ${name}`
      : undefined;
  };
}

/** @throws ConflictError when waiting is in vain: IAM does not show the role either, or its trust policy is wrong */
async function lookAtRole(
  scope: Scope,
  settings: RoleSettings,
  info: AwsErrorInfo,
  unknown: boolean,
): Promise<void> {
  const name = nameOfArn(settings.roleArn);
  const role = await readRole(scope.read, name, scope.context.signal);
  if (!role || role.arn !== settings.roleArn) {
    throw new ConflictError(
      `EKS says that the role ${settings.roleArn} does not exist, and IAM says so too: it was deleted meanwhile. Run it again.`,
    );
  }
  if (unknown) return;
  const question = {
    ...scope.target,
    clusterName: scope.cluster.name,
    sessionTags: !settings.disableSessionTags,
  };
  const finding = analyseTrustPolicy(role.trustPolicy, question);
  if (finding.verdict !== 'allows') {
    throw new ConflictError(
      `EKS does not accept the trust policy of ${name} (${
        info.message
      }): ${finding.reasons.join(
        '; ',
      )}. It needs this statement: ${JSON.stringify(
        neededTrust(question).statements[0],
      )}`,
    );
  }
}

/**
 * After "Association already exists": lists, describes and compares.
 *
 * @returns the association when it is ours and as wanted, `undefined` when there is none (a delete that has not
 *   reached every replica)
 * @throws ConflictError when another one was created meanwhile
 */
export async function readExisting(
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
  if (
    isOurs(scope, found) &&
    differingSettings(settingsOf(found), wanted).length === 0
  ) {
    return found;
  }
  const whose = found.ownerArn
    ? `the add-on ${found.ownerArn}`
    : ownerInWords(ownership(found.tags, subjectOf(scope)), scope.voice);
  throw new ConflictError(
    `Meanwhile the association ${found.id} was made for this service account, with the role ${found.roleArn}; it belongs to ${whose}. The request wants the role ${wanted.roleArn}. Run it again for a fresh plan.`,
  );
}
