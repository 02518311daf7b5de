import { Deed, Properties, ResourceHandler } from './handler';
import { documentText, physicalName } from './handler';

/** Attaches the policy to the roles of the template, and takes it from those that it named before. */
async function place(
  { calls }: Deed,
  PolicyArn: string,
  before: Properties,
  after: Properties,
): Promise<void> {
  const [had, wanted]: string[][] = [before.Roles ?? [], after.Roles ?? []];
  for (const RoleName of wanted.filter(name => !had.includes(name))) {
    await calls.iam('AttachRolePolicy', { RoleName, PolicyArn });
  }
  for (const RoleName of had.filter(name => !wanted.includes(name))) {
    await calls.iam('DetachRolePolicy', { RoleName, PolicyArn });
  }
}

/** AWS::IAM::ManagedPolicy, as far as its roles. */
export const managedPolicy: ResourceHandler = {
  properties: {
    Description: { type: 'string', createOnly: true },
    ManagedPolicyName: { type: 'string', createOnly: true },
    Path: { type: 'string', createOnly: true },
    PolicyDocument: { type: 'object', required: true },
    Roles: { type: 'array' },
  },
  attributes: ['PolicyArn', 'PolicyId'],
  capability: ({ ManagedPolicyName }) =>
    ManagedPolicyName === undefined ? 'CAPABILITY_IAM' : 'CAPABILITY_NAMED_IAM',
  nameProperty: 'ManagedPolicyName',

  async create(deed, properties) {
    const { world, accountId } = deed;
    const PolicyName = properties.ManagedPolicyName ?? physicalName(deed, 128);
    const { Path = '/' } = properties;
    await deed.calls.iam('CreatePolicy', {
      PolicyName,
      Path,
      Description: properties.Description,
      PolicyDocument: documentText(properties.PolicyDocument),
    });
    const arn = world.iamArn(accountId, `policy${Path}${PolicyName}`);
    await deed.calls.iam('GetPolicy', { PolicyArn: arn });
    await place(deed, arn, {}, properties);
    await deed.wait(world.core.delays.iam);
    const { policyId } = world.policy(arn)!;
    return {
      physicalId: arn,
      attributes: { PolicyArn: arn, PolicyId: policyId },
    };
  },

  async update(deed, PolicyArn, before, after) {
    const { world } = deed;
    const { versions, defaultVersionId } = world.policy(PolicyArn)!;
    const oldest = versions.find(({ id }) => id !== defaultVersionId);
    if (versions.length === 5 && oldest) {
      await deed.calls.iam('DeletePolicyVersion', {
        PolicyArn,
        VersionId: oldest.id,
      });
    }
    await deed.calls.iam('CreatePolicyVersion', {
      PolicyArn,
      PolicyDocument: documentText(after.PolicyDocument),
      SetAsDefault: true,
    });
    await place(deed, PolicyArn, before, after);
    await deed.wait(world.core.delays.iam);
    const { policyId } = world.policy(PolicyArn)!;
    return {
      physicalId: PolicyArn,
      attributes: { PolicyArn, PolicyId: policyId },
    };
  },

  async delete(deed, PolicyArn, properties) {
    await place(deed, PolicyArn, properties, {});
    const policy = deed.world.policy(PolicyArn);
    for (const { id } of policy?.versions ?? []) {
      if (id !== policy?.defaultVersionId) {
        await deed.calls.iam('DeletePolicyVersion', {
          PolicyArn,
          VersionId: id,
        });
      }
    }
    await deed.calls.iam('DeletePolicy', { PolicyArn });
  },
};
