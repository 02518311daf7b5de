import { epochSeconds } from '../protocol/json';
import { UpdateRecord } from '../state/types';
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
import { EksOperation, existingCluster, needOnCluster } from './context';
import { inUse, invalidRequest, notFound } from './errors';
import { readBody } from './input';

function updateView(update: UpdateRecord, now: number) {
  return {
    id: update.id,
    status: update.doneAt <= now ? 'Successful' : 'InProgress',
    type: update.type,
    params: update.params,
    createdAt: epochSeconds(update.createdAt),
    errors: [],
  };
}

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
  const associations = readAssociations(body);
  if (associations) {
    checkAssociations(context, cluster, addon, associations);
    placeAssociations(context, cluster, addon, associations);
  }
  addon.addonVersion = version;
  addon.configurationValues = configurationValues ?? addon.configurationValues;
  addon.resolveConflicts = checkConflictMode(body.resolveConflicts);
  addon.status = 'UPDATING';
  addon.modifiedAt = world.now();
  planTransition(world, cluster, addon, 'ACTIVE');
  const update = {
    id: world.ids.uuid(),
    type: 'AddonUpdate',
    addonName: addon.addonName,
    createdAt: world.now(),
    doneAt: world.now() + world.core.delays.addon,
    params: [{ type: 'AddonVersion', value: version }],
  };
  cluster.updates.set(update.id, update);
  return { update: updateView(update, world.now()) };
};

const describeUpdate: EksOperation = context => {
  needOnCluster(context);
  const cluster = existingCluster(context);
  const update = cluster.updates.get(context.path.updateId);
  if (!update) {
    throw notFound(`No update found for ID: ${context.path.updateId}`, {
      clusterName: cluster.name,
    });
  }
  return { update: updateView(update, context.world.now()) };
};

export const addonUpdateOperations: Record<string, EksOperation> = {
  UpdateAddon: updateAddon,
  DescribeUpdate: describeUpdate,
};
