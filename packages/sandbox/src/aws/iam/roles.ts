import { AwsError } from '../errors';
import { PolicyDocument, many } from '../policy/document';
import { members } from '../protocol/xml';
import { RoleRecord } from '../state/types';
import { World } from '../state/world';
import { currentValues, seenAt } from '../../core/propagated';
import {
  IamContext,
  IamOperation,
  acceptPolicy,
  deleteConflict,
  entityExists,
  limitExceeded,
  needRole,
  page,
  requestTagKeys,
  resourceTagKeys,
  saveRole,
} from './context';
import { Parameters } from './parameters';
import { roleSummary, roleView } from './views';

function invalidPrincipal(name: string): AwsError {
  return new AwsError(
    'MalformedPolicyDocument',
    `Invalid principal in policy: "AWS":"${name}"`,
    400,
  );
}

/** Whether a unique ID belongs to a user or role that exists. */
function isAlive(world: World, uniqueId: string): boolean {
  return [...world.state.accounts.values()].some(
    ({ roles, users }) =>
      [...roles.keys()].some(
        name => seenAt(roles.get(name), world.now())?.roleId === uniqueId,
      ) ||
      [...users.keys()].some(
        name => seenAt(users.get(name), world.now())?.userId === uniqueId,
      ),
  );
}

/** The role and user ARNs in a trust policy, with their unique IDs; throws IAM's error for those that do not exist. */
function bindPrincipals(
  world: World,
  document: PolicyDocument,
): Record<string, string> {
  const bound: Record<string, string> = {};
  for (const statement of many(document.Statement)) {
    for (const element of [statement.Principal, statement.NotPrincipal]) {
      if (typeof element !== 'object') {
        continue;
      }
      for (const arn of many(element.AWS)) {
        // IAM shows the ID of a deleted principal, and does not store it again.
        if (/^A(RO|ID)A/.test(arn) && !isAlive(world, arn)) {
          throw invalidPrincipal(arn);
        }
        const parts =
          /^arn:[^:]+:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn);
        if (!parts) {
          continue;
        }
        const [, accountId, type, name] = parts;
        const account = world.state.accounts.get(accountId);
        const cells = type === 'role' ? account?.roles : account?.users;
        const found = seenAt<{ arn: string; roleId?: string; userId?: string }>(
          cells?.get(name),
          world.now(),
        );
        if (!found || found.arn !== arn) {
          throw invalidPrincipal(arn);
        }
        bound[arn] = found.roleId ?? found.userId!;
      }
    }
  }
  return bound;
}

function acceptTrust(context: IamContext, text: string) {
  const { world } = context;
  if (text.replace(/\s/g, '').length > world.settings.trustPolicyLength) {
    throw limitExceeded(
      `Cannot exceed quota for ACLSizePerRole: ${world.settings.trustPolicyLength}`,
    );
  }
  const document = acceptPolicy(text, 'trust');
  return { trust: text, boundIds: bindPrincipals(world, document) };
}

const readDocument = (parameters: Parameters, name: string) =>
  parameters.required(name, { minLength: 1, maxLength: 131_072 });

const createRole: IamOperation = context => {
  const { world, account, parameters } = context;
  const name = parameters.name('RoleName', 64);
  const path = parameters.path();
  const text = readDocument(parameters, 'AssumeRolePolicyDocument');
  const description = parameters.text('Description', { maxLength: 1000 });
  const maxSessionDuration =
    parameters.integer('MaxSessionDuration', { min: 3600, max: 43200 }) ?? 3600;
  const boundaryArn = parameters.arn('PermissionsBoundary', false);
  const tags = parameters.tags();
  parameters.done();

  const arn = world.iamArn(account.id, `role${path}${name}`);
  const keys = {
    ...requestTagKeys(tags),
    ...resourceTagKeys(tags),
    'iam:PermissionsBoundary': boundaryArn,
  };
  context.need({ action: 'iam:CreateRole', resource: arn, context: keys });
  if (Object.keys(tags).length > 0) {
    context.need({ action: 'iam:TagRole', resource: arn, context: keys });
  }
  const existing = currentValues(account.roles.values());
  const taken = existing.some(
    other => other.name.toLowerCase() === name.toLowerCase(),
  );
  if (taken) {
    throw entityExists(`Role with name ${name} already exists.`);
  }
  const trust = acceptTrust(context, text);
  if (boundaryArn && !world.policy(boundaryArn)) {
    throw new AwsError(
      'NoSuchEntity',
      `Scope ARN: ${boundaryArn} does not exist or is not attachable.`,
      404,
    );
  }
  if (existing.length >= world.settings.rolesPerAccount) {
    throw limitExceeded(
      `Cannot exceed quota for RolesPerAccount: ${world.settings.rolesPerAccount}`,
    );
  }
  const role: RoleRecord = {
    name,
    path,
    arn,
    roleId: world.ids.iam('AROA'),
    createdAt: world.now(),
    description,
    maxSessionDuration,
    ...trust,
    inline: {},
    attached: [],
    boundaryArn,
    tags,
  };
  saveRole(context, name, role);
  // CreateRole does not say when the role was last used.
  const { RoleLastUsed, ...created } = roleView(world, account.id, role);
  return { Role: created };
};

