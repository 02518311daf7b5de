import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { RoleInAccount } from '../aws/account';
import type { Role } from '../aws/role';
import type { ClusterConfig } from '../clusters/types';
import { type CatalogEntity, readEntityRecord } from '../identity/entityRecord';
import { identityTarget } from '../identity/names';
import { type MarkSubject, ownership, sameEntity } from '../identity/ownership';
import { analyseTrustPolicy } from '../identity/trustAnalysis';
import { isAdoptable, isOpenByTag, namesOneEntity } from './roles';

/** For whom existing roles are looked for. @public */
export interface RoleSeeker {
  /** The service account that is to get one. */
  subject: MarkSubject & { cluster: ClusterConfig };
  /** Entity of the request, which the user owns. */
  entity: CatalogEntity;
  /** Roles that the portal itself assumes, of every cluster. */
  portalRoles: readonly string[];
}

/** A role that a request may name. @public */
export interface UsableRole {
  role: Role;
  by: 'tag' | 'guardrail';
  /** Its trust policy lets the service account in, or the portal may add that. */
  trusts: boolean;
}

/**
 * Those roles of an account that an associate may name for an entity, by the rules that it is judged by itself. Roles
 * that are tagged for other entities of the user are left out, and so are those that the portal made for another
 * namespace or without the boundary of this cluster.
 *
 * @public
 */
export function usableRoles(
  roles: Iterable<RoleInAccount>,
  seeker: RoleSeeker,
): UsableRole[] {
  return [...roles].flatMap(({ role }) => judge(role, seeker) ?? []);
}

function judge(role: Role, seeker: RoleSeeker): UsableRole | undefined {
  const { subject, entity, portalRoles } = seeker;
  const { cluster, namespace } = subject;
  const context = {
    cluster,
    namespace,
    entity,
    entityRef: entity.entityRef,
    portalRoles,
    findEntity: async () => undefined,
  };
  const owner = ownership(role.tags, subject);
  const trusts = () =>
    analyseTrustPolicy(role.trustPolicy, {
      ...identityTarget(cluster, subject),
      clusterName: cluster.name,
      sessionTags: true,
    }).verdict !== 'denies';
  if (owner.kind === 'foreign' || owner.kind === 'other-portal') {
    if (isAdoptable(role.arn, context)) {
      return { role, by: 'guardrail', trusts: trusts() };
    }
    return isTaggedFor(role, entity) &&
      namesOneEntity(role.tags, entity) &&
      isOpenByTag(role.arn, context)
      ? { role, by: 'tag', trusts: trusts() }
      : undefined;
  }
  const boundary = cluster.guardrails.permissionsBoundaryArn;
  const fits = !boundary || role.permissionsBoundaryArn === boundary;
  const isNear = role.tags[MARK_TAGS.namespace] === namespace;
  return isTaggedFor(role, entity) && fits && isNear
    ? { role, by: 'tag', trusts: true }
    : undefined;
}

/** The name may have been given to another entity since. */
function isTaggedFor({ tags }: Role, { entityRef, uid }: CatalogEntity) {
  const record = readEntityRecord(tags);
  return (
    record !== undefined &&
    sameEntity(record.entityRef, entityRef) &&
    (record.uid ?? uid) === uid
  );
}
