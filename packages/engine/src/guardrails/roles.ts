import { parseEntityRef } from '@backstage/catalog-model';
import { InputError, NotAllowedError } from '@backstage/errors';
import {
  MANAGED_BY,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, nameOfArn, partitionOfArn } from '../aws/arn';
import type { ClusterConfig } from '../clusters/types';
import { type CatalogEntity, readEntityRecord } from '../identity/entityRecord';
import { sameEntity, type Tags } from '../identity/ownership';
import { aws } from '../text/bash';
import { mayActFor, type OwnershipContext } from './identityOwner';
import { findPattern, hasWildcard } from './patterns';

function checkExact(field: string, arn: string): void {
  if (hasWildcard(arn)) {
    throw new InputError(
      `${field} ${arn} must name one role: "*", "?" and "$" are not possible in it`,
    );
  }
}

/**
 * Requires a role of the cluster's own account, because EKS passes it there.
 *
 * @throws InputError
 */
export function checkRoleAccount(
  field: string,
  roleArn: string,
  cluster: ClusterConfig,
): void {
  checkExact(field, roleArn);
  if (
    partitionOfArn(roleArn) !== cluster.partition ||
    accountOfArn(roleArn) !== cluster.accountId
  ) {
    throw new InputError(
      `${field} ${roleArn} is not a role of account ${cluster.accountId} (partition ${cluster.partition}), where cluster ${cluster.id} is: use a role of that account; only a target role can be in another one`,
    );
  }
}

/** Who wants to use an existing role, and on which cluster. */
export interface AdoptionContext extends OwnershipContext {
  cluster: ClusterConfig;
  /** Of the service account that is to use the role. */
  namespace: string;
  /** Entity of the request. */
  entityRef?: string;
  /** Roles that the portal itself assumes, of every cluster. */
  portalRoles: readonly string[];
  /** ARN of the role that the identity has, where it is this portal's and the initiator may change it. */
  inUse?: string;
}

/** Roles that AWS or an organisation makes to govern an account, by their path or name. */
const GOVERNING = [
  /:role\/aws-(service-role|reserved)\//,
  /\/(AWSServiceRole|AWSReservedSSO_)[^/]*$/i,
  /\/(OrganizationAccountAccessRole|AWSControlTowerExecution|AWSControlTower[^/]*)$/i,
  /\/(AWSCloudFormationStackSet(Administration|Execution)Role|stacksets-exec-[^/]*)$/i,
];

const governs = (arn: string) => GOVERNING.some(each => each.test(arn));

/** Roles that no pattern and no tag opens to a workload. */
function isNeverAdopted(
  arn: string,
  { portalRoles }: Pick<AdoptionContext, 'portalRoles'>,
) {
  return portalRoles.includes(arn) || governs(arn);
}

/** Whether a tag of its owner can open a role at all. */
export function isOpenByTag(
  roleArn: string,
  context: Pick<AdoptionContext, 'portalRoles'>,
): boolean {
  return !isNeverAdopted(roleArn, context);
}

/**
 * Whether the tags say which entity of the name they mean: a name can be registered again. A portal records the uid
 * itself, as far as it knew it; tags that were made by hand have to, where the catalog gives one.
 */
export function namesOneEntity(
  tags: Tags,
  entity: Pick<CatalogEntity, 'uid'> | undefined,
): boolean {
  return (
    entity?.uid === '' ||
    tags[MARK_TAGS.managedBy] === MANAGED_BY ||
    Boolean(tags[MARK_TAGS.entityUid])
  );
}

/** A pattern with its variables filled in; several when an entity has several owners, none without one. */
export function patternsFor(
  pattern: string,
  { entity, namespace }: Pick<AdoptionContext, 'entity' | 'namespace'>,
): string[] {
  const filled = pattern.replaceAll('{{namespace}}', namespace);
  if (!filled.includes('{{owner}}')) return [filled];
  return (entity?.ownerRefs ?? []).map(ownerRef =>
    filled.replaceAll('{{owner}}', parseEntityRef(ownerRef).name),
  );
}

