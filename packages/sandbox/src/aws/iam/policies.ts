import { currentValues } from '../../core/propagated';
import { AwsError } from '../errors';
import { members } from '../protocol/xml';
import { PolicyRecord } from '../state/types';
import {
  IamContext,
  IamOperation,
  acceptPolicy,
  deleteConflict,
  entityExists,
  limitExceeded,
  noSuchEntity,
  page,
  requestTagKeys,
  resourceTagKeys,
} from './context';
import { awsManagedPolicies } from './managedPolicies';
import { attachmentsOf, encodeDocument, policyView, tagList } from './views';

const MOST_VERSIONS = 5;

const customerPolicies = (context: IamContext) =>
  currentValues(context.account.policies.values());

function needPolicy(context: IamContext): PolicyRecord {
  const arn = context.parameters.arn('PolicyArn')!;
  const policy = context.world.policy(arn);
  context.need({
    action: `iam:${context.call.operation}`,
    resource: arn,
    context: resourceTagKeys(policy?.tags),
  });
  if (!policy) {
    throw noSuchEntity(`Policy ${arn} was not found.`);
  }
  return policy;
}

function needOwnPolicy(context: IamContext): PolicyRecord {
  const policy = needPolicy(context);
  if (!context.account.policies.has(policy.arn)) {
    throw new AwsError(
      'AccessDenied',
      `User: ${context.call.caller.arn} is not authorized to perform: iam:${context.call.operation} on resource: policy ${policy.arn}`,
      403,
    );
  }
  return policy;
}

