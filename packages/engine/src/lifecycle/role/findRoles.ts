import { nameOfArn } from '../../aws/arn';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { Memo } from '../../async/memo';
import { rolePages } from '../../aws/account';
import { classifyAwsError } from '../../aws/classify';
import { listInstanceProfiles, readRole } from '../../aws/role';
import type { Association } from '../../aws/association';
import { LiveRole, withPolicies } from './liveRole';
import { ownership, PREVIOUS_ROLES_TAG } from '../../identity/ownership';
import { proposeRoleName } from './roleChoice';
import { Scope, subjectOf } from '../steps/scope';
import { readTrust } from '../../identity/trust';
import { readOrExplain } from '../steps/reading';

/** A role with everything on it, and why it was read. */
export interface FoundRole extends LiveRole {
  instanceProfiles: string[];
  /** The association, or the record of the last associate, names it: the plan lists it even when it is not ours. */
  named: boolean;
}

/** Most pages of the account's roles to search; a page holds up to 1,000. */
const MOST_PAGES = 30;

/** Likely names of this ref's roles, without searching the account. */
function likelyNames(
  scope: Scope,
  association: Association | undefined,
  naming: PodIdentityRoleNaming | undefined,
  entityRef: string | undefined,
): Map<string, { named: boolean }> {
  const { input, result } = scope.context.lastAssociate ?? {};
  const names = new Map<string, { named: boolean }>();
  const add = (name: string | undefined, named: boolean) => {
    if (name && !names.has(name)) names.set(name, { named });
  };
  add(association && nameOfArn(association.roleArn), true);
  for (const name of (association?.tags[PREVIOUS_ROLES_TAG] ?? '').split(' ')) {
    add(name, true);
  }
  const recorded = result?.roleArn ?? input?.roleArn;
  add(recorded && nameOfArn(recorded), true);
  add(input?.roleName, false);
  add(proposeRoleName(scope, entityRef, naming), false);
  return names;
}

async function readWhole(
  scope: Scope,
  name: string,
): Promise<Omit<FoundRole, 'named'> | undefined> {
  const { signal } = scope.context;
  return readOrExplain(scope, `look at the role ${name}`, async () => {
    const role = await readRole(scope.read, name, signal);
    if (!role) return undefined;
    const [live, instanceProfiles] = await Promise.all([
      withPolicies(scope.read, role, signal),
      listInstanceProfiles(scope.read, name, signal),
    ]);
    return { ...live, instanceProfiles };
  });
}

function isOfThisRef(scope: Scope, role: LiveRole): boolean {
  const owner = ownership(role.tags, subjectOf(scope));
  return (
    owner.kind === 'ours' ||
    (owner.kind === 'sibling' &&
      !!readTrust(role.trustPolicy, scope.target).own)
  );
}

/**
 * Every role that carries our ownership tags for this ref, under any name. Only searched when no likely name led to
 * one: a process that was killed after CreateRole may have left a role under a name that is not recorded.
 */
async function searchAccount(
  scope: Scope,
): Promise<{ names: string[]; warning?: string }> {
  const names: string[] = [];
  try {
    let pagesLeft = MOST_PAGES;
    const pages = rolePages(scope.read, scope.context.signal);
    for await (const { roles, isLast } of pages) {
      for (const { role } of roles) {
        const ours = ownership(role.tags, subjectOf(scope)).kind === 'ours';
        if (ours && role.name) names.push(role.name);
      }
      pagesLeft -= 1;
      if (!isLast && pagesLeft === 0) {
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
      warning: `A role of this service account under another name would not be found, because the search of the account's roles failed (${
        classifyAwsError(error).code
      }, iam:GetAccountAuthorizationDetails).`,
    };
  }
}

/**
 * All roles that a teardown of this ref has to judge.
 *
 * @param association - a promise, so that the roles whose names are known without it are read meanwhile
 */
export async function findRoles(
  scope: Scope,
  association: Promise<Association | undefined>,
  options: {
    naming?: PodIdentityRoleNaming;
    /** Of the request. */
    entityRef?: string;
    entityOf(association: Association | undefined): string | undefined;
  },
): Promise<{ roles: FoundRole[]; warning?: string }> {
  const { naming, entityRef } = options;
  const reading = new Memo<string, ReturnType<typeof readWhole>>();
  const read = async (
    name: string,
    named: boolean,
  ): Promise<FoundRole | undefined> => {
    const role = await reading.get(name, () => readWhole(scope, name));
    return role && { ...role, named };
  };
  // A naming strategy may use the entity, which only the association may tell.
  if (!naming || entityRef) {
    for (const name of likelyNames(
      scope,
      undefined,
      naming,
      entityRef,
    ).keys()) {
      read(name, false).catch(() => undefined);
    }
  }
  const found = await association;
  const names = likelyNames(scope, found, naming, options.entityOf(found));
  const roles = (
    await Promise.all([...names].map(([name, { named }]) => read(name, named)))
  ).filter((role): role is FoundRole => role !== undefined);
  if (roles.some(role => isOfThisRef(scope, role))) return { roles };
  // Our association names its role, so there is no other one to find.
  if (found && roles.length) return { roles };
  const { names: more, warning } = await searchAccount(scope);
  const others = await Promise.all(
    more.filter(name => !names.has(name)).map(name => read(name, false)),
  );
  return {
    roles: [
      ...roles,
      ...others.filter((role): role is FoundRole => role !== undefined),
    ],
    warning,
  };
}
