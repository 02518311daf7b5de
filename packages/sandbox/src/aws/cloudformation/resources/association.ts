import { currentAssociation } from '../../eks/associationStore';
import { Deed, Properties, ResourceHandler } from './handler';
import { tagsOf } from './handler';

const settingsOf = (properties: Properties) => ({
  roleArn: properties.RoleArn,
  targetRoleArn: properties.TargetRoleArn,
  disableSessionTags:
    properties.DisableSessionTags === undefined
      ? undefined
      : String(properties.DisableSessionTags) === 'true',
  policy: properties.Policy,
});

function finish(
  deed: Deed,
  properties: Properties,
  { associationId, associationArn, externalId }: Record<string, string>,
) {
  const cluster = deed.world.cluster({
    accountId: deed.accountId,
    region: deed.region,
    name: properties.ClusterName,
  })!;
  const { versions } = cluster.associations.get(associationId)!;
  const record = currentAssociation({ associationId, versions })!;
  // Only EKS itself reads these tags, so nothing has to propagate.
  versions[versions.length - 1].value = {
    ...record,
    tags: { ...tagsOf(deed, properties), ...deed.systemTags },
  };
  return {
    physicalId: associationArn,
    attributes: {
      AssociationArn: associationArn,
      AssociationId: associationId,
      ...(externalId && { ExternalId: externalId }),
    },
  };
}

const pathOf = (properties: Properties, physicalId: string) => ({
  name: String(properties.ClusterName),
  associationId: physicalId.split('/').pop()!,
});

/** AWS::EKS::PodIdentityAssociation. */
export const association: ResourceHandler = {
  properties: {
    ClusterName: { type: 'string', required: true, createOnly: true },
    DisableSessionTags: { type: 'boolean' },
    Namespace: { type: 'string', required: true, createOnly: true },
    Policy: { type: 'string' },
    RoleArn: { type: 'string', required: true },
    ServiceAccount: { type: 'string', required: true, createOnly: true },
    Tags: { type: 'array' },
    TargetRoleArn: { type: 'string' },
  },
  attributes: ['AssociationArn', 'AssociationId', 'ExternalId'],

  async create(deed, properties) {
    const answer = await deed.calls.eks(
      'CreatePodIdentityAssociation',
      { name: properties.ClusterName },
      {
        namespace: properties.Namespace,
        serviceAccount: properties.ServiceAccount,
        ...settingsOf(properties),
        tags: tagsOf(deed, properties),
      },
    );
    return finish(deed, properties, answer.association);
  },

  async update(deed, physicalId, _before, after) {
    const path = pathOf(after, physicalId);
    const answer = await deed.calls.eks('UpdatePodIdentityAssociation', path, {
      ...settingsOf(after),
      targetRoleArn: after.TargetRoleArn ?? '',
      policy: after.Policy ?? '',
    });
    return finish(deed, after, answer.association);
  },

  async delete(deed, physicalId, properties) {
    const path = pathOf(properties, physicalId);
    await deed.calls.eks('DeletePodIdentityAssociation', path);
  },
};