/** True when `guardrails.roles.adopt` covers the ARN, whether or not such a role exists. */
export function isAdoptable(
  roleArn: string,
  context: AdoptionContext,
): boolean {
  const { adopt } = context.cluster.guardrails.roles;
  const patterns = adopt.flatMap(pattern => patternsFor(pattern, context));
  return (
    !isNeverAdopted(roleArn, context) &&
    findPattern(patterns, roleArn) !== undefined
  );
}

/**
 * Why a role must not be used. The text is the same for a missing role, one under another path and one with another
 * owner, so that a caller cannot find out which roles an account has. The owner sees there what the command overwrites.
 */
export function adoptionRefusal(
  roleArn: string,
  { claimant, cluster, entity }: AdoptionContext,
): string {
  if (governs(roleArn)) {
    return `You are not allowed to use the role ${roleArn}: roles of that name govern the account, and no tag and no pattern of guardrails.roles.adopt opens one to a workload. Have a role created instead.`;
  }
  const whose = claimant
    ? 'an entity that you own'
    : 'the entity of this request';
  const { entityRef: refTag, entityUid: uidTag } = MARK_TAGS;
  const taking = 'from any other component that its tags name';
  const asked = entity?.uid
    ? `ask its owner to run "${
        aws`iam tag-role --region ${cluster.region} --role-name ${nameOfArn(
          roleArn,
        )} --tags ${`Key=${refTag},Value=${entity.entityRef}`} ${`Key=${uidTag},Value=${entity.uid}`}`
          .text
      }", which tags it for ${entity.entityRef} and takes it ${taking}`
    : `ask its owner to add the tags ${refTag}=<that entity> and ${uidTag}=<its metadata.uid in the catalog>, which take it ${taking}`;
  return `You are not allowed to use the role ${roleArn}: it is not tagged for ${whose}, and guardrails.roles.adopt does not name it. Check its name and path, have a role created instead, or ${asked}.`;
}

/**
 * Judges whether an existing role may be associated: `guardrails.roles.adopt` must name it, or its tag
 * `backstage.io/entity-ref` must name an entity that the initiator owns (for a service: the entity of the request). A
 * user needs the entity's uid beside it, unless the identity has the role already.
 * Call it once the role has been read and before showing anything of it to the caller.
 */
export async function judgeAdoption(
  role: { arn: string; tags: Record<string, string> },
  context: AdoptionContext,
): Promise<
  | { allowed: true; by: 'guardrail' | 'tag' }
  | { allowed: false; reason: string }
> {
  if (isAdoptable(role.arn, context)) {
    return { allowed: true, by: 'guardrail' };
  }
  const { claimant, entityRef } = context;
  const record = readEntityRecord(role.tags);
  const mine =
    record !== undefined &&
    isOpenByTag(role.arn, context) &&
    (claimant
      ? (claimant.isAdministrator ||
          role.arn === context.inUse ||
          namesOneEntity(role.tags, context.entity)) &&
        (await mayActFor(record, claimant, context))
      : sameEntity(record.entityRef, entityRef));
  return mine
    ? { allowed: true, by: 'tag' }
    : { allowed: false, reason: adoptionRefusal(role.arn, context) };
}

/** @throws InputError or NotAllowedError naming the rule */
export function checkTargetRole(
  targetRoleArn: string | undefined,
  cluster: ClusterConfig,
): void {
  if (!targetRoleArn) return;
  checkExact('targetRoleArn', targetRoleArn);
  const partition = partitionOfArn(targetRoleArn);
  if (partition !== cluster.partition) {
    throw new InputError(
      `targetRoleArn ${targetRoleArn} is in partition ${partition}: a role cannot be assumed from ${cluster.partition}, where cluster ${cluster.id} is`,
    );
  }
  const { allow } = cluster.guardrails.targetRoles;
  if (!findPattern(allow, targetRoleArn)) {
    throw new NotAllowedError(
      `targetRoleArn ${targetRoleArn} is not allowed on cluster ${
        cluster.id
      }: guardrails.targetRoles.allow lists ${
        allow.length ? allow.join(', ') : 'none'
      }`,
    );
  }
}
