import { epochSeconds } from '../protocol/json';
import { AddonRecord, ClusterRecord } from '../state/types';
import {
  CatalogueAddon,
  catalogueAddon,
  defaultAddonVersion,
} from './addonCatalogue';
import { AGENT_ADDON, planTransition } from './addonLife';
import {
  associationOf,
  currentAssociation,
  placeAssociation,
  writeAssociation,
} from './associationStore';
import { checkPassed } from './associations';
import {
  EksContext,
  EksOperation,
  activeCluster,
  answeredBefore,
  eksArn,
  existingCluster,
  needOnCluster,
  needPassRole,
  needTagging,
  rememberToken,
  tagKeys,
} from './context';
import { inUse, invalidParameter, notFound } from './errors';
import { pageOf, queryText, readBody, readTags, requireText } from './input';
import { regionalArn } from '../../core/partition';

/** The add-on as Create, Describe and Delete show it. */
function addonView(cluster: ClusterRecord, addon: AddonRecord) {
  return {
    addonName: addon.addonName,
    clusterName: cluster.name,
    status: addon.status,
    addonVersion: addon.addonVersion,
    health: { issues: addon.issues },
    addonArn: addon.addonArn,
    createdAt: epochSeconds(addon.createdAt),
    modifiedAt: epochSeconds(addon.modifiedAt),
    serviceAccountRoleArn: addon.serviceAccountRoleArn,
    tags: addon.tags,
    configurationValues: addon.configurationValues,
    podIdentityAssociations: addon.podIdentityAssociations.length
      ? addon.podIdentityAssociations
      : undefined,
    namespaceConfig: { namespace: addon.namespace },
  };
}

/** Creates the record of an add-on. */
export function newAddon(
  cluster: ClusterRecord,
  uuid: string,
  now: number,
  wanted: Partial<AddonRecord> &
    Pick<AddonRecord, 'addonName' | 'addonVersion'>,
): AddonRecord {
  return {
    status: 'CREATING',
    issues: [],
    addonArn: regionalArn(
      'eks',
      cluster,
      `addon/${cluster.name}/${wanted.addonName}/${uuid}`,
    ),
    createdAt: now,
    modifiedAt: now,
    tags: {},
    podIdentityAssociations: [],
    namespace: 'kube-system',
    resolveConflicts: 'NONE',
    ...wanted,
  };
}

interface WantedAssociation {
  serviceAccount: string;
  roleArn: string;
}

export function readAssociations(
  body: Record<string, unknown>,
): WantedAssociation[] | undefined {
  const list = body.podIdentityAssociations as
    | Partial<WantedAssociation>[]
    | undefined;
  return list?.map(entry => {
    if (!entry.serviceAccount || !entry.roleArn) {
      throw invalidParameter(
        'Pod identity associations of an add-on need a serviceAccount and a roleArn.',
      );
    }
    return { serviceAccount: entry.serviceAccount, roleArn: entry.roleArn };
  });
}

export function checkConfiguration(
  values: string | undefined,
  addonName: string,
) {
  if (values === undefined) {
    return;
  }
  try {
    const parsed = JSON.parse(values);
    if (typeof parsed !== 'object' || parsed === null) {
      throw new Error('not an object');
    }
  } catch {
    throw invalidParameter(
      'ConfigurationValue is not in supported schema. Cause: not valid JSON.',
      { addonName },
    );
  }
}

export function checkVersion(
  cluster: ClusterRecord,
  addon: CatalogueAddon,
  version: string | undefined,
): string {
  const chosen = version ?? defaultAddonVersion(addon, cluster.version);
  const offered = addon.versions.find(v => v.version === chosen);
  if (!offered || !offered.kubernetes.includes(cluster.version)) {
    throw invalidParameter('Addon version specified is not supported', {
      addonName: addon.addonName,
    });
  }
  return offered.version;
}

export function checkConflictMode(value: unknown): string {
  const mode = value ?? 'NONE';
  if (!['NONE', 'OVERWRITE', 'PRESERVE'].includes(mode as string)) {
    throw invalidParameter(
      `Value '${mode}' at 'resolveConflicts' failed to satisfy constraint: Member must satisfy enum value set: [PRESERVE, OVERWRITE, NONE]`,
    );
  }
  return mode as string;
}

export function checkAssociations(
  context: EksContext,
  cluster: ClusterRecord,
  addon: { addonName: string; namespace: string; addonArn?: string },
  wanted: WantedAssociation[],
): void {
  for (const { serviceAccount, roleArn } of wanted) {
    if (addon.addonName === AGENT_ADDON) {
      throw invalidParameter(
        `Addon ${AGENT_ADDON} does not support pod identity associations.`,
        { addonName: addon.addonName },
      );
    }
    checkPassed(context, roleArn);
    const other = associationOf(
      context.world,
      cluster,
      addon.namespace,
      serviceAccount,
    );
    if (other && other.ownerArn !== addon.addonArn) {
      throw inUse(`Association already exists: ${other.associationId}`, {
        clusterName: cluster.name,
        addonName: addon.addonName,
      });
    }
  }
}

