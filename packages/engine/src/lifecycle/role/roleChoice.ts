import { nameOfArn, rolePathOfArn } from '../../aws/arn';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  MARK_TAGS,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import {
  AdoptionContext,
  adoptionRefusal,
  isAdoptable,
  judgeAdoption,
  ownerRefusal,
} from '../../guardrails';
import type { Association } from '../../aws/association';
import { LiveRole, withPolicies } from './liveRole';
import { readRole, type Role } from '../../aws/role';
import { portalRoles } from '../../clusters/portalRoles';
import { publicCluster } from '../../clusters/publicCluster';
import { Ownership, ownership, sameEntity } from '../../identity/ownership';
import {
  defaultRoleName,
  defaultRoleNames,
  isRoleName,
} from '../../identity/names';
import { isOurs } from '../association/isOurs';
import { Scope, subjectOf } from '../steps/scope';
import type { AssociateRequest } from '../../operationContext';
import { readOrExplain } from '../steps/reading';

/** The role of an associate, and how it may be used. */
export type RoleChoice =
  /** The role does not exist and is created. */
  | { how: 'create'; name: string; path: string; arn: string }
  /** Ours for this ref. */
  | { how: 'own'; live: LiveRole; arn: string }
  /** Ours for another service account of the same entity: only our trust statement is added. */
  | { how: 'shared'; live: LiveRole; arn: string; owner: Ownership }
  /** Belongs to another owner who allows its use: nothing is written. */
  | {
      how: 'adopted';
      live: LiveRole;
      arn: string;
      owner: Ownership;
      by: 'guardrail' | 'tag';
    }
  /** The name belongs to a role that is not ours for this ref. */
  | {
      how: 'taken';
      name: string;
      /** ARN of that role where it could be shared or adopted, else the wanted ARN. */
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
      `The role naming strategy proposed "${name}", which IAM does not accept: a role name has 1 to 64 letters, digits and _+=,.@-`,
    );
  }
  return name;
}

/** What decides which existing roles a request may use. */
interface Claim {
  /** Entity whose roles it may share. */
  entityRef?: string;
  adoption: AdoptionContext;
}

/** How a request may use a role. */
type RoleAccess =
  | { how: 'own' }
  | { how: 'shared'; owner: Ownership }
  | { how: 'adopted'; owner: Ownership; by: 'guardrail' | 'tag' }
  | { how: 'refused'; owner: Ownership; reason: string };

async function accessTo(
  scope: Scope,
  role: Role,
  claim: Claim,
): Promise<RoleAccess> {
  const owner = ownership(role.tags, subjectOf(scope));
  const reason = await ownerRefusal(
    `The role ${role.name}`,
    role.tags,
    claim.adoption,
  );
  if (owner.kind === 'ours') {
    return reason ? { how: 'refused', owner, reason } : { how: 'own' };
  }
  const isShared =
    owner.kind === 'sibling' &&
    sameEntity(owner.entityRef, claim.entityRef) &&
    !reason;
  const verdict = isShared
    ? ({ allowed: true, by: 'tag' } as const)
    : await judgeAdoption(role, claim.adoption);
  if (!verdict.allowed) {
    return { how: 'refused', owner, reason: verdict.reason };
  }
  // Last, so that only those learn of the role who own what it was made for.
  const foreign =
    owner.kind === 'sibling' && verdict.by === 'tag'
      ? sharingRefusal(scope, role)
      : undefined;
  if (foreign) return { how: 'refused', owner, reason: foreign };
  return isShared
    ? { how: 'shared', owner }
    : { how: 'adopted', owner, by: verdict.by };
}

/**
 * A role that the portal made for a service account of another namespace is shared only by those who may change that
 * one's identity: what the role may do is decided there.
 */
