import pLimit from 'p-limit';
import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import { NotFoundError, toError } from '@backstage/errors';
import type { ClusterSession } from '../clusters/types';
import { classifyAwsError } from '../aws/classify';
import { describeAssociation, listAssociations } from './liveAssociation';
import { explain, Scope } from './scope';

/** Most associations that are described to find out who uses a role. */
const MOST_DESCRIBED = 1_000;

/** Describes at once; the token bucket of the account paces them anyway. */
const AT_ONCE = 4;

/** Who else uses a role with a wide trust. */
export interface RoleUse {
  /** `cluster/namespace/serviceaccount`. */
  users: string[];
  /** One sentence for each cluster that could not be looked at, or not wholly. */
  unread: string[];
}

async function listOf(
  scope: Scope,
  session: ClusterSession,
): Promise<PodIdentityAssociationSummary[]> {
  try {
    return await listAssociations(session, {}, scope.context.signal);
  } catch (error) {
    // A cluster that is gone has no associations.
    if (classifyAwsError(error).kind !== 'not-found') throw error;
    try {
      await session.describeCluster({ signal: scope.context.signal });
    } catch (second) {
      if (second instanceof NotFoundError) return [];
      throw second;
    }
    throw error;
  }
}

/**
 * Looks for associations of other ServiceAccounts with this role, on every configured cluster of the account. List
 * does not tell roles, so each association is described: bounded, and what could not be looked at is said.
 */
export async function findRoleUse(
  scope: Scope,
  roleArn: string,
): Promise<RoleUse> {
  const { context, cluster, ref } = scope;
  const use: RoleUse = { users: [], unread: [] };
  const limit = pLimit(AT_ONCE);
  let described = 0;
  const clusters = context.clusters
    .list()
    .filter(({ accountId }) => accountId === cluster.accountId);
  await Promise.all(
    clusters.map(async other => {
      const session = context.clusters.session(other.id, 'read');
      try {
        const summaries = (await listOf(scope, session)).filter(
          summary =>
            other.arn !== cluster.arn ||
            summary.namespace !== ref.namespace ||
            summary.serviceAccount !== ref.serviceAccount,
        );
        const room = Math.max(0, MOST_DESCRIBED - described);
        described += Math.min(room, summaries.length);
        if (summaries.length > room) {
          use.unread.push(
            `${summaries.length - room} associations of cluster ${
              other.id
            } were too many to look at`,
          );
        }
        await Promise.all(
          summaries.slice(0, room).map(summary =>
            limit(async () => {
              const association = await describeAssociation(
                session,
                summary.associationId ?? '',
                context.signal,
              );
              if (association?.roleArn === roleArn) {
                use.users.push(
                  `${other.name}/${association.namespace}/${association.serviceAccount}`,
                );
              }
            }),
          ),
        );
      } catch (error) {
        context.signal.throwIfAborted();
        use.unread.push(
          toError(
            explain(
              scope,
              `look at the associations of cluster ${other.id}`,
              error,
            ),
          ).message,
        );
      }
    }),
  );
  use.users.sort();
  return use;
}