function acceptDocument(context: IamContext): string {
  const text = context.parameters.required('PolicyDocument', {
    minLength: 1,
    maxLength: 131_072,
  });
  const limit = context.world.settings.managedPolicyLength;
  if (text.replace(/\s/g, '').length > limit) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${limit}`);
  }
  acceptPolicy(text, 'identity');
  return text;
}

const createPolicy: IamOperation = context => {
  const { world, account, parameters } = context;
  const name = parameters.name('PolicyName', 128);
  const path = parameters.path();
  const description = parameters.text('Description', { maxLength: 1000 });
  const tags = parameters.tags();
  const arn = `arn:aws:iam::${account.id}:policy${path}${name}`;
  context.need({
    action: 'iam:CreatePolicy',
    resource: arn,
    context: requestTagKeys(tags),
  });
  const document = acceptDocument(context);
  parameters.done();
  const taken = customerPolicies(context).some(
    policy => policy.name.toLowerCase() === name.toLowerCase(),
  );
  if (taken) {
    throw entityExists(
      `A policy called ${name} already exists. Duplicate names are not allowed.`,
    );
  }
  const now = world.now();
  const policy: PolicyRecord = {
    name,
    path,
    arn,
    policyId: world.ids.iam('ANPA'),
    description,
    createdAt: now,
    updatedAt: now,
    versions: [{ id: 'v1', document, createdAt: now }],
    defaultVersionId: 'v1',
    tags,
  };
  world.writeIam(account.policies, arn, policy);
  return {
    Policy: policyView(world, account.id, policy, { description: true }),
  };
};

const getPolicy: IamOperation = context => {
  const policy = needPolicy(context);
  context.parameters.done();
  return {
    Policy: policyView(context.world, context.account.id, policy, {
      description: true,
    }),
  };
};

const getPolicyVersion: IamOperation = context => {
  const policy = needPolicy(context);
  const id = context.parameters.required('VersionId', { pattern: /^v\d+$/ });
  context.parameters.done();
  const version = policy.versions.find(v => v.id === id);
  if (!version) {
    throw noSuchEntity(
      `Policy ${policy.arn} version ${id} does not exist or is not attachable.`,
    );
  }
  return {
    PolicyVersion: {
      Document: encodeDocument(version.document),
      VersionId: version.id,
      IsDefaultVersion: version.id === policy.defaultVersionId,
      CreateDate: new Date(version.createdAt),
    },
  };
};

const listPolicyVersions: IamOperation = context => {
  const policy = needPolicy(context);
  const { items, paging } = page(context, [...policy.versions].reverse());
  context.parameters.done();
  return {
    ...paging,
    Versions: members(
      items.map(version => ({
        VersionId: version.id,
        IsDefaultVersion: version.id === policy.defaultVersionId,
        CreateDate: new Date(version.createdAt),
      })),
    ),
  };
};

const listPolicies: IamOperation = context => {
  const { world, account, parameters } = context;
  const scope = parameters.text('Scope', { pattern: /^(All|AWS|Local)$/ });
  const onlyAttached = parameters.boolean('OnlyAttached') ?? false;
  const prefix = parameters.text('PathPrefix') ?? '/';
  const usage = parameters.text('PolicyUsageFilter', {
    pattern: /^(PermissionsPolicy|PermissionsBoundary)$/,
  });
  const all = [
    ...(scope === 'Local' ? [] : awsManagedPolicies()),
    ...(scope === 'AWS' ? [] : customerPolicies(context)),
  ].filter(policy => {
    const use = attachmentsOf(world, policy.arn, account.id);
    return (
      policy.path.startsWith(prefix) &&
      (!onlyAttached || use.attached > 0) &&
      (usage !== 'PermissionsBoundary' || use.bounds > 0) &&
      (usage !== 'PermissionsPolicy' || use.attached > 0)
    );
  });
  const { items, paging } = page(context, all);
  parameters.done();
  context.need({
    action: 'iam:ListPolicies',
    resource: `arn:aws:iam::${account.id}:policy${prefix}`,
  });
  return {
    ...paging,
    Policies: members(
      items.map(policy =>
        policyView(world, account.id, policy, { description: false }),
      ),
    ),
  };
};

const createPolicyVersion: IamOperation = context => {
  const { world, account, parameters } = context;
  const policy = needOwnPolicy(context);
  const document = acceptDocument(context);
  const makeDefault = parameters.boolean('SetAsDefault') ?? false;
  parameters.done();
  if (policy.versions.length >= MOST_VERSIONS) {
    throw limitExceeded(
      'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    );
  }
  const number = Math.max(
    ...policy.versions.map(version => Number(version.id.slice(1))),
  );
  const id = `v${number + 1}`;
  const now = world.now();
  world.writeIam(account.policies, policy.arn, {
    ...policy,
    updatedAt: now,
    versions: [...policy.versions, { id, document, createdAt: now }],
    defaultVersionId: makeDefault ? id : policy.defaultVersionId,
  });
  return {
    PolicyVersion: {
      VersionId: id,
      IsDefaultVersion: makeDefault,
      CreateDate: new Date(now),
    },
  };
};

const deletePolicyVersion: IamOperation = context => {
  const policy = needOwnPolicy(context);
  const id = context.parameters.required('VersionId', { pattern: /^v\d+$/ });
  context.parameters.done();
  if (!policy.versions.some(version => version.id === id)) {
    throw noSuchEntity(
      `Policy ${policy.arn} version ${id} does not exist or is not attachable.`,
    );
  }
  if (policy.defaultVersionId === id) {
    throw deleteConflict('Cannot delete the default version of a policy.');
  }
  context.world.writeIam(context.account.policies, policy.arn, {
    ...policy,
    versions: policy.versions.filter(version => version.id !== id),
  });
  return undefined;
};

const setDefaultPolicyVersion: IamOperation = context => {
  const policy = needOwnPolicy(context);
  const id = context.parameters.required('VersionId', { pattern: /^v\d+$/ });
  context.parameters.done();
  if (!policy.versions.some(version => version.id === id)) {
    throw noSuchEntity(
      `Policy ${policy.arn} version ${id} does not exist or is not attachable.`,
    );
  }
  context.world.writeIam(context.account.policies, policy.arn, {
    ...policy,
    defaultVersionId: id,
    updatedAt: context.world.now(),
  });
  return undefined;
};

const deletePolicy: IamOperation = context => {
  const { world, account } = context;
  const policy = needOwnPolicy(context);
  context.parameters.done();
  const use = attachmentsOf(world, policy.arn, account.id);
  if (use.attached > 0 || use.bounds > 0) {
    throw deleteConflict('Cannot delete a policy attached to entities.');
  }
  if (policy.versions.length > 1) {
    throw deleteConflict(
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  }
  world.writeIam(account.policies, policy.arn, undefined);
  return undefined;
};

const listPolicyTags: IamOperation = context => {
  const policy = needPolicy(context);
  const { items, paging } = page(context, Object.entries(policy.tags));
  context.parameters.done();
  return { ...paging, Tags: tagList(Object.fromEntries(items)) };
};

const listEntitiesForPolicy: IamOperation = context => {
  const { account } = context;
  const policy = needPolicy(context);
  context.parameters.done();
  const uses = (holder: { attached: string[]; boundaryArn?: string }) =>
    holder.attached.includes(policy.arn) || holder.boundaryArn === policy.arn;
  const users = currentValues(account.users.values()).filter(uses);
  const roles = currentValues(account.roles.values()).filter(uses);
  return {
    IsTruncated: false,
    PolicyGroups: {},
    PolicyUsers: members(
      users.map(user => ({ UserName: user.name, UserId: user.userId })),
    ),
    PolicyRoles: members(
      roles.map(role => ({ RoleName: role.name, RoleId: role.roleId })),
    ),
  };
};

/** Operations on managed policies. */
export const policyOperations: Record<string, IamOperation> = {
  CreatePolicy: createPolicy,
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  ListPolicyVersions: listPolicyVersions,
  ListPolicies: listPolicies,
  CreatePolicyVersion: createPolicyVersion,
  DeletePolicyVersion: deletePolicyVersion,
  SetDefaultPolicyVersion: setDefaultPolicyVersion,
  DeletePolicy: deletePolicy,
  ListPolicyTags: listPolicyTags,
  ListEntitiesForPolicy: listEntitiesForPolicy,
};