function sharingRefusal(
  { cluster, context, ref }: Scope,
  { name, tags }: Role,
): string | undefined {
  const { claimant, clusters } = context;
  const namespace = tags[MARK_TAGS.namespace];
  if (!claimant || claimant.isAdministrator || namespace === ref.namespace) {
    return undefined;
  }
  const first = clusters
    .list()
    .filter(
      other =>
        other.accountId === cluster.accountId &&
        other.name === tags[MARK_TAGS.cluster] &&
        other.region === tags[MARK_TAGS.region],
    )
    .map(({ id }) =>
      stringifyServiceAccountRef({
        cluster: id,
        namespace,
        serviceAccount: tags[MARK_TAGS.serviceAccount],
      }),
    );
  return first.some(written => claimant.mayUpdate?.has(written))
    ? undefined
    : `The role ${name} cannot be shared: it was made for a service account of another namespace, and you lack the permission eks-pod-identity.association.update there. Let this service account have a role of its own, or ask an owner of that namespace`;
}

function claimOf(
  scope: Scope,
  { entityRef }: AssociateRequest['input'],
  current?: Association,
): Claim {
  const { cluster, context, ref } = scope;
  return {
    entityRef,
    adoption: {
      cluster,
      namespace: ref.namespace,
      portalRoles: portalRoles(context.clusters),
      entityRef,
      claimant: context.claimant,
      entity: context.entity,
      findEntity: context.findEntity,
      // An initiator who is not allowed to change the identity does not come this far
      inUse: current && isOurs(scope, current) ? current.roleArn : undefined,
    },
  };
}

/** Whether the request could name this role. */
export async function mayUseRole(
  scope: Scope,
  arn: string,
  { input }: AssociateRequest,
): Promise<boolean> {
  const head = await readHead(scope, nameOfArn(arn));
  if (head?.arn !== arn) return false;
  return (await accessTo(scope, head, claimOf(scope, input))).how !== 'refused';
}

/**
 * The named role does not exist. A role with the same name at another path is shown only where the request may use
 * it.
 */
async function notThere(
  scope: Scope,
  arn: string,
  claim: Claim,
  instead: Role | undefined,
): Promise<Error> {
  if (instead && (await accessTo(scope, instead, claim)).how !== 'refused') {
    return new InputError(
      `roleArn: the role ${instead.name} is ${instead.arn}, not ${arn}. Write it with its path.`,
    );
  }
  return isAdoptable(arn, claim.adoption)
    ? new NotFoundError(
        `roleArn: there is no role ${arn} in account ${scope.cluster.accountId}. Check its name and path, or have a role created.`,
      )
    : new NotAllowedError(adoptionRefusal(arn, claim.adoption));
}

function readHead(scope: Scope, name: string) {
  return readOrExplain(scope, `read the role ${name}`, () =>
    readRole(scope.read, name, scope.context.signal),
  );
}

/** @throws NotAllowedError when the role must not be used */
async function chooseRead(
  scope: Scope,
  head: Role,
  claim: Claim,
): Promise<RoleChoice> {
  const access = await accessTo(scope, head, claim);
  if (access.how === 'refused') throw new NotAllowedError(access.reason);
  const live = await readOrExplain(
    scope,
    `read the policies of ${head.name}`,
    () => withPolicies(scope.read, head, scope.context.signal),
  );
  return { ...access, live, arn: head.arn };
}

function arnOf(scope: Scope, path: string, name: string): string {
  const { partition, accountId } = scope.cluster;
  return `arn:${partition}:iam::${accountId}:role${path}${name}`;
}

async function chooseByName(
  scope: Scope,
  name: string,
  path: string,
  claim: Claim,
): Promise<RoleChoice> {
  const head = await readHead(scope, name);
  const arn = arnOf(scope, path, name);
  if (!head) return { how: 'create', name, path, arn };
  const access = await accessTo(scope, head, claim);
  if (access.how === 'own') return chooseRead(scope, head, claim);
  const usable = access.how !== 'refused';
  return {
    how: 'taken',
    name,
    arn: usable ? head.arn : arn,
    owner: access.owner,
    usable,
  };
}

