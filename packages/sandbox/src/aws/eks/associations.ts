import { many, parseStored } from '../policy/document';
import { MalformedPolicy, validatePolicy } from '../policy/validate';
import { epochSeconds } from '../protocol/json';
import { AssociationRecord, ClusterRecord, RoleRecord } from '../state/types';
import { roleOfArn } from '../state/world';
import { wildcardMatch } from '../policy/match';
import {
  associationOf,
  currentAssociation,
  externalIdOf,
  listedAssociations,
  placeAssociation,
  writeAssociation,
} from './associationStore';
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
import { inUse, invalidParameter, limitExceeded, notFound } from './errors';
import { pageOf, queryText, readBody, readTags, requireText } from './input';

const PODS_SERVICE = 'pods.eks.amazonaws.com';

/** The association as Create, Describe, Update and Delete show it. */
function associationView(cluster: ClusterRecord, record: AssociationRecord) {
  return {
    clusterName: cluster.name,
    namespace: record.namespace,
    serviceAccount: record.serviceAccount,
    roleArn: record.roleArn,
    associationArn: record.associationArn,
    associationId: record.associationId,
    tags: record.tags,
    createdAt: epochSeconds(record.createdAt),
    modifiedAt: epochSeconds(record.modifiedAt),
    ownerArn: record.ownerArn,
    disableSessionTags: record.disableSessionTags,
    targetRoleArn: record.targetRoleArn,
    externalId: record.externalId,
    policy: record.policy,
  };
}

/** Whether a trust policy names EKS Pod Identity at all; like the real check, it ignores conditions. */
function trustsPodIdentity(role: RoleRecord): boolean {
  return many(parseStored(role.trust).Statement).some(statement => {
    const services =
      typeof statement.Principal === 'object'
        ? many(statement.Principal.Service)
        : [];
    return (
      statement.Effect === 'Allow' &&
      (statement.Principal === '*' || services.includes(PODS_SERVICE)) &&
      many(statement.Action).some(action =>
        wildcardMatch(action, 'sts:AssumeRole', { ignoreCase: true }),
      )
    );
  });
}

/** Throws unless the caller may pass the role and the role lets Pod Identity in. */
export function checkPassed(context: EksContext, roleArn: string): void {
  needPassRole(context, roleArn);
  const role = context.world.seenRoleByArn(roleArn);
  if (!role) {
    throw invalidParameter('Role provided in the request does not exist.');
  }
  if (!trustsPodIdentity(role)) {
    throw invalidParameter('Trust policy of the role provided is invalid');
  }
}

function checkRole(context: EksContext, roleArn: string): void {
  if (!roleOfArn(roleArn)) {
    throw invalidParameter(`Role ARN ${roleArn} is invalid.`);
  }
  checkPassed(context, roleArn);
}

function checkNames(namespace: string, serviceAccount: string): void {
  const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
  const subdomain =
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  if (!label.test(namespace) || namespace.length > 63) {
    throw invalidParameter(`Namespace ${namespace} is invalid.`);
  }
  if (!subdomain.test(serviceAccount) || serviceAccount.length > 253) {
    throw invalidParameter(`Service account ${serviceAccount} is invalid.`);
  }
}

/** Checks settings that depend on one another, whichever of them a request changes. */
function checkSettings(
  settings: Pick<
    AssociationRecord,
    'policy' | 'disableSessionTags' | 'targetRoleArn'
  >,
): void {
  if (
    settings.targetRoleArn !== undefined &&
    !roleOfArn(settings.targetRoleArn)
  ) {
    throw invalidParameter(
      `Target role ARN ${settings.targetRoleArn} is invalid.`,
    );
  }
  if (settings.policy === undefined) {
    return;
  }
  if (!settings.disableSessionTags) {
    throw invalidParameter(
      'Session tags must be disabled when a policy is specified. Set disableSessionTags to true.',
    );
  }
  if (settings.policy.length > 2048) {
    throw invalidParameter('The policy must not exceed 2048 characters.');
  }
  try {
    validatePolicy(settings.policy, 'identity');
  } catch (error) {
    if (error instanceof MalformedPolicy) {
      throw invalidParameter(
        `The policy provided is invalid: ${error.message}`,
      );
    }
    throw error;
  }
}

const optionalText = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value : undefined;

const createAssociation: EksOperation = context => {
  const { call, world } = context;
  const body = readBody(call.request, {
    namespace: 'string',
    serviceAccount: 'string',
    roleArn: 'string',
    clientRequestToken: 'string',
    tags: 'object',
    disableSessionTags: 'boolean',
    targetRoleArn: 'string',
    policy: 'string',
  });
  const namespace = requireText(body, 'namespace');
  const serviceAccount = requireText(body, 'serviceAccount');
  const roleArn = requireText(body, 'roleArn');
  const tags = readTags(body.tags);
  const wanted = {
    namespace,
    serviceAccount,
    roleArn,
    tags,
    disableSessionTags: body.disableSessionTags === true,
    targetRoleArn: optionalText(body.targetRoleArn),
    policy: optionalText(body.policy),
  };
  const token = optionalText(body.clientRequestToken);

  needOnCluster(context, tags);
  needTagging(
    context,
    eksArn(context, `podidentityassociation/${context.path.name}/*`),
    tags,
  );
  checkNames(namespace, serviceAccount);
  checkSettings(wanted);
  const cluster = activeCluster(context);
  const before = answeredBefore(context, token, wanted);
  const already =
    before && currentAssociation(cluster.associations.get(before.id));
  if (already) {
    return { association: associationView(cluster, already) };
  }
  checkRole(context, roleArn);
  const other = associationOf(world, cluster, namespace, serviceAccount);
  if (other) {
    throw inUse(`Association already exists: ${other.associationId}`, {
      clusterName: cluster.name,
    });
  }
  const limit = world.settings.associationsPerCluster;
  if (listedAssociations(world, cluster).length >= limit) {
    throw limitExceeded(
      `The maximum number of pod identity associations (${limit}) for the cluster has been reached.`,
      { clusterName: cluster.name },
    );
  }
  const record = placeAssociation(world, cluster, wanted);
  rememberToken(context, token, wanted, record.associationId);
  return { association: associationView(cluster, record) };
};

