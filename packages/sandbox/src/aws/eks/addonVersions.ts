import { ADDON_CATALOGUE, CatalogueAddon } from './addonCatalogue';
import { EksOperation } from './context';
import { notFound } from './errors';
import { pageOf, queryText } from './input';

function versionView(
  addon: CatalogueAddon,
  offered: CatalogueAddon['versions'][number],
  kubernetes: string | undefined,
) {
  return {
    addonVersion: offered.version,
    architecture: ['amd64', 'arm64'],
    computeTypes: addon.builtIntoAutoMode
      ? ['ec2', 'hybrid']
      : ['ec2', 'fargate', 'hybrid', 'auto'],
    compatibilities: offered.kubernetes
      .filter(minor => kubernetes === undefined || minor === kubernetes)
      .map(clusterVersion => ({
        clusterVersion,
        platformVersions: ['*'],
        defaultVersion: offered.defaultFor.includes(clusterVersion),
      })),
    requiresConfiguration: false,
    requiresIamPermissions: addon.requiresIamPermissions,
  };
}

const describeAddonVersions: EksOperation = context => {
  const { request } = context.call;
  context.need({ action: 'eks:DescribeAddonVersions', resource: '*' });
  const kubernetes = queryText(request, 'kubernetesVersion');
  const name = queryText(request, 'addonName');
  const found = ADDON_CATALOGUE.filter(
    addon => name === undefined || addon.addonName === name,
  )
    .map(addon => ({
      addonName: addon.addonName,
      type: addon.type,
      addonVersions: addon.versions
        .filter(
          v => kubernetes === undefined || v.kubernetes.includes(kubernetes),
        )
        .map(v => versionView(addon, v, kubernetes)),
      publisher: 'eks',
      owner: 'aws',
      defaultNamespace: addon.namespace,
    }))
    .filter(addon => addon.addonVersions.length > 0);
  if (name !== undefined && found.length === 0) {
    throw notFound(`Addon ${name} specified is not supported`, {
      addonName: name,
    });
  }
  const { items, nextToken } = pageOf(request, found);
  return { addons: items, nextToken };
};

export const addonCatalogueOperations: Record<string, EksOperation> = {
  DescribeAddonVersions: describeAddonVersions,
};
