import { seenAt } from '../../core/propagated';
import { XmlValue, isoSeconds, members } from '../protocol/xml';
import {
  InstanceProfileRecord,
  PolicyRecord,
  RoleRecord,
  UserRecord,
} from '../state/types';
import { World } from '../state/world';
import { PolicyDocument, many } from '../policy/document';

/** IAM returns documents URL-encoded (RFC 3986). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function tagList(tags: Record<string, string>): XmlValue {
  return members(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));
}

/** Like {@link tagList}, but undefined when there are no tags, as in Get operations. */
function tagListIfAny(tags: Record<string, string>): XmlValue | undefined {
  return Object.keys(tags).length ? tagList(tags) : undefined;
}

/**
 * The trust policy as IAM shows it: a principal that was deleted or recreated since appears as the unique ID
 * it had ("IAM JSON policy elements: Principal", IAM User Guide).
 */
function shownTrust(world: World, role: RoleRecord): string {
  const stale = Object.entries(role.boundIds).filter(
    ([arn, id]) => currentUniqueId(world, arn) !== id,
  );
  if (stale.length === 0) {
    return role.trust;
  }
  const ids = Object.fromEntries(stale);
  const document = JSON.parse(role.trust) as PolicyDocument;
  for (const statement of many(document.Statement)) {
    for (const element of [statement.Principal, statement.NotPrincipal]) {
      if (typeof element === 'object' && element.AWS !== undefined) {
        const values = many(element.AWS).map(arn =>
          Object.hasOwn(ids, arn) ? ids[arn] : arn,
        );
        element.AWS = Array.isArray(element.AWS) ? values : values[0];
      }
    }
  }
  return JSON.stringify(document);
}

/** The current unique ID of a user or role; undefined when the principal does not exist. */
export function currentUniqueId(world: World, arn: string): string | undefined {
  const parts = /^arn:[^:]+:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/.exec(
    arn,
  );
  if (!parts) {
    return undefined;
  }
  const [, accountId, type, name] = parts;
  const account = world.state.accounts.get(accountId);
  if (type === 'role') {
    const role = world.role(accountId, name);
    return role?.arn === arn ? role.roleId : undefined;
  }
  const versions = account?.users.get(name)?.versions;
  const user = versions?.[versions.length - 1]?.value;
  return user?.arn === arn ? user.userId : undefined;
}

function boundary(arn: string | undefined): XmlValue {
  return arn
    ? {
        PermissionsBoundaryType: 'Policy',
        PermissionsBoundaryArn: arn,
      }
    : undefined;
}

/** A role as lists show it. */
export function roleSummary(world: World, role: RoleRecord) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(shownTrust(world, role)),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
  } satisfies XmlValue;
}

/** IAM forgets what was longer ago ("Role last used", IAM User Guide). */
const TRACKED_MS = 400 * 86_400_000;

/** A role as GetRole shows it. */
export function roleView(world: World, accountId: string, role: RoleRecord) {
  const now = world.now();
  const last = seenAt(
    world.account(accountId).roleLastUsed.get(role.roleId),
    now,
  );
  const used = last && now - last.at < TRACKED_MS ? last : undefined;
  return {
    ...roleSummary(world, role),
    PermissionsBoundary: boundary(role.boundaryArn),
    Tags: tagListIfAny(role.tags),
    RoleLastUsed: used
      ? { LastUsedDate: isoSeconds(used.at), Region: used.region }
      : {},
  } satisfies XmlValue;
}

export function userView(user: UserRecord) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.userId,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    PermissionsBoundary: boundary(user.boundaryArn),
    Tags: tagListIfAny(user.tags),
  } satisfies XmlValue;
}

/** How many users and roles of all accounts use a managed policy, as an attachment and as a boundary. */
export function attachmentsOf(world: World, arn: string, accountId: string) {
  const account = world.account(accountId);
  let attached = 0;
  let bounds = 0;
  for (const cells of [account.roles, account.users]) {
    for (const { versions } of cells.values()) {
      const holder = versions[versions.length - 1]?.value;
      attached += holder?.attached.includes(arn) ? 1 : 0;
      bounds += holder?.boundaryArn === arn ? 1 : 0;
    }
  }
  return { attached, bounds };
}

export function policyView(
  world: World,
  accountId: string,
  policy: PolicyRecord,
  options: { description: boolean },
) {
  const use = attachmentsOf(world, policy.arn, accountId);
  return {
    PolicyName: policy.name,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: use.attached,
    PermissionsBoundaryUsageCount: use.bounds,
    IsAttachable: true,
    Description: options.description ? policy.description : undefined,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    Tags: options.description ? tagListIfAny(policy.tags) : undefined,
  } satisfies XmlValue;
}

export function instanceProfileView(
  world: World,
  accountId: string,
  profile: InstanceProfileRecord,
) {
  const role =
    profile.roleName === undefined
      ? undefined
      : world.role(accountId, profile.roleName);
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: members(role ? [roleSummary(world, role)] : []),
    Tags: tagListIfAny(profile.tags),
  } satisfies XmlValue;
}
