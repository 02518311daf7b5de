import { InputError, NotFoundError } from '@backstage/errors';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-node';
import type { LiveAssociation } from './liveAssociation';
import { LiveRole, readRole } from './liveRole';
import { Ownership, ownership, sameEntity } from './marks';
import {
  defaultRoleName,
  isRoleName,
  roleNameOfArn,
  rolePathOfArn,
} from './names';
import { looking, Scope } from './scope';
import { subjectOf } from './desired';
import type { AssociateRequest } from './types';

/** Which role an associate is about, and what may be done with it. */
export type RoleChoice =
  /** There is no such role: it is created. */
  | { how: 'create'; name: string; path: string; arn: string }
  /** Ours for this ref. */
  | { how: 'own'; live: LiveRole; arn: string }
  /** Ours for another ref of the same entity: gains our own statement, nothing else. */
  | { how: 'shared'; live: LiveRole; arn: string; owner: Ownership }
  /** Somebody's: nothing is written. */
  | { how: 'adopted'; live: LiveRole; arn: string; owner: Ownership }
  /** The name is taken by a role that is not ours for this ref. */
  | { how: 'taken'; live: LiveRole; arn: string; owner: Ownership };

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
    cluster: {
      id: cluster.id,
      name: cluster.name,
      title: cluster.title,
      region: cluster.region,
      accountId: cluster.accountId,
      partition: cluster.partition,
      arn: cluster.arn,
    },
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

function readNamed(scope: Scope, name: string) {
  return looking(scope, `read the role ${name}`, () =>
    readRole(scope.read, name, scope.context.signal),
  );
}

async function chooseByArn(
  scope: Scope,
  arn: string,
  entityRef: string | undefined,
  field: string | undefined,
): Promise<RoleChoice | undefined> {
  const live = await readNamed(scope, roleNameOfArn(arn));
  if (!live) {
    if (!field) return undefined;
    throw new NotFoundError(
      `${field}: there is no role ${arn} in account ${scope.cluster.accountId}. Check its name and path, or leave ${field} out and a role is created.`,
    );
  }
  if (live.arn !== arn) {
    if (!field) return undefined;
    throw new InputError(
      `${field}: the role ${live.name} is ${live.arn}, not ${arn}. Write it with its path.`,
    );
  }
  const owner = ownership(live.tags, subjectOf(scope));
  if (owner.kind === 'ours') return { how: 'own', live, arn };
  if (owner.kind === 'sibling' && sameEntity(owner.entityRef, entityRef)) {
    return { how: 'shared', live, arn, owner };
  }
  return { how: 'adopted', live, arn, owner };
}

function arnOf(scope: Scope, path: string, name: string): string {
  const { partition, accountId } = scope.cluster;
  return `arn:${partition}:iam::${accountId}:role${path}${name}`;
}

async function chooseByName(
  scope: Scope,
  name: string,
  path: string,
): Promise<RoleChoice> {
  const live = await readNamed(scope, name);
  const arn = arnOf(scope, path, name);
  if (!live) return { how: 'create', name, path, arn };
  const owner = ownership(live.tags, subjectOf(scope));
  return owner.kind === 'ours'
    ? { how: 'own', live, arn: live.arn }
    : { how: 'taken', live, arn: live.arn, owner };
}

/**
 * Finds the role of a request: the one it names, else the one that our association already has, else the one of the
 * naming strategy.
 *
 * @param association - a promise, so that the likely role is read while the association is still being looked for
 */
export async function chooseRole(
  scope: Scope,
  request: AssociateRequest,
  association: Promise<LiveAssociation | undefined>,
  naming: PodIdentityRoleNaming | undefined,
): Promise<RoleChoice> {
  const { input } = request;
  const entityRef = input.entityRef;
  if (input.roleArn) {
    const choice = await chooseByArn(
      scope,
      input.roleArn,
      entityRef,
      'roleArn',
    );
    // With a field there is a choice or an error.
    return choice as RoleChoice;
  }
  const path = input.rolePath ?? scope.context.config.role.path;
  if (input.roleName) return chooseByName(scope, input.roleName, path);

  const proposed = proposeRoleName(scope, entityRef, naming);
  const likely = chooseByName(scope, proposed, path);
  // Whichever of the two fails first is thrown by the await below; the other must not stay unheard.
  likely.catch(() => undefined);
  const current = await association;
  const isOwn =
    current &&
    !current.ownerArn &&
    ownership(current.tags, subjectOf(scope)).kind === 'ours';
  if (!isOwn || roleNameOfArn(current.roleArn) === proposed) return likely;
  const choice = await chooseByArn(
    scope,
    current.roleArn,
    entityRef ?? current.tags['backstage.io/entity-ref'],
    undefined,
  );
  if (choice) return choice;
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
