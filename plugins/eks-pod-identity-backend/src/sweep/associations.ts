import {
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  type PodIdentityAssociationSummary,
} from '@aws-sdk/client-eks';
import {
  MANAGED_BY,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import { classifyAwsError } from '../aws/classify';
import type { ClusterSession } from '../clusters/types';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { AssociationFact } from '../verification/facts/types';

/** All associations of the cluster: List shows neither roles nor tags nor times (facts §1.1). */
export async function listAssociations(
  session: ClusterSession,
  signal: AbortSignal,
): Promise<PodIdentityAssociationSummary[]> {
  const found: PodIdentityAssociationSummary[] = [];
  let nextToken: string | undefined;
  do {
    const page = await session.aws.eks.send(
      new ListPodIdentityAssociationsCommand({
        clusterName: session.cluster.name,
        maxResults: 100,
        ...(nextToken ? { nextToken } : {}),
      }),
      { abortSignal: signal },
    );
    found.push(...(page.associations ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

/** Undefined when it was deleted in between. */
export async function describeAssociation(
  session: ClusterSession,
  associationId: string,
  signal: AbortSignal,
): Promise<AssociationFact | undefined> {
  try {
    const { association } = await session.aws.eks.send(
      new DescribePodIdentityAssociationCommand({
        clusterName: session.cluster.name,
        associationId,
      }),
      { abortSignal: signal },
    );
    if (!association?.roleArn) return undefined;
    return {
      id: associationId,
      arn: association.associationArn ?? '',
      roleArn: association.roleArn,
      targetRoleArn: association.targetRoleArn || undefined,
      externalId: association.externalId || undefined,
      disableSessionTags: association.disableSessionTags ?? false,
      policy: association.policy || undefined,
      ownerArn: association.ownerArn || undefined,
      tags: association.tags ?? {},
      createdAt: association.createdAt?.getTime(),
      modifiedAt: association.modifiedAt?.getTime(),
    };
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** Whose it is: ours only by this portal's own marks. */
export function ownerOf(
  details: AssociationFact,
  portalId: string,
): ObservedAssociation['owner'] {
  if (details.ownerArn) return 'addon';
  return details.tags[MARK_TAGS.managedBy] === MANAGED_BY &&
    details.tags[MARK_TAGS.portal] === portalId
    ? 'portal'
    : 'external';
}

/**
 * Which of them to describe in this sweep: all that are new, all that are overdue, and of the others the oldest
 * few, so that describing is spread evenly over `maxAgeMs` instead of coming in waves.
 */
export function dueForDescribe(
  known: readonly ObservedAssociation[],
  options: { now: number; maxAgeMs: number; frequencyMs: number },
): ObservedAssociation[] {
  const { now, maxAgeMs, frequencyMs } = options;
  const isDue = (association: ObservedAssociation) =>
    association.details === undefined ||
    association.describedAt === undefined ||
    association.describedAt <= now - maxAgeMs;
  const due = known.filter(isDue);
  const share = Math.ceil((known.length * frequencyMs) / maxAgeMs);
  const oldest = known
    .filter(association => !isDue(association))
    .sort((a, b) => a.describedAt! - b.describedAt!)
    .slice(0, Math.max(0, share - due.length));
  return [...due, ...oldest];
}
