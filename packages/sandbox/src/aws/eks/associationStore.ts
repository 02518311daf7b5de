import {
  AssociationCell,
  AssociationRecord,
  ClusterRecord,
} from '../state/types';
import { World } from '../state/world';
import { regionalArn } from '../../core/partition';

/** The association as the EKS API returns it; undefined once it was deleted. */
export function currentAssociation(
  cell: AssociationCell | undefined,
): AssociationRecord | undefined {
  return cell?.versions[cell.versions.length - 1]?.value;
}

/**
 * The association in the index by service account, which List and the duplicate check use. A delete
 * reaches that index late (aws-controllers-k8s/community#2684).
 */
function indexedAssociation(
  cell: AssociationCell,
  now: number,
): AssociationRecord | undefined {
  const value = currentAssociation(cell);
  if (value) {
    return value;
  }
  return cell.indexedUntil !== undefined && cell.indexedUntil > now
    ? cell.versions[cell.versions.length - 2]?.value
    : undefined;
}

/** The association as EKS Auth sees it now. */
export function associationForEksAuth(
  cell: AssociationCell,
  now: number,
): AssociationRecord | undefined {
  for (let i = cell.versions.length - 1; i >= 0; i--) {
    if (cell.versions[i].eksAuthAt <= now) {
      return cell.versions[i].value;
    }
  }
  return undefined;
}

/** The association in the webhook's file of API server number `apiServer` now. */
export function associationForWebhook(
  cell: AssociationCell,
  apiServer: number,
  now: number,
): AssociationRecord | undefined {
  for (let i = cell.versions.length - 1; i >= 0; i--) {
    const version = cell.versions[i];
    if (version.webhookAt + apiServer * version.apiServerLag <= now) {
      return version.value;
    }
  }
  return undefined;
}

/** Writes a new state of an association; EKS Auth and the webhooks see it later. */
export function writeAssociation(
  world: World,
  cluster: ClusterRecord,
  associationId: string,
  value: AssociationRecord | undefined,
): void {
  const now = world.now();
  const { delays } = world.core;
  const cell: AssociationCell = cluster.associations.get(associationId) ?? {
    associationId,
    versions: [],
  };
  cell.versions.push({
    value,
    eksAuthAt: now + delays.eksAuth,
    webhookAt: now + delays.association,
    apiServerLag: delays.apiServerLag,
  });
  if (value === undefined) {
    cell.indexedUntil = now + delays.associationDelete;
  }
  cluster.associations.set(associationId, cell);
}

/** Removes deleted associations that are no longer visible anywhere. */
function sweepAssociations(cluster: ClusterRecord, now: number): void {
  const longestLag = 100;
  for (const [id, cell] of cluster.associations) {
    const last = cell.versions[cell.versions.length - 1];
    const seenByAll =
      last.value === undefined &&
      last.eksAuthAt <= now &&
      last.webhookAt + longestLag * last.apiServerLag <= now &&
      (cell.indexedUntil ?? 0) <= now;
    if (seenByAll) {
      cluster.associations.delete(id);
    }
  }
}

/** All associations that List shows, oldest first. */
export function listedAssociations(
  world: World,
  cluster: ClusterRecord,
): AssociationRecord[] {
  const now = world.now();
  sweepAssociations(cluster, now);
  const found: AssociationRecord[] = [];
  for (const cell of cluster.associations.values()) {
    const value = indexedAssociation(cell, now);
    if (value) {
      found.push(value);
    }
  }
  return found;
}

/** The association of a service account. */
export function associationOf(
  world: World,
  cluster: ClusterRecord,
  namespace: string,
  serviceAccount: string,
): AssociationRecord | undefined {
  return listedAssociations(world, cluster).find(
    association =>
      association.namespace === namespace &&
      association.serviceAccount === serviceAccount,
  );
}

/** Creates an association without authorization, for the seed and for add-ons. */
export function placeAssociation(
  world: World,
  cluster: ClusterRecord,
  wanted: Pick<AssociationRecord, 'namespace' | 'serviceAccount' | 'roleArn'> &
    Partial<AssociationRecord>,
): AssociationRecord {
  const associationId = wanted.associationId ?? world.ids.association();
  const now = world.now();
  const record: AssociationRecord = {
    tags: {},
    createdAt: now,
    modifiedAt: now,
    disableSessionTags: false,
    ...wanted,
    associationId,
    associationArn: regionalArn(
      'eks',
      cluster,
      `podidentityassociation/${cluster.name}/${associationId}`,
    ),
  };
  record.externalId ??= externalIdOf(world, cluster, record);
  writeAssociation(world, cluster, associationId, record);
  return record;
}

/** `region/account-id/cluster-name/namespace/service-account-name`, if EKS sets one. */
export function externalIdOf(
  world: World,
  cluster: ClusterRecord,
  association: Pick<
    AssociationRecord,
    'namespace' | 'serviceAccount' | 'targetRoleArn' | 'disableSessionTags'
  >,
): string | undefined {
  const wanted =
    association.targetRoleArn !== undefined &&
    (association.disableSessionTags || world.settings.externalIdAlways);
  return wanted
    ? [
        cluster.region,
        cluster.accountId,
        cluster.name,
        association.namespace,
        association.serviceAccount,
      ].join('/')
    : undefined;
}
