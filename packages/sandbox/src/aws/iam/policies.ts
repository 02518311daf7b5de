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
import { attachmentsOf, encodeDocument, policyView } from './views';

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
  const arn = world.iamArn(account.id, `policy${path}${name}`);
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

const versionView = (
  { defaultVersionId }: PolicyRecord,
  { id, createdAt }: PolicyRecord['versions'][number],
) => ({
  VersionId: id,
  IsDefaultVersion: id === defaultVersionId,
  CreateDate: new Date(createdAt),
});

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
      ...versionView(policy, version),
    },
  };
};

const listPolicyVersions: IamOperation = context => {
  const policy = needPolicy(context);
  const newest = [...policy.versions].reverse();
  const { items, paging } = page(context, newest);
  context.parameters.done();
  return {
    ...paging,
    Versions: members(items.map(one => versionView(policy, one))),
  };
};

const LONGEST_HISTORY = 5;

const createPolicyVersion: IamOperation = context => {
  const { world, account } = context;
  const policy = needOwnPolicy(context);
  const document = acceptDocument(context);
  const asDefault = context.parameters.boolean('SetAsDefault') ?? false;
  context.parameters.done();
  if (policy.versions.length >= LONGEST_HISTORY) {
    throw limitExceeded(
      `A managed policy can have up to ${LONGEST_HISTORY} versions. Before you create a new version, you must delete an existing version.`,
    );
  }
  const now = world.now();
  const newest = Math.max(
    ...policy.versions.map(({ id }) => Number(id.slice(1))),
  );
  const version = { id: `v${newest + 1}`, document, createdAt: now };
  const changed = {
    ...policy,
    updatedAt: now,
    versions: [...policy.versions, version],
    defaultVersionId: asDefault ? version.id : policy.defaultVersionId,
  };
  world.writeIam(account.policies, policy.arn, changed);
  return { PolicyVersion: versionView(changed, version) };
};

const deletePolicyVersion: IamOperation = context => {
  const { world, account } = context;
  const policy = needOwnPolicy(context);
  const id = context.parameters.required('VersionId', { pattern: /^v\d+$/ });
  context.parameters.done();
  if (id === policy.defaultVersionId) {
    throw deleteConflict('Cannot delete the default version of a policy.');
  }
  const versions = policy.versions.filter(version => version.id !== id);
  if (versions.length === policy.versions.length) {
    throw noSuchEntity(
      `Policy ${policy.arn} version ${id} does not exist or is not attachable.`,
    );
  }
  world.writeIam(account.policies, policy.arn, { ...policy, versions });
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
  world.writeIam(account.policies, policy.arn, undefined);
  return undefined;
};

export const policyOperations: Record<string, IamOperation> = {
  CreatePolicy: createPolicy,
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  ListPolicyVersions: listPolicyVersions,
  CreatePolicyVersion: createPolicyVersion,
  DeletePolicyVersion: deletePolicyVersion,
  DeletePolicy: deletePolicy,
};
