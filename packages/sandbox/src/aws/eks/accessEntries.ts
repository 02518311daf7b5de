import { AccessEntry } from '../../core/contract';
import {
  Propagated,
  current,
  propagated,
  seenAt,
  write,
} from '../../core/propagated';
import { currentUniqueId } from '../iam/views';
import { epochSeconds } from '../protocol/json';
import { AccessEntryRecord, ClusterRecord } from '../state/types';
import { World } from '../state/world';
import {
  EksContext,
  EksOperation,
  activeCluster,
  eksArn,
  existingCluster,
  needOnCluster,
  needTagging,
  tagKeys,
} from './context';
import { inUse, invalidParameter, notFound } from './errors';
import { readBody, readTags, requireText } from './input';
import { regionalArn } from '../../core/partition';

const TYPES = [
  'STANDARD',
  'EC2_LINUX',
  'EC2_WINDOWS',
  'FARGATE_LINUX',
  'EC2',
  'HYBRID_LINUX',
];

/** Writes an access entry; the Kubernetes API applies it after the access-entry delay. */
export function writeAccessEntry(
  world: World,
  cluster: ClusterRecord,
  principalArn: string,
  value: AccessEntryRecord | undefined,
): void {
  const now = world.now();
  const visibleAt = now + world.core.delays.accessEntry;
  const cell: Propagated<AccessEntryRecord> | undefined =
    cluster.accessEntries.get(principalArn);
  if (cell) {
    write(cell, value, { now, visibleAt });
  } else if (value) {
    cluster.accessEntries.set(principalArn, propagated(value, visibleAt));
  }
}

/** Creates the record of an access entry. */
export function newAccessEntry(
  world: World,
  cluster: ClusterRecord,
  wanted: Partial<AccessEntryRecord> & { principalArn: string },
): AccessEntryRecord {
  const { principalArn } = wanted;
  const [, partition, , , account, resource] = principalArn.split(':');
  const [type, ...name] = resource.split('/');
  const last = name[name.length - 1];
  const now = world.now();
  return {
    uniqueId: currentUniqueId(world, principalArn),
    username:
      type === 'role'
        ? `arn:${partition}:sts::${account}:assumed-role/${last}/{{SessionName}}`
        : principalArn,
    groups: [],
    type: 'STANDARD',
    arn: regionalArn(
      'eks',
      cluster,
      `access-entry/${
        cluster.name
      }/${type}/${account}/${last}/${world.ids.uuid()}`,
    ),
    createdAt: now,
    modifiedAt: now,
    tags: {},
    policies: [],
    ...wanted,
  };
}

/** Entries of the cluster that the Kubernetes API applies now, without those of recreated principals. */
export function honouredEntries(
  world: World,
  cluster: ClusterRecord,
): AccessEntry[] {
  const entries: AccessEntry[] = [];
  for (const cell of cluster.accessEntries.values()) {
    const entry = seenAt(cell, world.now());
    const recreated =
      entry?.uniqueId !== undefined &&
      currentUniqueId(world, entry.principalArn) !== entry.uniqueId;
    if (entry && !recreated) {
      entries.push({
        principalArn: entry.principalArn,
        username: entry.username,
        groups: entry.groups,
        policies: entry.policies,
      });
    }
  }
  return entries;
}

function entryView(cluster: ClusterRecord, entry: AccessEntryRecord) {
  return {
    clusterName: cluster.name,
    principalArn: entry.principalArn,
    kubernetesGroups: entry.groups,
    accessEntryArn: entry.arn,
    createdAt: epochSeconds(entry.createdAt),
    modifiedAt: epochSeconds(entry.modifiedAt),
    tags: entry.tags,
    username: entry.username,
    type: entry.type,
  };
}

function checkMode(cluster: ClusterRecord): void {
  if (cluster.authenticationMode === 'CONFIG_MAP') {
    throw invalidParameter(
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
      { clusterName: cluster.name },
    );
  }
}

