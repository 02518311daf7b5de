import { current } from '../../../core/propagated';
import { writeAccessEntry } from '../../eks/accessEntries';
import { Deed, Properties, ResourceHandler } from './handler';
import { tagsOf } from './handler';

const pathOf = ({ ClusterName, PrincipalArn }: Properties) => ({
  name: String(ClusterName),
  principalArn: String(PrincipalArn),
});

async function finish(deed: Deed, properties: Properties) {
  const { world, accountId, region } = deed;
  const { name, principalArn } = pathOf(properties);
  await deed.calls.eks('DescribeAccessEntry', { name, principalArn });
  const cluster = world.cluster({ accountId, region, name })!;
  const entry = current(cluster.accessEntries.get(principalArn))!;
  writeAccessEntry(world, cluster, principalArn, {
    ...entry,
    tags: { ...tagsOf(deed, properties), ...deed.systemTags },
  });
  return {
    physicalId: `${principalArn}|${name}`,
    attributes: { AccessEntryArn: entry.arn },
  };
}

/** AWS::EKS::AccessEntry. */
export const accessEntry: ResourceHandler = {
  properties: {
    ClusterName: { type: 'string', required: true, createOnly: true },
    KubernetesGroups: { type: 'array' },
    PrincipalArn: { type: 'string', required: true, createOnly: true },
    Tags: { type: 'array' },
    Type: { type: 'string', createOnly: true },
    Username: { type: 'string' },
  },
  attributes: ['AccessEntryArn'],

  async create(deed, properties) {
    await deed.calls.eks('CreateAccessEntry', pathOf(properties), {
      principalArn: properties.PrincipalArn,
      kubernetesGroups: properties.KubernetesGroups ?? [],
      username: properties.Username,
      type: properties.Type,
      tags: tagsOf(deed, properties),
    });
    return finish(deed, properties);
  },

  async update(deed, _physicalId, _before, after) {
    await deed.calls.eks('UpdateAccessEntry', pathOf(after), {
      kubernetesGroups: after.KubernetesGroups ?? [],
      username: after.Username,
    });
    return finish(deed, after);
  },

  async delete(deed, _physicalId, properties) {
    await deed.calls.eks('DeleteAccessEntry', pathOf(properties));
  },
};
