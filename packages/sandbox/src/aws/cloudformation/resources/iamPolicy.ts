import { Deed, Properties, ResourceHandler } from './handler';
import { documentText, physicalName } from './handler';

/** Puts the policy into the roles of the template, and takes it from those that had it under this name before. */
async function place(
  { calls }: Deed,
  before: Properties,
  after: Properties,
): Promise<void> {
  const { PolicyName, PolicyDocument, Roles: wanted = [] } = after;
  for (const RoleName of wanted as string[]) {
    await calls.iam('PutRolePolicy', {
      RoleName,
      PolicyName,
      PolicyDocument: documentText(PolicyDocument),
    });
  }
  for (const RoleName of (before.Roles ?? []) as string[]) {
    if (before.PolicyName !== PolicyName || !wanted.includes(RoleName)) {
      await calls.iam('DeleteRolePolicy', {
        RoleName,
        PolicyName: before.PolicyName,
      });
    }
  }
}

/** AWS::IAM::Policy, an inline policy of roles. */
export const iamPolicy: ResourceHandler = {
  properties: {
    PolicyDocument: { type: 'object', required: true },
    PolicyName: { type: 'string', required: true },
    Roles: { type: 'array' },
  },
  attributes: [],
  capability: () => 'CAPABILITY_IAM',

  async create(deed, properties) {
    await place(deed, {}, properties);
    await deed.wait(deed.world.core.delays.iam);
    return { physicalId: physicalName(deed, 128), attributes: {} };
  },

  async update(deed, physicalId, before, after) {
    await place(deed, before, after);
    await deed.wait(deed.world.core.delays.iam);
    return { physicalId, attributes: {} };
  },

  delete: (deed, _, properties) => place(deed, properties, {}),
};