function readGroups(body: Record<string, unknown>): string[] | undefined {
  const groups = body.kubernetesGroups as string[] | undefined;
  const reserved = groups?.find(group =>
    /^(system|eks|aws|amazon|iam):/.test(group),
  );
  if (reserved) {
    throw invalidParameter(
      `The kubernetes group name ${reserved} is invalid, it cannot start with system:`,
    );
  }
  return groups;
}

const createAccessEntry: EksOperation = context => {
  const { call, world } = context;
  const body = readBody(call.request, {
    principalArn: 'string',
    kubernetesGroups: 'array',
    tags: 'object',
    clientRequestToken: 'string',
    username: 'string',
    type: 'string',
  });
  const principalArn = requireText(body, 'principalArn');
  const tags = readTags(body.tags);
  needOnCluster(context, tags);
  needTagging(
    context,
    eksArn(context, `access-entry/${context.path.name}/*`),
    tags,
  );
  const cluster = activeCluster(context);
  checkMode(cluster);
  const type = (body.type as string | undefined) ?? 'STANDARD';
  if (!TYPES.includes(type)) {
    throw invalidParameter(`The specified type ${type} is invalid.`);
  }
  if (!/^arn:aws[\w-]*:iam::\d{12}:(user|role)\/.+$/.test(principalArn)) {
    throw invalidParameter('The principalArn parameter format is not valid');
  }
  const uniqueId = currentUniqueId(world, principalArn);
  if (!uniqueId) {
    throw invalidParameter(
      'The specified principalArn is invalid: invalid principal.',
    );
  }
  if (current(cluster.accessEntries.get(principalArn))) {
    throw inUse(
      'The specified access entry resource is already in use on this cluster.',
      { clusterName: cluster.name },
    );
  }
  const entry = newAccessEntry(world, cluster, {
    principalArn,
    groups: readGroups(body) ?? [],
    type,
    tags,
    ...(body.username ? { username: body.username as string } : {}),
  });
  writeAccessEntry(world, cluster, principalArn, entry);
  return { accessEntry: entryView(cluster, entry) };
};

/** Authorises on the entry's ARN and returns the entry. */
function needEntry(context: EksContext) {
  const { name, principalArn } = context.path;
  const [, , , , account = '', resource = ''] = principalArn.split(':');
  const [type, ...rest] = resource.split('/');
  const entry = current(
    context.world
      .cluster({
        accountId: context.account.id,
        region: context.call.region,
        name,
      })
      ?.accessEntries.get(principalArn),
  );
  context.need({
    action: `eks:${context.call.operation}`,
    resource:
      entry?.arn ??
      eksArn(
        context,
        `access-entry/${name}/${type}/${account}/${rest[rest.length - 1]}/*`,
      ),
    context: tagKeys(entry?.tags, 'ResourceTag'),
  });
  const cluster = existingCluster(context);
  checkMode(cluster);
  if (!entry) {
    throw notFound(
      "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
      { clusterName: cluster.name },
    );
  }
  return { cluster, entry };
}

const describeAccessEntry: EksOperation = context => {
  const { cluster, entry } = needEntry(context);
  return { accessEntry: entryView(cluster, entry) };
};

const updateAccessEntry: EksOperation = context => {
  const body = readBody(context.call.request, {
    kubernetesGroups: 'array',
    clientRequestToken: 'string',
    username: 'string',
  });
  const { cluster, entry } = needEntry(context);
  const updated: AccessEntryRecord = {
    ...entry,
    groups: readGroups(body) ?? entry.groups,
    username: (body.username as string | undefined) ?? entry.username,
    modifiedAt: context.world.now(),
  };
  writeAccessEntry(context.world, cluster, entry.principalArn, updated);
  return { accessEntry: entryView(cluster, updated) };
};

const deleteAccessEntry: EksOperation = context => {
  const { cluster, entry } = needEntry(context);
  writeAccessEntry(context.world, cluster, entry.principalArn, undefined);
  return {};
};

export const accessEntryOperations: Record<string, EksOperation> = {
  CreateAccessEntry: createAccessEntry,
  DescribeAccessEntry: describeAccessEntry,
  UpdateAccessEntry: updateAccessEntry,
  DeleteAccessEntry: deleteAccessEntry,
};
