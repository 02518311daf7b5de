import { current } from '../../../core/propagated';
import { writeAccessEntry } from '../../eks/accessEntries';
import { Deed, Properties, ResourceHandler } from './handler';
import { tagsOf } from './handler';

interface AccessPolicy {
  PolicyArn: string;
  AccessScope: { Type: string; Namespaces?: string[] };
}

const pathOf = ({ ClusterName, PrincipalArn }: Properties) => ({
  name: String(ClusterName),
  principalArn: String(PrincipalArn),
});

const policiesOf = (properties: Properties) =>
  new Map(
    ((properties.AccessPolicies ?? []) as AccessPolicy[]).map(policy => [
      policy.PolicyArn,
      policy.AccessScope,
    ]),
  );

async function placePolicies(
  deed: Deed,
  before: Properties,
  after: Properties,
): Promise<void> {
  const path = pathOf(after);
  const wanted = policiesOf(after);
  for (const [policyArn, scope] of wanted) {
    await deed.calls.eks('AssociateAccessPolicy', path, {
      policyArn,
      accessScope: { type: scope.Type, namespaces: scope.Namespaces },
    });
  }
  for (const policyArn of policiesOf(before).keys()) {
    if (!wanted.has(policyArn)) {
      await deed.calls.eks('DisassociateAccessPolicy', { ...path, policyArn });
    }
  }
}

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
    AccessPolicies: { type: 'array' },
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
    await placePolicies(deed, {}, properties);
    return finish(deed, properties);
  },

  async update(deed, _physicalId, before, after) {
    await deed.calls.eks('UpdateAccessEntry', pathOf(after), {
      kubernetesGroups: after.KubernetesGroups ?? [],
      username: after.Username,
    });
    await placePolicies(deed, before, after);
    return finish(deed, after);
  },

  async delete(deed, _physicalId, properties) {
    await deed.calls.eks('DeleteAccessEntry', pathOf(properties));
  },
};
