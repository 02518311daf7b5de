import { InputError, NotAllowedError } from '@backstage/errors';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../clusters/types';
import { findPattern, hasWildcard } from './patterns';

/** What the initiator owns; undefined for a service. */
export interface Ownership {
  owns(entityRef: string): boolean;
}

function checkExact(field: string, arn: string): void {
  if (hasWildcard(arn)) {
    throw new InputError(
      `${field} ${arn} must name one role: "*", "?" and "$" are not possible in it`,
    );
  }
}

/**
 * A role that is to be associated must be of the cluster's own account: EKS passes it there.
 *
 * @throws InputError
 */
export function checkRoleAccount(
  field: string,
  roleArn: string,
  cluster: ClusterConfig,
): void {
  checkExact(field, roleArn);
  const [, partition, , , account] = roleArn.split(':');
  if (partition !== cluster.partition || account !== cluster.accountId) {
    throw new InputError(
      `${field} ${roleArn} is not a role of account ${cluster.accountId} (partition ${cluster.partition}), where cluster ${cluster.id} is: use a role of that account, and targetRoleArn to reach another one`,
    );
  }
}

/**
 * May an existing role be associated? Only one that `guardrails.roles.adopt` names, or whose tag
 * `backstage.io/entity-ref` names an entity the initiator owns (for a service: the entity the request is for). To be asked
 * once the role has been read.
 */
export function judgeAdoption(
  role: { arn: string; tags: Record<string, string> },
  context: {
    cluster: ClusterConfig;
    entityRef?: string;
    ownedEntities?: Ownership;
  },
): { allowed: true; because: string } | { allowed: false; reason: string } {
  const { adopt } = context.cluster.guardrails.roles;
  const pattern = findPattern(adopt, role.arn);
  if (pattern) {
    return {
      allowed: true,
      because: `guardrails.roles.adopt names ${pattern}`,
    };
  }
  const tagged = role.tags[MARK_TAGS.entityRef]?.toLowerCase();
  const mine =
    tagged !== undefined &&
    (context.ownedEntities
      ? context.ownedEntities.owns(tagged)
      : tagged === context.entityRef?.toLowerCase());
  if (mine) {
    return {
      allowed: true,
      because: `its tag ${MARK_TAGS.entityRef} names ${tagged}`,
    };
  }
  const how = `tag it ${MARK_TAGS.entityRef}=<a component of yours>, or have guardrails.roles.adopt name it`;
  return {
    allowed: false,
    reason: tagged
      ? `roleArn ${role.arn} may not be used: its tag ${
          MARK_TAGS.entityRef
        } names ${tagged}, which is not ${
          context.ownedEntities ? 'yours' : 'the entity of this request'
        }; ${how}`
      : `roleArn ${role.arn} may not be used: neither guardrails.roles.adopt nor a tag ${MARK_TAGS.entityRef} on the role allows it; ${how}`,
  };
}

/** As `judgeAdoption`, thrown. @throws NotAllowedError */
export function assertMayAdopt(
  role: Parameters<typeof judgeAdoption>[0],
  context: Parameters<typeof judgeAdoption>[1],
): void {
  const verdict = judgeAdoption(role, context);
  if (!verdict.allowed) throw new NotAllowedError(verdict.reason);
}

/** @throws InputError or NotAllowedError naming the rule */
export function checkTargetRole(
  targetRoleArn: string | undefined,
  cluster: ClusterConfig,
): void {
  if (!targetRoleArn) return;
  checkExact('targetRoleArn', targetRoleArn);
  const [, partition] = targetRoleArn.split(':');
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