/** Authorises on the association's ARN and returns the association. */
function needAssociation(context: EksContext) {
  const { associationId } = context.path;
  const cluster = context.world.cluster({
    accountId: context.account.id,
    region: context.call.region,
    name: context.path.name,
  });
  const record = currentAssociation(cluster?.associations.get(associationId));
  context.need({
    action: `eks:${context.call.operation}`,
    resource: eksArn(
      context,
      `podidentityassociation/${context.path.name}/${associationId}`,
    ),
    context: tagKeys(record?.tags, 'ResourceTag'),
  });
  if (!/^[ai]-[a-z0-9]{17}$/.test(associationId)) {
    throw invalidParameter(
      'The parameter associationId should be 19 characters long.',
    );
  }
  const existing = existingCluster(context);
  if (!record) {
    throw notFound(
      `No association with ID ${associationId} found in cluster: ${existing.name}`,
      { clusterName: existing.name },
    );
  }
  return { cluster: existing, record };
}

const describeAssociation: EksOperation = context => {
  const { cluster, record } = needAssociation(context);
  return { association: associationView(cluster, record) };
};

const listAssociations: EksOperation = context => {
  needOnCluster(context);
  const cluster = existingCluster(context);
  const { request } = context.call;
  const namespace = queryText(request, 'namespace');
  const serviceAccount = queryText(request, 'serviceAccount');
  const found = listedAssociations(context.world, cluster).filter(
    association =>
      (namespace === undefined || association.namespace === namespace) &&
      (serviceAccount === undefined ||
        association.serviceAccount === serviceAccount),
  );
  const { items, nextToken } = pageOf(request, found);
  return {
    associations: items.map(association => ({
      clusterName: cluster.name,
      namespace: association.namespace,
      serviceAccount: association.serviceAccount,
      associationArn: association.associationArn,
      associationId: association.associationId,
      ownerArn: association.ownerArn,
    })),
    nextToken,
  };
};

const updateAssociation: EksOperation = context => {
  const { call, world } = context;
  const body = readBody(call.request, {
    roleArn: 'string',
    clientRequestToken: 'string',
    disableSessionTags: 'boolean',
    targetRoleArn: 'string',
    policy: 'string',
  });
  const { cluster, record } = needAssociation(context);
  const roleArn = optionalText(body.roleArn);
  const { clientRequestToken, ...changes } = body;
  if (Object.keys(changes).length === 0) {
    throw invalidParameter(
      'At least one of roleArn, targetRoleArn, disableSessionTags or policy must be specified.',
      { clusterName: cluster.name },
    );
  }
  const token = optionalText(clientRequestToken);
  const request = { id: record.associationId, ...changes };
  if (answeredBefore(context, token, request)) {
    return { association: associationView(cluster, record) };
  }
  const cleared = (name: 'targetRoleArn' | 'policy') => {
    if (body[name] === undefined) {
      return record[name];
    }
    if (body[name] === '') {
      return world.settings.emptyStringClears ? undefined : record[name];
    }
    return body[name] as string;
  };
  const updated: AssociationRecord = {
    ...record,
    roleArn: roleArn ?? record.roleArn,
    disableSessionTags:
      typeof body.disableSessionTags === 'boolean'
        ? body.disableSessionTags
        : record.disableSessionTags,
    targetRoleArn: cleared('targetRoleArn'),
    policy: cleared('policy'),
    modifiedAt: world.now(),
  };
  checkSettings(updated);
  if (roleArn !== undefined) {
    checkRole(context, roleArn);
  }
  updated.externalId = externalIdOf(world, cluster, updated);
  writeAssociation(world, cluster, record.associationId, updated);
  rememberToken(context, token, request, record.associationId);
  return { association: associationView(cluster, updated) };
};

const deleteAssociation: EksOperation = context => {
  const { cluster, record } = needAssociation(context);
  writeAssociation(context.world, cluster, record.associationId, undefined);
  return { association: associationView(cluster, record) };
};

export const associationOperations: Record<string, EksOperation> = {
  CreatePodIdentityAssociation: createAssociation,
  DescribePodIdentityAssociation: describeAssociation,
  ListPodIdentityAssociations: listAssociations,
  UpdatePodIdentityAssociation: updateAssociation,
  DeletePodIdentityAssociation: deleteAssociation,
};
