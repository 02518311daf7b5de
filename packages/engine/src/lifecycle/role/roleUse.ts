import pLimit from 'p-limit';
import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import { NotFoundError, toError } from '@backstage/errors';
import type { ClusterSession } from '../../clusters/types';
import { classifyAwsError } from '../../aws/classify';
import { describeAssociation, listAssociations } from '../../aws/association';
import { explain, Scope } from '../steps/scope';

/** The search ends at this many users, which are enough to keep a role and to say why. */
export const ENOUGH_USERS = 5;

/** Parallel Describe calls; the account's token bucket paces them anyway. */
const AT_ONCE = 4;

/** Other users of a role with a wide trust scope. */
export interface RoleUse {
  /** Other service accounts, up to about {@link ENOUGH_USERS}. */
  users: number;
  /** One sentence for each cluster that could not be read completely. */
  unread: string[];
}

async function listOf(
  scope: Scope,
  session: ClusterSession,
): Promise<PodIdentityAssociationSummary[]> {
  try {
    return await listAssociations(session, {}, scope.context.signal);
  } catch (error) {
    // A deleted cluster has no associations.
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
 * Finds associations of other service accounts with this role, on every configured cluster of the account. List does
 * not return roles, so each association is described, until the time is up; unread ones are reported.
 */
export async function findRoleUse(
  scope: Scope,
  roleArn: string,
  limitMs: number,
): Promise<RoleUse> {
  const { context, cluster, ref } = scope;
  const { clock, signal } = context;
  const use: RoleUse = { users: 0, unread: [] };
  const limit = pLimit(AT_ONCE);
  const end = clock.now() + limitMs;
  const clusters = context.clusters
    .list()
    .filter(({ accountId }) => accountId === cluster.accountId);
  await Promise.all(
    clusters.map(async other => {
      const session = context.clusters.session(other.id, 'read');
      let late = 0;
      try {
        const summaries = (await listOf(scope, session)).filter(
          summary =>
            other.arn !== cluster.arn ||
            summary.namespace !== ref.namespace ||
            summary.serviceAccount !== ref.serviceAccount,
        );
        await Promise.all(
          summaries.map(({ associationId = '' }) =>
            limit(async () => {
              if (use.users >= ENOUGH_USERS) return;
              if (clock.now() > end) {
                late += 1;
                return;
              }
              const association = await describeAssociation(
                session,
                associationId,
                signal,
              );
              if (association?.roleArn === roleArn) use.users += 1;
            }),
          ),
        );
        if (late) {
          use.unread.push(
            `${late} of ${summaries.length} associations of cluster ${
              other.id
            } could not be looked at within ${Math.round(limitMs / 1000)} s.`,
          );
        }
      } catch (error) {
        signal.throwIfAborted();
        const doing = `look at the associations of cluster ${other.id}`;
        use.unread.push(toError(explain(scope, doing, error)).message);
      }
    }),
  );
  return use;
}
