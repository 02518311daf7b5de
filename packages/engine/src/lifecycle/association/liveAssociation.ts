import type { PodIdentityAssociation } from '@aws-sdk/client-eks';
import { describeAssociation, listAssociations } from '../../aws/association';
import type { ClusterSession } from '../../clusters/types';

/** An association with the members that are always there. */
export interface LiveAssociation extends PodIdentityAssociation {
  associationId: string;
  associationArn: string;
  roleArn: string;
  tags: Record<string, string>;
}

/** One association whole; `undefined` when it is gone. */
export async function readAssociation(
  session: ClusterSession,
  associationId: string,
  signal?: AbortSignal,
): Promise<LiveAssociation | undefined> {
  const association = await describeAssociation(session, associationId, signal);
  return association && complete(association);
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
    const association = await readAssociation(
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
