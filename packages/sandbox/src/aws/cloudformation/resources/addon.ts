import { HandlerFailure, handlerFailure } from '../calls';
import { Deed, Properties, ResourceHandler } from './handler';
import { tagsOf } from './handler';

const pathOf = ({ ClusterName, AddonName }: Properties) => ({
  name: String(ClusterName),
  addonName: String(AddonName),
});

const settingsOf = (properties: Properties) => ({
  addonVersion: properties.AddonVersion,
  configurationValues: properties.ConfigurationValues,
  resolveConflicts: properties.ResolveConflicts,
  serviceAccountRoleArn: properties.ServiceAccountRoleArn,
  podIdentityAssociations: (
    properties.PodIdentityAssociations as Record<string, string>[] | undefined
  )?.map(({ ServiceAccount, RoleArn }) => ({
    serviceAccount: ServiceAccount,
    roleArn: RoleArn,
  })),
});

/** Asks until the add-on is at rest. */
async function settled(deed: Deed, properties: Properties) {
  for (;;) {
    const { addon } = await deed.calls.eks('DescribeAddon', pathOf(properties));
    if (!/ING$/.test(addon.status)) {
      return addon;
    }
    await deed.wait(deed.world.core.delays.addon / 4);
  }
}

async function finish(deed: Deed, properties: Properties) {
  const addon = await settled(deed, properties);
  const { name, addonName } = pathOf(properties);
  if (addon.status !== 'ACTIVE') {
    const [issue] = addon.health.issues;
    throw handlerFailure(
      deed.world,
      'NotStabilized',
      issue ? `${issue.code}: ${issue.message}` : `Addon is ${addon.status}`,
    );
  }
  const { accountId, region } = deed;
  const cluster = deed.world.cluster({ accountId, region, name })!;
  cluster.addons.get(addonName)!.tags = {
    ...tagsOf(deed, properties),
    ...deed.systemTags,
  };
  return {
    physicalId: `${name}|${addonName}`,
    attributes: { Arn: String(addon.addonArn) },
  };
}

/** AWS::EKS::Addon. */
export const addon: ResourceHandler = {
  properties: {
    AddonName: { type: 'string', required: true, createOnly: true },
    AddonVersion: { type: 'string' },
    ClusterName: { type: 'string', required: true, createOnly: true },
    ConfigurationValues: { type: 'string' },
    PodIdentityAssociations: { type: 'array' },
    PreserveOnDelete: { type: 'boolean' },
    ResolveConflicts: { type: 'string' },
    ServiceAccountRoleArn: { type: 'string' },
    Tags: { type: 'array' },
  },
  attributes: ['Arn'],

  async create(deed, properties) {
    await deed.calls.eks('CreateAddon', pathOf(properties), {
      addonName: properties.AddonName,
      ...settingsOf(properties),
      tags: tagsOf(deed, properties),
    });
    try {
      return await finish(deed, properties);
    } catch (error) {
      await addon.delete(deed, '', properties).catch(() => {});
      throw error;
    }
  },

  async update(deed, _physicalId, _before, after) {
    await deed.calls.eks('UpdateAddon', pathOf(after), settingsOf(after));
    return finish(deed, after);
  },

  async delete(deed, _physicalId, properties) {
    await deed.calls.eks('DeleteAddon', pathOf(properties), undefined, {
      preserve: String(properties.PreserveOnDelete ?? false),
    });
    try {
      await settled(deed, properties);
    } catch (error) {
      if (!(error instanceof HandlerFailure && error.notFound)) {
        throw error;
      }
    }
  },
};
