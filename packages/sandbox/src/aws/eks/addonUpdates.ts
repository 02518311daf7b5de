import { epochSeconds } from '../protocol/json';
import { catalogueAddon } from './addonCatalogue';
import { planTransition } from './addonLife';
import {
  checkAssociations,
  checkConfiguration,
  checkConflictMode,
  checkVersion,
  needAddon,
  placeAssociations,
  readAssociations,
} from './addons';
import { EksOperation, needPassRole } from './context';
import { inUse, invalidRequest } from './errors';
import { readBody } from './input';

const updateAddon: EksOperation = context => {
  const { call, world } = context;
  const body = readBody(call.request, {
    addonVersion: 'string',
    serviceAccountRoleArn: 'string',
    resolveConflicts: 'string',
    clientRequestToken: 'string',
    configurationValues: 'string',
    podIdentityAssociations: 'array',
  });
  const { cluster, addon } = needAddon(context);
  const known = { clusterName: cluster.name, addonName: addon.addonName };
  if (['CREATING', 'UPDATING', 'DELETING'].includes(addon.status)) {
    throw inUse(
      `Cannot update the addon ${addon.addonName} as it is currently in ${addon.status} state`,
      known,
    );
  }
  const offered = catalogueAddon(addon.addonName);
  if (!offered) {
    throw invalidRequest(`Addon ${addon.addonName} cannot be updated.`, known);
  }
  const configurationValues = body.configurationValues as string | undefined;
  checkConfiguration(configurationValues, addon.addonName);
  const version = checkVersion(
    cluster,
    offered,
    (body.addonVersion as string | undefined) ?? addon.addonVersion,
  );
  const roleArn = body.serviceAccountRoleArn as string | undefined;
  if (roleArn) {
    needPassRole(context, roleArn);
    addon.serviceAccountRoleArn = roleArn;
  }
  const associations = readAssociations(body);
  if (associations) {
    checkAssociations(context, cluster, addon, associations);
  }
  const restarts =
    associations && placeAssociations(context, cluster, addon, associations);
  addon.addonVersion = version;
  addon.configurationValues = configurationValues ?? addon.configurationValues;
  addon.resolveConflicts = checkConflictMode(body.resolveConflicts);
  addon.status = 'UPDATING';
  addon.modifiedAt = world.now();
  planTransition(world, cluster, addon, 'ACTIVE');
  Object.assign(addon.transition!, { restarts });
  return {
    update: {
      id: world.ids.uuid(),
      status: 'InProgress',
      type: 'AddonUpdate',
      params: [{ type: 'AddonVersion', value: version }],
      createdAt: epochSeconds(world.now()),
      errors: [],
    },
  };
};

export const addonUpdateOperations: Record<string, EksOperation> = {
  UpdateAddon: updateAddon,
};