/** Makes the add-on's associations match the request; answers with the service accounts for which that changed something. */
export function placeAssociations(
  context: EksContext,
  cluster: ClusterRecord,
  addon: AddonRecord,
  wanted: WantedAssociation[],
): string[] {
  const kept: string[] = [];
  const changed: string[] = [];
  for (const { serviceAccount, roleArn } of wanted) {
    const before = associationOf(
      context.world,
      cluster,
      addon.namespace,
      serviceAccount,
    );
    if (before?.ownerArn === addon.addonArn && before.roleArn === roleArn) {
      kept.push(before.associationArn);
      continue;
    }
    changed.push(serviceAccount);
    if (before) {
      writeAssociation(context.world, cluster, before.associationId, undefined);
    }
    kept.push(
      placeAssociation(context.world, cluster, {
        namespace: addon.namespace,
        serviceAccount,
        roleArn,
        ownerArn: addon.addonArn,
      }).associationArn,
    );
  }
  for (const arn of addon.podIdentityAssociations) {
    if (!kept.includes(arn)) {
      const id = arn.split('/').pop()!;
      const gone = currentAssociation(cluster.associations.get(id));
      changed.push(...(gone ? [gone.serviceAccount] : []));
      writeAssociation(context.world, cluster, id, undefined);
    }
  }
  addon.podIdentityAssociations = kept;
  return changed;
}

const createAddon: EksOperation = context => {
  const { call, world } = context;
  const body = readBody(call.request, {
    addonName: 'string',
    addonVersion: 'string',
    serviceAccountRoleArn: 'string',
    resolveConflicts: 'string',
    clientRequestToken: 'string',
    tags: 'object',
    configurationValues: 'string',
    podIdentityAssociations: 'array',
    namespaceConfig: 'object',
  });
  const addonName = requireText(body, 'addonName');
  const tags = readTags(body.tags);
  needOnCluster(context, tags);
  needTagging(
    context,
    eksArn(context, `addon/${context.path.name}/${addonName}/*`),
    tags,
  );
  const cluster = activeCluster(context);
  const { clientRequestToken, ...request } = body;
  const token = clientRequestToken as string | undefined;
  const known = { clusterName: cluster.name, addonName };
  const existing = cluster.addons.get(addonName);
  if (answeredBefore(context, token, request) && existing) {
    return { addon: addonView(cluster, existing) };
  }
  const offered = catalogueAddon(addonName);
  if (!offered) {
    throw invalidParameter(
      `Addon ${addonName} specified is not supported in ${cluster.version} kubernetes version`,
      known,
    );
  }
  if (existing) {
    throw inUse('Addon already exists.', known);
  }
  const configurationValues = body.configurationValues as string | undefined;
  checkConfiguration(configurationValues, addonName);
  const serviceAccountRoleArn = body.serviceAccountRoleArn as
    | string
    | undefined;
  if (serviceAccountRoleArn) {
    needPassRole(context, serviceAccountRoleArn);
  }
  const namespace =
    (body.namespaceConfig as { namespace?: string } | undefined)?.namespace ??
    offered.namespace;
  const associations = readAssociations(body) ?? [];
  checkAssociations(context, cluster, { addonName, namespace }, associations);
  const addon = newAddon(cluster, world.ids.uuid(), world.now(), {
    addonName,
    addonVersion: checkVersion(
      cluster,
      offered,
      body.addonVersion as string | undefined,
    ),
    resolveConflicts: checkConflictMode(body.resolveConflicts),
    tags,
    configurationValues,
    serviceAccountRoleArn,
    namespace,
  });
  placeAssociations(context, cluster, addon, associations);
  cluster.addons.set(addonName, addon);
  rememberToken(context, token, request, addonName);
  planTransition(world, cluster, addon, 'ACTIVE');
  return { addon: addonView(cluster, addon) };
};

/** Authorises on the add-on's ARN and returns the add-on. */
export function needAddon(context: EksContext) {
  const { name, addonName } = context.path;
  const addon = context.world
    .cluster({
      accountId: context.account.id,
      region: context.call.region,
      name,
    })
    ?.addons.get(addonName);
  context.need({
    action: `eks:${context.call.operation}`,
    resource:
      addon?.addonArn ?? eksArn(context, `addon/${name}/${addonName}/*`),
    context: tagKeys(addon?.tags, 'ResourceTag'),
  });
  const cluster = existingCluster(context);
  if (!addon) {
    throw notFound(`No addon: ${addonName} found in cluster: ${name}`, {
      clusterName: name,
      addonName,
    });
  }
  return { cluster, addon };
}

const describeAddon: EksOperation = context => {
  const { cluster, addon } = needAddon(context);
  return { addon: addonView(cluster, addon) };
};

/** What a version takes; every object is a valid configuration here. */
const describeAddonConfiguration: EksOperation = context => {
  const { request, operation } = context.call;
  context.need({ action: `eks:${operation}`, resource: '*' });
  const addonName = queryText(request, 'addonName') ?? '';
  const addonVersion = queryText(request, 'addonVersion') ?? '';
  const offered = catalogueAddon(addonName);
  if (!offered?.versions.some(({ version }) => version === addonVersion)) {
    throw invalidParameter('Addon version specified is not supported', {
      addonName,
    });
  }
  return {
    addonName,
    addonVersion,
    configurationSchema: JSON.stringify({ type: 'object' }),
    podIdentityConfiguration: offered.podIdentity ?? [],
  };
};

const listAddons: EksOperation = context => {
  needOnCluster(context);
  const cluster = existingCluster(context);
  const names = [...cluster.addons.keys()].sort();
  const { items, nextToken } = pageOf(context.call.request, names);
  return { addons: items, nextToken };
};

const deleteAddon: EksOperation = context => {
  const { cluster, addon } = needAddon(context);
  const preserve = queryText(context.call.request, 'preserve') === 'true';
  if (addon.status !== 'DELETING') {
    addon.status = 'DELETING';
    addon.preserve = preserve;
    addon.modifiedAt = context.world.now();
    planTransition(context.world, cluster, addon, 'gone');
  }
  return { addon: addonView(cluster, addon) };
};

export const addonOperations: Record<string, EksOperation> = {
  CreateAddon: createAddon,
  DescribeAddon: describeAddon,
  DescribeAddonConfiguration: describeAddonConfiguration,
  ListAddons: listAddons,
  DeleteAddon: deleteAddon,
};
