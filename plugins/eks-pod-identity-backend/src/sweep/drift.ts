import type { ObservedAssociation } from '../store/AssociationStore';
import type { SweepStore } from './patientStore';

/**
 * Marks what differs from the last associate. Of what is stored now: an operation may have changed something while
 * the sweep looked around.
 */
export async function markDrift(store: SweepStore, cluster: string) {
  for (const association of await store.associations.ofCluster(cluster)) {
    const last =
      association.owner === 'portal' && association.describedAt !== undefined
        ? await store.operations.lastAssociate(association.ref)
        : undefined;
    const driftReason =
      last?.result &&
      driftOf(association, last.result.roleArn, last.input.targetRoleArn);
    if (driftReason !== association.driftReason) {
      await store.associations.mark(cluster, association.associationId, {
        drift: driftReason !== undefined,
        driftReason,
      });
    }
  }
}

/** Live differs from what the last associate asked for; undefined where it does not. */
function driftOf(
  association: ObservedAssociation,
  roleArn: string | undefined,
  targetRoleArn: string | undefined,
): string | undefined {
  if (roleArn && association.roleArn !== roleArn) {
    return `The role is ${association.roleArn}; the last associate set ${roleArn}`;
  }
  if (
    targetRoleArn !== undefined &&
    (association.targetRoleArn ?? '') !== targetRoleArn
  ) {
    return `The target role is ${
      association.targetRoleArn ?? 'none'
    }; the last associate set ${targetRoleArn || 'none'}`;
  }
  return undefined;
}