const getRole: IamOperation = context => {
  const role = needRole(context);
  context.parameters.done();
  return { Role: roleView(context.world, context.account.id, role) };
};

const listRoles: IamOperation = context => {
  const { world, account, parameters } = context;
  const prefix = parameters.text('PathPrefix') ?? '/';
  const all = currentValues(account.roles.values())
    .filter(role => role.path.startsWith(prefix))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  const { items, paging } = page(context, all);
  parameters.done();
  context.need({
    action: 'iam:ListRoles',
    resource: world.iamArn(account.id, `role${prefix}`),
  });
  return {
    ...paging,
    Roles: members(items.map(role => roleSummary(world, role))),
  };
};

const updateRole: IamOperation = context => {
  const role = needRole(context);
  const description = context.parameters.text('Description', {
    maxLength: 1000,
  });
  const duration = context.parameters.integer('MaxSessionDuration', {
    min: 3600,
    max: 43200,
  });
  context.parameters.done();
  saveRole(context, role.name, {
    ...role,
    description: description ?? role.description,
    // IAM sets one hour where the call leaves it out
    maxSessionDuration: duration ?? 3600,
  });
  return {};
};

const updateAssumeRolePolicy: IamOperation = context => {
  const role = needRole(context);
  const text = readDocument(context.parameters, 'PolicyDocument');
  context.parameters.done();
  saveRole(context, role.name, { ...role, ...acceptTrust(context, text) });
  return undefined;
};

const deleteRole: IamOperation = context => {
  const { world, account } = context;
  const role = needRole(context);
  context.parameters.done();
  if (role.path.startsWith('/aws-service-role/')) {
    throw new AwsError(
      'UnmodifiableEntity',
      `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
      400,
    );
  }
  if (
    [...account.instanceProfiles.values()].some(p => p.roleName === role.name)
  ) {
    throw deleteConflict(
      'Cannot delete entity, must remove roles from instance profile first.',
    );
  }
  if (role.attached.length > 0) {
    throw deleteConflict(
      'Cannot delete entity, must detach all policies first.',
    );
  }
  if (Object.keys(role.inline).length > 0) {
    throw deleteConflict('Cannot delete entity, must delete policies first.');
  }
  saveRole(context, role.name, undefined);
  world.account(account.id).roleLastUsed.delete(role.roleId);
  return undefined;
};

/** Keys keep their letter case but are compared without it ("Tags for IAM resources", IAM User Guide). */
function mergedTags(
  current: Record<string, string>,
  added: Record<string, string>,
): Record<string, string> {
  const folded = new Set(Object.keys(added).map(key => key.toLowerCase()));
  const kept = Object.entries(current).filter(
    ([key]) => Object.hasOwn(added, key) || !folded.has(key.toLowerCase()),
  );
  return { ...Object.fromEntries(kept), ...added };
}

const tagRole: IamOperation = context => {
  const tags = context.parameters.tags();
  const role = needRole(context, requestTagKeys(tags));
  context.parameters.done();
  const merged = mergedTags(role.tags, tags);
  if (Object.keys(merged).length > 50) {
    throw limitExceeded('The number of tags has reached the maximum limit.');
  }
  saveRole(context, role.name, { ...role, tags: merged });
  return undefined;
};

const untagRole: IamOperation = context => {
  const keys = context.parameters.texts('TagKeys');
  const role = needRole(context, { 'aws:TagKeys': keys });
  context.parameters.done();
  const tags = Object.fromEntries(
    Object.entries(role.tags).filter(([key]) => !keys.includes(key)),
  );
  saveRole(context, role.name, { ...role, tags });
  return undefined;
};

const putBoundary: IamOperation = context => {
  const arn = context.parameters.arn('PermissionsBoundary')!;
  const role = needRole(context, { 'iam:PermissionsBoundary': arn });
  context.parameters.done();
  if (!context.world.policy(arn)) {
    throw new AwsError(
      'NoSuchEntity',
      `Scope ARN: ${arn} does not exist or is not attachable.`,
      404,
    );
  }
  saveRole(context, role.name, { ...role, boundaryArn: arn });
  return undefined;
};

const deleteBoundary: IamOperation = context => {
  const role = needRole(context);
  context.parameters.done();
  if (!role.boundaryArn) {
    throw new AwsError(
      'NoSuchEntity',
      `The role ${role.name} has no permissions boundary.`,
      404,
    );
  }
  saveRole(context, role.name, { ...role, boundaryArn: undefined });
  return undefined;
};

export const roleOperations: Record<string, IamOperation> = {
  CreateRole: createRole,
  GetRole: getRole,
  ListRoles: listRoles,
  UpdateRole: updateRole,
  UpdateAssumeRolePolicy: updateAssumeRolePolicy,
  DeleteRole: deleteRole,
  TagRole: tagRole,
  UntagRole: untagRole,
  PutRolePermissionsBoundary: putBoundary,
  DeleteRolePermissionsBoundary: deleteBoundary,
};
