import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import {
  AdoptionContext,
  adoptionRefusal,
  isAdoptable,
  judgeAdoption,
} from '../../guardrails';
import type { Association } from '../../aws/association';
import { LiveRole, withPolicies } from './liveRole';
import { readRole, type Role } from '../../aws/role';
import { publicCluster } from '../../clusters/publicCluster';
import { Ownership, ownership, sameEntity } from '../../identity/ownership';
import {
  defaultRoleName,
  isRoleName,
  roleNameOfArn,
  rolePathOfArn,
} from '../../identity/names';
import { Scope, subjectOf } from '../steps/scope';
import type { AssociateRequest } from '../../operationContext';
import { readOrExplain } from '../steps/reading';

/** Which role an associate is about, and what may be done with it. */
export type RoleChoice =
  /** There is no such role: it is created. */
  | { how: 'create'; name: string; path: string; arn: string }
  /** Ours for this ref. */
  | { how: 'own'; live: LiveRole; arn: string }
  /** Ours for another ref of the same entity: gains our own statement, nothing else. */
  | { how: 'shared'; live: LiveRole; arn: string; owner: Ownership }
  /** Somebody's, and leave was given to use it: nothing is written. */
  | {
      how: 'adopted';
      live: LiveRole;
      arn: string;
      owner: Ownership;
      by: 'guardrail' | 'tag';
    }
  /** The name is taken by a role that is not ours for this ref. */
  | {
      how: 'taken';
      name: string;
      /** Of that role where it could be shared or adopted, else the one that was wanted. */
      arn: string;
      owner: Ownership;
      usable: boolean;
    };

/** Name for a role that does not exist yet. */
export function proposeRoleName(
  scope: Scope,
  entityRef: string | undefined,
  naming: PodIdentityRoleNaming | undefined,
): string {
  const { ref, cluster, target } = scope;
  const defaultName = defaultRoleName(cluster.name, target);
  if (!naming) return defaultName;
  const name = naming({
    ref,
    cluster: publicCluster(cluster),
    entityRef,
    defaultName,
  });
  if (!isRoleName(name)) {
    throw new InputError(
      `The portal's role naming strategy proposed "${name}", which IAM does not accept: a role name has 1 to 64 letters, digits and _+=,.@-`,
    );
  }
  return name;
}

/** What of a request decides which roles it may use. */
interface Asker {
  /** Whose roles it may share. */
  entityRef?: string;
  adoption: AdoptionContext;
}

/** How one who asks stands to a role. */
type Standing =
  | { how: 'own' }
  | { how: 'shared'; owner: Ownership }
  | { how: 'adopted'; owner: Ownership; by: 'guardrail' | 'tag' }
  | { how: 'refused'; owner: Ownership; reason: string };

function standingOf(scope: Scope, role: Role, asker: Asker): Standing {
  const owner = ownership(role.tags, subjectOf(scope));
  if (owner.kind === 'ours') return { how: 'own' };
  if (
    owner.kind === 'sibling' &&
    sameEntity(owner.entityRef, asker.entityRef)
  ) {
    return { how: 'shared', owner };
  }
  const verdict = judgeAdoption(role, asker.adoption);
  return verdict.allowed
    ? { how: 'adopted', owner, by: verdict.by }
    : { how: 'refused', owner, reason: verdict.reason };
}

/** A role that the request names is not there. What is there instead is told only to those who may use it. */
function notThere(
  scope: Scope,
  arn: string,
  asker: Asker,
  instead: Role | undefined,
): Error {
  if (instead && standingOf(scope, instead, asker).how !== 'refused') {
    return new InputError(
      `roleArn: the role ${instead.name} is ${instead.arn}, not ${arn}. Write it with its path.`,
    );
  }
  return isAdoptable(arn, scope.cluster)
    ? new NotFoundError(
        `roleArn: there is no role ${arn} in account ${scope.cluster.accountId}. Check its name and path, or leave roleArn out and a role is created.`,
      )
    : new NotAllowedError(adoptionRefusal(arn, asker.adoption));
}

function readHead(scope: Scope, name: string) {
  return readOrExplain(scope, `read the role ${name}`, () =>
    readRole(scope.read, name, scope.context.signal),
  );
}

/** @throws NotAllowedError when the role may not be used */
async function chooseRead(
  scope: Scope,
  head: Role,
  asker: Asker,
): Promise<RoleChoice> {
  const standing = standingOf(scope, head, asker);
  if (standing.how === 'refused') throw new NotAllowedError(standing.reason);
  const live = await readOrExplain(
    scope,
    `read the policies of ${head.name}`,
    () => withPolicies(scope.read, head, scope.context.signal),
  );
  return { ...standing, live, arn: head.arn };
}

function arnOf(scope: Scope, path: string, name: string): string {
  const { partition, accountId } = scope.cluster;
  return `arn:${partition}:iam::${accountId}:role${path}${name}`;
}

async function chooseByName(
  scope: Scope,
  name: string,
  path: string,
  asker: Asker,
): Promise<RoleChoice> {
  const head = await readHead(scope, name);
  const arn = arnOf(scope, path, name);
  if (!head) return { how: 'create', name, path, arn };
  const standing = standingOf(scope, head, asker);
  if (standing.how === 'own') return chooseRead(scope, head, asker);
  const usable = standing.how !== 'refused';
  return {
    how: 'taken',
    name,
    arn: usable ? head.arn : arn,
    owner: standing.owner,
    usable,
  };
}

/**
 * Finds the role of a request: the one it names, else the one that our association already has, else the one of the
 * naming strategy.
 *
 * @param association - a promise, so that the likely role is read while the association is still being looked for
 * @throws NotAllowedError when the role is somebody's who has not given leave to use it
 */
export async function chooseRole(
  scope: Scope,
  request: AssociateRequest,
  association: Promise<Association | undefined>,
  naming: PodIdentityRoleNaming | undefined,
): Promise<RoleChoice> {
  const { entityRef, roleArn, roleName, rolePath } = request.input;
  const asker: Asker = {
    entityRef,
    adoption: {
      cluster: scope.cluster,
      entityRef,
      ownedEntities: scope.context.ownedEntities,
    },
  };
  if (roleArn) {
    const head = await readHead(scope, roleNameOfArn(roleArn));
    if (head?.arn !== roleArn) throw notThere(scope, roleArn, asker, head);
    return chooseRead(scope, head, asker);
  }
  const path = rolePath ?? scope.context.config.role.path;
  if (roleName) return chooseByName(scope, roleName, path, asker);

  const proposed = proposeRoleName(scope, entityRef, naming);
  const likely = chooseByName(scope, proposed, path, asker);
  // Whichever of the two fails first is thrown by the await below; the other must not stay unheard.
  likely.catch(() => undefined);
  const current = await association;
  const isOwn =
    current &&
    !current.ownerArn &&
    ownership(current.tags, subjectOf(scope)).kind === 'ours';
  if (!isOwn || roleNameOfArn(current.roleArn) === proposed) return likely;
  const head = await readHead(scope, roleNameOfArn(current.roleArn));
  if (head?.arn === current.roleArn) {
    return chooseRead(scope, head, {
      ...asker,
      entityRef: entityRef ?? current.tags[MARK_TAGS.entityRef],
    });
  }
  const currentPath = rolePathOfArn(current.roleArn);
  // Its role was deleted. One that lived elsewhere was not made by us and is not made again.
  return currentPath === path
    ? {
        how: 'create',
        name: roleNameOfArn(current.roleArn),
        path,
        arn: current.roleArn,
      }
    : likely;
}
