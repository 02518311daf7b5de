import type { Association } from '../../aws/association';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { ownerRefusal } from '../../guardrails';
import type { FoundRole } from './findRoles';
import { ownerInWords, ownership, sameEntity } from '../../identity/ownership';
import { isOurInlinePolicy } from '../../identity/names';
import { ENOUGH_USERS, RoleUse } from './roleUse';
import { otherTask } from '../steps/otherTask';
import { type Scope, subjectOf } from '../steps/scope';
import { readTrust, scopeOfStatement } from '../../identity/trust';

/** What a teardown does with a role. */
type RoleVerdict =
  | { decision: 'ignore' }
  | { decision: 'keep'; reason: string; owner: 'portal' | 'external' }
  | { decision: 'remove-statement'; reason: string; keepReason: string }
  | { decision: 'delete'; reason: string };

/** What the decision depends on besides the role. */
export interface RoleCircumstances {
  /** The association of this service account if it stays, with this role or another. */
  remaining?: Pick<Association, 'id' | 'roleArn'>;
  /** The same plan removes the association. */
  associationGoes: boolean;
  /** Entity of the request or of the association, if known. */
  entityRef?: string;
  createdByTask?: string;
  /** Called only if the trust scope is wide. */
  findUse(): Promise<RoleUse>;
}

function keep(reason: string, owner: 'portal' | 'external' = 'portal') {
  return { decision: 'keep', reason, owner } as const;
}

async function useOf(
  wide: boolean,
  circumstances: RoleCircumstances,
): Promise<string | undefined> {
  if (!wide) return undefined;
  const { users, unread } = await circumstances.findUse();
  if (users) {
    // Only their number: the reader may lack the right to see them.
    return `its trust is wider than this service account, and it is still used by ${
      users >= ENOUGH_USERS ? 'at least ' : ''
    }${othersInWords(users)}`;
  }
  return unread.length
    ? `its trust is wider than this service account, and it is unknown whether another association uses it: ${unread.join(
        ' ',
      )}`
    : undefined;
}

function tooForeign(role: FoundRole, foreignTrust: number) {
  if (role.instanceProfiles.length) {
    return `the instance profile ${role.instanceProfiles.join(
      ', ',
    )} holds it; nothing on it is changed`;
  }
  if (foreignTrust) {
    return `its trust policy has ${
      foreignTrust === 1
        ? 'a statement that is not ours'
        : `${foreignTrust} statements that are not ours`
    }; nothing on it is changed`;
  }
  const foreignInline = [...role.inline.keys()].filter(
    name => !isOurInlinePolicy(name),
  );
  return foreignInline.length
    ? `it has the inline policy ${foreignInline.join(
        ', ',
      )}, which is not ours and would be lost with it; nothing on it is changed`
    : undefined;
}

/** Decides what a teardown does with a role: it keeps what others use or wrote. */
export async function judgeRole(
  scope: Scope,
  role: FoundRole,
  circumstances: RoleCircumstances,
): Promise<RoleVerdict> {
  const owner = ownership(role.tags, subjectOf(scope));
  const theirs = `it belongs to ${ownerInWords(owner, scope.voice)}`;
  if (owner.kind === 'foreign' || owner.kind === 'other-portal') {
    return role.named ? keep(theirs, 'external') : { decision: 'ignore' };
  }
  const refusal = await ownerRefusal(
    `The role ${role.name}`,
    role.tags,
    scope.context,
  );
  if (owner.kind === 'ours' && refusal) return keep(refusal);
  const { remaining, createdByTask, entityRef } = circumstances;
  const parts = readTrust(role.trustPolicy, scope.target);
  const { own, siblings, foreign } = parts;
  if (owner.kind === 'sibling' && !own) {
    return role.named ? keep(theirs, 'external') : { decision: 'ignore' };
  }
  if (remaining?.roleArn === role.arn) {
    return keep(
      `the association ${remaining.id} of this service account stays and uses it`,
    );
  }
  if (
    owner.kind === 'sibling' &&
    entityRef &&
    owner.entityRef &&
    !sameEntity(owner.entityRef, entityRef)
  ) {
    return keep(`${theirs}, and to another component`, 'external');
  }
  const onlyStatement =
    siblings.length > 0 || (owner.kind === 'sibling' && foreign.length > 0);
  // On a shared role our statement carries no task: it is added and removed with the association.
  const came = owner.kind === 'sibling' && circumstances.associationGoes;
  const other = otherTask(role.tags[MARK_TAGS.taskId], createdByTask);
  if (other && !(came && onlyStatement)) return keep(other);
  const wide = !own || scopeOfStatement(own, scope.target) !== 'serviceAccount';
  if (onlyStatement) {
    if (!own) return keep(sharedReason(siblings.length));
    const used = await useOf(wide, circumstances);
    if (used) return keep(used);
    return {
      decision: 'remove-statement',
      reason: 'only the trust statement for this service account is removed',
      keepReason: siblings.length
        ? sharedReason(siblings.length)
        : `${theirs}, and its trust policy has statements that are not ours`,
    };
  }
  const obstacle = tooForeign(role, foreign.length);
  if (obstacle) return keep(obstacle);
  const used = await useOf(wide, circumstances);
  if (used) return keep(used);
  return {
    decision: 'delete',
    reason:
      owner.kind === 'sibling'
        ? 'it was shared, and this was the last service account that it trusted'
        : `created by ${scope.voice.us} for this service account`,
  };
}

function sharedReason(siblings: number): string {
  return `it is shared with ${othersInWords(siblings)}, whose statements stay`;
}

function othersInWords(count: number): string {
  return count === 1
    ? 'another service account'
    : `${count} other service accounts`;
}
