import {
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  type PodIdentityAssociation,
  type PodIdentityAssociationSummary,
} from '@aws-sdk/client-eks';
import { classifyAwsError } from '../aws/classify';
import type { ClusterSession } from '../clusters/types';

/** An association with the members that are always there. */
export interface LiveAssociation extends PodIdentityAssociation {
  associationId: string;
  associationArn: string;
  roleArn: string;
  tags: Record<string, string>;
}

/** All associations of a cluster, or those of one ServiceAccount; every page. */
export async function listAssociations(
  session: ClusterSession,
  filter: { namespace?: string; serviceAccount?: string },
  signal?: AbortSignal,
): Promise<PodIdentityAssociationSummary[]> {
  const found: PodIdentityAssociationSummary[] = [];
  let nextToken: string | undefined;
  do {
    const page = await session.aws.eks.send(
      new ListPodIdentityAssociationsCommand({
        clusterName: session.cluster.name,
        ...filter,
        nextToken,
      }),
      { abortSignal: signal },
    );
    found.push(...(page.associations ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

/** One association whole; `undefined` when it is gone. */
export async function describeAssociation(
  session: ClusterSession,
  associationId: string,
  signal?: AbortSignal,
): Promise<LiveAssociation | undefined> {
  try {
    const { association } = await session.aws.eks.send(
      new DescribePodIdentityAssociationCommand({
        clusterName: session.cluster.name,
        associationId,
      }),
      { abortSignal: signal },
    );
    return association && complete(association);
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** The association of exactly this ServiceAccount, if there is one. */
export async function findAssociation(
  session: ClusterSession,
  target: { namespace: string; serviceAccount: string },
  signal?: AbortSignal,
): Promise<LiveAssociation | undefined> {
  const { namespace, serviceAccount } = target;
  const summaries = await listAssociations(
    session,
    { namespace, serviceAccount },
    signal,
  );
  for (const summary of summaries) {
    // AWS filters by equality; a second look costs nothing and a wrong hit would cost a lot.
    if (
      summary.namespace !== namespace ||
      summary.serviceAccount !== serviceAccount ||
      !summary.associationId
    ) {
      continue;
    }
    const association = await describeAssociation(
      session,
      summary.associationId,
      signal,
    );
    // In the index and yet gone: a delete that has not come through everywhere.
    if (association) return association;
  }
  return undefined;
}

/** Gives the optional members of the SDK's type the values they have in every real answer. */
export function complete(association: PodIdentityAssociation): LiveAssociation {
  return {
    ...association,
    associationId: association.associationId ?? '',
    associationArn: association.associationArn ?? '',
    roleArn: association.roleArn ?? '',
    tags: association.tags ?? {},
  };
}
