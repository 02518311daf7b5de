import {
  type AssociationSettings,
  driftOf,
  type RolesOfAccount,
  settingsOf,
} from 'eks-pod-identity-engine';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { RetryingStore } from '../store/retryingStore';

/**
 * Marks what differs from the last associate. Of what is stored now: an operation may have changed something while
 * the sweep looked around.
 */
export async function markDrift(
  store: RetryingStore,
  cluster: string,
  roles: RolesOfAccount,
) {
  for (const association of await store.associations.ofCluster(cluster)) {
    const last =
      association.owner === 'portal' && association.describedAt !== undefined
        ? await store.changes.lastAssociate(association.ref)
        : undefined;
    const driftReason =
      last?.result &&
      driftOf(
        settingsSeen(association),
        { input: last.input, roleArn: last.result.roleArn },
        roles,
      );
    if (driftReason !== association.driftReason) {
      await store.associations.mark(cluster, association.associationId, {
        drift: driftReason !== undefined,
        driftReason,
      });
    }
  }
}

/** The settings that were seen: until an association is described only its roles may be known. */
function settingsSeen({
  roleArn,
  targetRoleArn,
  details,
}: ObservedAssociation): Partial<AssociationSettings> {
  return { ...(details && settingsOf(details)), roleArn, targetRoleArn };
}
