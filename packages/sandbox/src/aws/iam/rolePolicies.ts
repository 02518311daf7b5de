import { members } from '../protocol/xml';
import {
  IamOperation,
  acceptPolicy,
  limitExceeded,
  needRole,
  noSuchEntity,
  page,
  saveRole,
} from './context';
import { encodeDocument } from './views';

const attachRolePolicy: IamOperation = context => {
  const arn = context.parameters.arn('PolicyArn')!;
  const role = needRole(context, { 'iam:PolicyARN': arn });
  context.parameters.done();
  if (!context.world.policy(arn)) {
    throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  }
  if (role.attached.includes(arn)) {
    return undefined;
  }
  const limit = context.world.settings.policiesPerRole;
  if (role.attached.length >= limit) {
    throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${limit}`);
  }
  saveRole(context, role.name, {
    ...role,
    attached: [...role.attached, arn],
  });
  return undefined;
};

const detachRolePolicy: IamOperation = context => {
  const arn = context.parameters.arn('PolicyArn')!;
  const role = needRole(context, { 'iam:PolicyARN': arn });
  context.parameters.done();
  if (!role.attached.includes(arn)) {
    throw noSuchEntity(`Policy ${arn} was not found.`);
  }
  saveRole(context, role.name, {
    ...role,
    attached: role.attached.filter(other => other !== arn),
  });
  return undefined;
};

const listAttachedRolePolicies: IamOperation = context => {
  const role = needRole(context);
  const prefix = context.parameters.text('PathPrefix') ?? '/';
  const policies = role.attached
    .map(arn => context.world.policy(arn))
    .filter(policy => policy?.path.startsWith(prefix))
    .map(policy => ({ PolicyName: policy!.name, PolicyArn: policy!.arn }))
    .sort((a, b) => a.PolicyName.localeCompare(b.PolicyName, 'en'));
  const { items, paging } = page(context, policies);
  context.parameters.done();
  return { ...paging, AttachedPolicies: members(items) };
};

const putRolePolicy: IamOperation = context => {
  const role = needRole(context);
  const policyName = context.parameters.name('PolicyName', 128);
  const text = context.parameters.required('PolicyDocument', {
    minLength: 1,
    maxLength: 131_072,
  });
  context.parameters.done();
  acceptPolicy(text, 'identity');
  const inline = { ...role.inline, [policyName]: text };
  const size = Object.values(inline)
    .map(document => document.replace(/\s/g, '').length)
    .reduce((sum, length) => sum + length, 0);
  const limit = context.world.settings.inlinePolicyBytesPerRole;
  if (size > limit) {
    throw limitExceeded(
      `Maximum policy size of ${limit} bytes exceeded for role ${role.name}`,
    );
  }
  saveRole(context, role.name, { ...role, inline });
  return undefined;
};

/** The role, and the name of an inline policy that it has. */
function needPolicy(context: Parameters<IamOperation>[0]) {
  const role = needRole(context);
  const policyName = context.parameters.name('PolicyName', 128);
  context.parameters.done();
  if (!Object.hasOwn(role.inline, policyName)) {
    throw noSuchEntity(
      `The role policy with name ${policyName} cannot be found.`,
    );
  }
  return { role, policyName };
}

const getRolePolicy: IamOperation = context => {
  const { role, policyName } = needPolicy(context);
  return {
    RoleName: role.name,
    PolicyName: policyName,
    PolicyDocument: encodeDocument(role.inline[policyName]),
  };
};

const deleteRolePolicy: IamOperation = context => {
  const { role, policyName } = needPolicy(context);
  const { [policyName]: removed, ...inline } = role.inline;
  saveRole(context, role.name, { ...role, inline });
  return undefined;
};

const listRolePolicies: IamOperation = context => {
  const role = needRole(context);
  const { items, paging } = page(context, Object.keys(role.inline).sort());
  context.parameters.done();
  return { ...paging, PolicyNames: members(items) };
};

export const rolePolicyOperations: Record<string, IamOperation> = {
  AttachRolePolicy: attachRolePolicy,
  DetachRolePolicy: detachRolePolicy,
  ListAttachedRolePolicies: listAttachedRolePolicies,
  PutRolePolicy: putRolePolicy,
  GetRolePolicy: getRolePolicy,
  DeleteRolePolicy: deleteRolePolicy,
  ListRolePolicies: listRolePolicies,
};
