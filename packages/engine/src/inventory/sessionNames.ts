import type { SessionPolicy } from '../aws/account';
import { takesAway, userIdsOf } from '../iam/sessionNames';
import { listed } from '../text/listed';
import type { AccessFacts, RoleOfAccount } from './facts';
import { cannotTell, type Judgement } from './judgement';
import { type Account, both, workloadsOf } from './roads';

/** Policies that a row names. */
const MOST = 5;
const RENAMED = 'Pod Identity names sessions itself';

/**
 * EKS makes the name of a session of these names of the cluster and the pod, cut to so many characters, and of a UUID
 * (API reference, AssumeRoleForPodIdentity; the cut was seen in CloudTrail).
 */
const CUT = 10;
const UUID = '00000000-0000-4000-8000-000000000000';

/** Which policies decide: for the role's owner. */
function reasonsOf(policies: SessionPolicy[], role: string): string[] {
  const reasons = policies.map(({ policy }) =>
    policy
      ? `Policy ${policy} of role ${role} depends on the name of the session (aws:userid).`
      : `The trust policy of another role depends on the name of a session of role ${role}.`,
  );
  return [...new Set(reasons)].slice(0, MOST);
}

/**
 * Why AWS would refuse calls of programs after a move: the name that a program gives its session by IRSA ends with it.
 * Undefined where no policy that was read depends on it.
 */
export function ofSessionNames(
  account: Account,
  { cluster }: Pick<AccessFacts, 'cluster'>,
  { role, sessionPolicies = [] }: RoleOfAccount,
): Judgement | undefined {
  const prefix = `eks-${cluster.name.slice(0, CUT)}-`;
  const [{ name: pod } = account] = workloadsOf(account).values();
  const after = `${role.roleId}:${prefix}${pod.slice(0, CUT)}-${UUID}`;
  const takesFrom = (name: string) => (policy: SessionPolicy) =>
    takesAway(policy, `${role.roleId}:${name}`, after);
  const set = both(account, 'sessionNames').filter(Boolean);
  const lost = set.filter(name => sessionPolicies.some(takesFrom(name)));
  if (lost.length > 0) {
    return {
      verdict: 'blocked',
      sentence: `AWS would refuse calls of its pods: a policy depends on the session name ${listed(
        lost,
      )}, which they set, and ${RENAMED}. Before a move that policy has to allow names that begin with ${prefix}, too.`,
      trustReasons: reasonsOf(
        sessionPolicies.filter(one => lost.some(name => takesFrom(name)(one))),
        role.name,
      ),
    };
  }
  if (set.length > 0) return undefined;
  const mayTake = sessionPolicies.filter(one =>
    userIdsOf(one).some(userId =>
      takesFrom(userId.slice(userId.indexOf(':') + 1).replace(/[*?]/g, 'x'))(
        one,
      ),
    ),
  );
  return mayTake.length > 0
    ? {
        ...cannotTell(
          `a policy depends on the name of its session, and whether its programs set that name is not known. ${RENAMED}.`,
        ),
        trustReasons: reasonsOf(mayTake, role.name),
      }
    : undefined;
}

/** What is not read and may depend on the name all the same. */
export function unreadNames(account: Account): string[] {
  const names = both(account, 'sessionNames');
  if (names.length === 0) return [];
  const seen = names.filter(Boolean);
  return [
    `Its pods set ${
      seen.length ? `the session name ${listed(seen)}` : 'names of sessions'
    }, and ${RENAMED}. Policies of buckets, of keys, of other accounts and of the organization may depend on it and are not read here.`,
  ];
}
