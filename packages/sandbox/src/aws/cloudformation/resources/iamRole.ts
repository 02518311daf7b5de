import { Deed, Properties, ResourceHandler } from './handler';
import { documentText, physicalName, tagsOf } from './handler';

interface InlinePolicy {
  PolicyName: string;
  PolicyDocument: unknown;
}

const tagList = (tags: Record<string, string>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const inlineOf = (properties: Properties): Map<string, string> =>
  new Map(
    ((properties.Policies ?? []) as InlinePolicy[]).map(policy => [
      policy.PolicyName,
      documentText(policy.PolicyDocument),
    ]),
  );

const attachedOf = (properties: Properties): string[] =>
  properties.ManagedPolicyArns ?? [];

/** Makes the policies of a role those of the template, and touches no others. */
async function placePolicies(
  { calls }: Deed,
  RoleName: string,
  before: Properties,
  after: Properties,
): Promise<void> {
  const wanted = inlineOf(after);
  const had = inlineOf(before);
  for (const [PolicyName, PolicyDocument] of wanted) {
    if (had.get(PolicyName) !== PolicyDocument) {
      await calls.iam('PutRolePolicy', {
        RoleName,
        PolicyName,
        PolicyDocument,
      });
    }
  }
  for (const PolicyName of had.keys()) {
    if (!wanted.has(PolicyName)) {
      await calls.iam('DeleteRolePolicy', { RoleName, PolicyName });
    }
  }
  for (const PolicyArn of attachedOf(after)) {
    if (!attachedOf(before).includes(PolicyArn)) {
      await calls.iam('AttachRolePolicy', { RoleName, PolicyArn });
    }
  }
  for (const PolicyArn of attachedOf(before)) {
    if (!attachedOf(after).includes(PolicyArn)) {
      await calls.iam('DetachRolePolicy', { RoleName, PolicyArn });
    }
  }
}

/** Writes the tags that no caller may write, and waits until other services see the role. */
async function finish(deed: Deed, name: string) {
  const { world, accountId } = deed;
  const role = world.role(accountId, name)!;
  world.writeIam(world.account(accountId).roles, name, {
    ...role,
    tags: { ...role.tags, ...deed.systemTags },
  });
  await deed.wait(world.core.delays.iam);
  return {
    physicalId: name,
    attributes: { Arn: role.arn, RoleId: role.roleId },
  };
}

async function updateTags(
  deed: Deed,
  RoleName: string,
  before: Properties,
  after: Properties,
): Promise<void> {
  const wanted = tagsOf(deed, after);
  const gone = Object.keys(tagsOf(deed, before)).filter(
    key => !Object.hasOwn(wanted, key),
  );
  if (gone.length > 0) {
    await deed.calls.iam('UntagRole', { RoleName, TagKeys: gone });
  }
  if (JSON.stringify(wanted) !== JSON.stringify(tagsOf(deed, before))) {
    await deed.calls.iam('TagRole', { RoleName, Tags: tagList(wanted) });
  }
}

async function updateBoundary(
  { calls }: Deed,
  RoleName: string,
  before: Properties,
  after: Properties,
): Promise<void> {
  const { PermissionsBoundary } = after;
  if (PermissionsBoundary === before.PermissionsBoundary) {
    return;
  }
  await (PermissionsBoundary
    ? calls.iam('PutRolePermissionsBoundary', { RoleName, PermissionsBoundary })
    : calls.iam('DeleteRolePermissionsBoundary', { RoleName }));
}

/** AWS::IAM::Role. */
export const iamRole: ResourceHandler = {
  properties: {
    AssumeRolePolicyDocument: { type: 'object', required: true },
    Description: { type: 'string' },
    ManagedPolicyArns: { type: 'array' },
    MaxSessionDuration: { type: 'integer' },
    Path: { type: 'string', createOnly: true },
    PermissionsBoundary: { type: 'string' },
    Policies: { type: 'array' },
    RoleName: { type: 'string', createOnly: true },
    Tags: { type: 'array' },
  },
  attributes: ['Arn', 'RoleId'],
  capability: ({ RoleName }) =>
    RoleName === undefined ? 'CAPABILITY_IAM' : 'CAPABILITY_NAMED_IAM',
  nameProperty: 'RoleName',

  async create(deed, properties) {
    const RoleName = properties.RoleName ?? physicalName(deed, 64);
    await deed.calls.iam('CreateRole', {
      RoleName,
      Path: properties.Path,
      AssumeRolePolicyDocument: documentText(
        properties.AssumeRolePolicyDocument,
      ),
      Description: properties.Description,
      MaxSessionDuration: properties.MaxSessionDuration,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: tagList(tagsOf(deed, properties)),
    });
    try {
      await placePolicies(deed, RoleName, {}, properties);
    } catch (error) {
      await iamRole.delete(deed, RoleName, properties).catch(() => {});
      throw error;
    }
    await deed.calls.iam('GetRole', { RoleName });
    return finish(deed, RoleName);
  },

  async update(deed, RoleName, before, after) {
    const changed = (name: string) =>
      JSON.stringify(before[name]) !== JSON.stringify(after[name]);
    if (changed('AssumeRolePolicyDocument')) {
      await deed.calls.iam('UpdateAssumeRolePolicy', {
        RoleName,
        PolicyDocument: documentText(after.AssumeRolePolicyDocument),
      });
    }
    if (changed('Description') || changed('MaxSessionDuration')) {
      await deed.calls.iam('UpdateRole', {
        RoleName,
        Description: after.Description ?? '',
        MaxSessionDuration: after.MaxSessionDuration ?? 3600,
      });
    }
    await updateBoundary(deed, RoleName, before, after);
    await placePolicies(deed, RoleName, before, after);
    await updateTags(deed, RoleName, before, after);
    return finish(deed, RoleName);
  },

  async delete(deed, RoleName, properties) {
    const role = deed.world.role(deed.accountId, RoleName);
    const held = new Set(Object.keys(role?.inline ?? {}));
    for (const PolicyName of inlineOf(properties).keys()) {
      if (held.has(PolicyName)) {
        await deed.calls.iam('DeleteRolePolicy', { RoleName, PolicyName });
      }
    }
    for (const PolicyArn of attachedOf(properties)) {
      if (role?.attached.includes(PolicyArn)) {
        await deed.calls.iam('DetachRolePolicy', { RoleName, PolicyArn });
      }
    }
    await deed.calls.iam('DeleteRole', { RoleName });
  },
};
