import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type AssociationSettings,
  driftOf,
  type RolesOfAccount,
  settingsOf,
} from 'eks-pod-identity-engine/portal';
import type { ObservedAssociation } from '../store/AssociationStore';
import { inParts } from '../store/refs';
import type { RetryingStore } from '../store/retryingStore';

/**
 * Marks what differs from the last associate. Of what is stored now: an operation may have changed something while
 * the sweep looked around, and then the roles that the sweep saw say nothing about it.
 *
 * @param onDrift - told once of each that begins to differ
 * @param rolesAt - when the roles were read, epoch milliseconds
 */
export async function markDrift(
  store: RetryingStore,
  cluster: string,
  roles: RolesOfAccount,
  rolesAt: number,
  onDrift: (ref: ServiceAccountRef, reason: string) => Promise<void>,
) {
  const stored = await store.associations.ofCluster(cluster);
  for (const part of inParts(stored)) {
    const changes = await store.changes.lastOfMany(
      part.filter(mayDrift).map(({ ref }) => ref),
    );
    for (const association of part) {
      const { ref, associationId } = association;
      const { at, associate } =
        changes.get(stringifyServiceAccountRef(ref)) ?? {};
      if (at !== undefined && at >= rolesAt) continue;
      const driftReason =
        associate?.result &&
        driftOf(
          settingsSeen(association),
          { input: associate.input, roleArn: associate.result.roleArn },
          roles,
        );
      if (driftReason !== association.driftReason) {
        await store.associations.mark(cluster, associationId, {
          drift: driftReason !== undefined,
          driftReason,
        });
        if (driftReason && !association.drift) await onDrift(ref, driftReason);
      }
    }
  }
}

function mayDrift({ owner, describedAt }: ObservedAssociation): boolean {
  return owner === 'portal' && describedAt !== undefined;
}

/** The settings that were seen: until an association is described only its roles may be known. */
function settingsSeen({
  roleArn,
  targetRoleArn,
  details,
}: ObservedAssociation): Partial<AssociationSettings> {
  return { ...(details && settingsOf(details)), roleArn, targetRoleArn };
}
