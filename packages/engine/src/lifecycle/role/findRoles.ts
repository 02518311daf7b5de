import {
  GetAccountAuthorizationDetailsCommand,
  type Tag,
} from '@aws-sdk/client-iam';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { classifyAwsError } from '../../aws/classify';
import { iamPages } from '../../aws/pages';
import { listInstanceProfiles } from '../../aws/role';
import type { LiveAssociation } from '../association/liveAssociation';
import { LiveRole, readRole } from './liveRole';
import { ownership, PREVIOUS_ROLES_TAG } from '../../identity/ownership';
import { roleNameOfArn } from '../../identity/names';
import { proposeRoleName } from './roleChoice';
import { Scope, subjectOf } from '../steps/scope';
import { readTrust } from '../../identity/trust';
import { readOrExplain } from '../steps/reading';

/** A role looked at whole, and why it was looked at. */
export interface FoundRole extends LiveRole {
  instanceProfiles: string[];
  /** The association, or the record of the last associate, names it: worth a word even when it is not ours. */
  named: boolean;
}

/** Most pages of the account's roles that are searched; a page holds up to 1,000. */
const MOST_PAGES = 30;

/** Where roles of this ref may be, without searching the account. */
function likelyNames(
  scope: Scope,
  association: LiveAssociation | undefined,
  naming: PodIdentityRoleNaming | undefined,
  entityRef: string | undefined,
): Map<string, { named: boolean }> {
  const { input, result } = scope.context.lastAssociate ?? {};
  const names = new Map<string, { named: boolean }>();
  const add = (name: string | undefined, named: boolean) => {
    if (name && !names.has(name)) names.set(name, { named });
  };
  add(association && roleNameOfArn(association.roleArn), true);
  for (const name of (association?.tags[PREVIOUS_ROLES_TAG] ?? '').split(' ')) {
    add(name, true);
  }
  const recorded = result?.roleArn ?? input?.roleArn;
  add(recorded && roleNameOfArn(recorded), true);
  add(input?.roleName, false);
  add(proposeRoleName(scope, entityRef, naming), false);
  return names;
}

async function readWhole(
  scope: Scope,
  name: string,
  named: boolean,
): Promise<FoundRole | undefined> {
  const { signal } = scope.context;
  return readOrExplain(scope, `look at the role ${name}`, async () => {
    const role = await readRole(scope.read, name, signal);
    if (!role) return undefined;
    const instanceProfiles = await listInstanceProfiles(
      scope.read,
      name,
      signal,
    );
    return { ...role, instanceProfiles, named };
  });
}

function isOfThisRef(scope: Scope, role: LiveRole): boolean {
  const owner = ownership(role.tags, subjectOf(scope));
  return (
    owner.kind === 'ours' ||
    (owner.kind === 'sibling' && !!readTrust(role.trust, scope.target).own)
  );
}

/**
 * Every role that carries our marks for this ref, wherever its name came from. Only asked when no likely name led to
 * one: a process that was killed after CreateRole may have left a role under a name nobody remembers.
 */
async function searchAccount(
  scope: Scope,
): Promise<{ names: string[]; warning?: string }> {
  const names: string[] = [];
  try {
    const pages = iamPages(Marker =>
      scope.read.aws.iam.send(
        new GetAccountAuthorizationDetailsCommand({
          Filter: ['Role'],
          MaxItems: 1000,
          Marker,
        }),
        { abortSignal: scope.context.signal },
      ),
    );
    let pagesLeft = MOST_PAGES;
    for await (const { RoleDetailList = [], IsTruncated } of pages) {
      for (const role of RoleDetailList) {
        const tags = tagsOf(role.Tags);
        const ours = ownership(tags, subjectOf(scope)).kind === 'ours';
        if (ours && role.RoleName) names.push(role.RoleName);
      }
      pagesLeft -= 1;
      if (IsTruncated && pagesLeft === 0) {
        return {
          names,
          warning: `The account has too many roles to search them all for one of ${scope.ref.serviceAccount} under another name.`,
        };
      }
    }
    return { names };
  } catch (error) {
    const { kind } = classifyAwsError(error);
    if (kind === 'aborted') throw error;
    return {
      names,
      warning: `A role of this ServiceAccount under another name would not be found, because the portal could not search the account's roles (${
        classifyAwsError(error).code
      }, iam:GetAccountAuthorizationDetails).`,
    };
  }
}

function tagsOf(tags: Tag[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']),
  );
}

/** All roles that a teardown of this ref has to look at. */
export async function findRoles(
  scope: Scope,
  association: LiveAssociation | undefined,
  options: { naming?: PodIdentityRoleNaming; entityRef?: string },
): Promise<{ roles: FoundRole[]; warning?: string }> {
  const names = likelyNames(
    scope,
    association,
    options.naming,
    options.entityRef,
  );
  const roles = (
    await Promise.all(
      [...names].map(([name, { named }]) => readWhole(scope, name, named)),
    )
  ).filter((role): role is FoundRole => role !== undefined);
  if (roles.some(role => isOfThisRef(scope, role))) return { roles };
  // An association of ours knows its role: there is no other to look for.
  if (association && roles.length) return { roles };
  const { names: more, warning } = await searchAccount(scope);
  const found = await Promise.all(
    more
      .filter(name => !names.has(name))
      .map(name => readWhole(scope, name, false)),
  );
  return {
    roles: [
      ...roles,
      ...found.filter((role): role is FoundRole => role !== undefined),
    ],
    warning,
  };
}