/** The next of the ref's names that is free or has its role: a name that others hold blocks nothing. */
async function nextFree(
  scope: Scope,
  first: RoleChoice,
  path: string,
  claim: Claim,
): Promise<RoleChoice> {
  const { cluster, target } = scope;
  let choice = first;
  for (const name of defaultRoleNames(cluster.name, target).slice(1)) {
    if (choice.how !== 'taken') break;
    choice = await chooseByName(scope, name, path, claim);
  }
  return choice;
}

/**
 * The role that the last run set, where the association was given another one since. Undefined where it is still the
 * same, and where the request is not allowed to use the former one: then the association's own role is judged.
 */
async function roleOfLastRun(
  scope: Scope,
  current: Association,
  path: string,
  claim: Claim,
): Promise<RoleChoice | undefined> {
  const { input, result } = scope.context.lastAssociate ?? {};
  const arn = result?.applied && result.roleArn;
  // An existing role is used again only where a request names it.
  if (!arn || arn === current.roleArn || input?.roleArn) return undefined;
  const name = nameOfArn(arn);
  const head = await readHead(scope, name);
  // A role of others is not made again under its name.
  if (!head) {
    return rolePathOfArn(arn) !== path
      ? undefined
      : { how: 'create', name, path, arn };
  }
  if (head.arn !== arn) return undefined;
  const { how } = await accessTo(scope, head, claim);
  return how === 'refused' ? undefined : chooseRead(scope, head, claim);
}

/**
 * Finds the role of a request: the one it names, else the one that the last run set, else the one that our association
 * already has, else the one of the naming strategy.
 *
 * @param association - a promise, so that the likely role is read while the association is still being looked for
 * @throws NotAllowedError when the role belongs to another owner and the guardrails do not allow its use
 */
export async function chooseRole(
  scope: Scope,
  request: AssociateRequest,
  association: Promise<Association | undefined>,
  naming: PodIdentityRoleNaming | undefined,
): Promise<RoleChoice> {
  const { entityRef, roleArn, roleName, rolePath } = request.input;
  if (roleArn) {
    const [head, current] = await Promise.all([
      readHead(scope, nameOfArn(roleArn)),
      association,
    ]);
    const claim = claimOf(scope, request.input, current);
    if (head?.arn !== roleArn) {
      throw await notThere(scope, roleArn, claim, head);
    }
    return chooseRead(scope, head, claim);
  }
  const claim = claimOf(scope, request.input);
  const path = rolePath ?? scope.cluster.rolePath;
  if (roleName) return chooseByName(scope, roleName, path, claim);

  const proposed = proposeRoleName(scope, entityRef, naming);
  const likely = chooseByName(scope, proposed, path, claim);
  // The await below throws the first failure; this handles the other rejection.
  likely.catch(() => undefined);
  const current = await association;
  if (!current || !isOurs(scope, current)) {
    return naming ? likely : nextFree(scope, await likely, path, claim);
  }
  const known = {
    ...claimOf(scope, request.input, current),
    entityRef: entityRef ?? current.tags[MARK_TAGS.entityRef],
  };
  const last = await roleOfLastRun(scope, current, path, known);
  if (last) return last;
  if (nameOfArn(current.roleArn) === proposed) return likely;
  const head = await readHead(scope, nameOfArn(current.roleArn));
  if (head?.arn === current.roleArn) {
    const { how } = await accessTo(scope, head, known);
    // The plan leaves it to the user to replace a role that the request is not allowed to use.
    if (how !== 'refused') return chooseRead(scope, head, known);
    return naming ? likely : nextFree(scope, await likely, path, known);
  }
  const currentPath = rolePathOfArn(current.roleArn);
  // The association's role was deleted. We did not create a role with another path, so we do not recreate it.
  return currentPath === path
    ? {
        how: 'create',
        name: nameOfArn(current.roleArn),
        path,
        arn: current.roleArn,
      }
    : likely;
}
