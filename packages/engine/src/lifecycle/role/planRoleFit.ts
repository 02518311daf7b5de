import { nameOfArn } from '../../aws/arn';
import {
  judgeInlinePolicy,
  judgeListedPolicy,
  judgeManagedPolicy,
} from '../../guardrails';
import type { ClusterConfig } from '../../clusters/types';
import type { Desired } from '../desired';
import type { LiveRole } from './liveRole';
import { TARGET_POLICY_NAME } from '../../identity/names';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { samePolicy } from '../../iam/policyCompare';
import type { Scope } from '../steps/scope';
import { readTrust } from '../../identity/trust';
import {
  asList,
  PolicyDocument,
  PolicyStatement,
} from '../../iam/policyDocument';

function judgeInline(
  name: string,
  document: unknown,
  cluster: ClusterConfig,
  { isInUse }: { isInUse: boolean },
) {
  return judgeInlinePolicy(document, cluster, {
    own: name === TARGET_POLICY_NAME,
    isInUse,
  });
}

/**
 * A role created under the guardrails of another ref is used unchanged, so it must pass this cluster's guardrails as
 * well; otherwise a lenient cluster would grant what a strict one refuses.
 */
export function planRoleFit(
  builder: PlanBuilder,
  live: LiveRole,
  inline: ReadonlyMap<string, PolicyDocument>,
  { cluster, target }: Scope,
): void {
  const isInUse = readTrust(live.trustPolicy, target).own !== undefined;
  const advice = isInUse
    ? 'have one created under a new name, and replace this one'
    : 'have one created';
  const own = `give this service account a separate role: ${advice}`;
  const misfit = { owner: 'external', change: 'conflict' } as const;
  const boundary = cluster.guardrails.permissionsBoundaryArn;
  if (boundary && live.permissionsBoundaryArn !== boundary) {
    builder.add({
      id: 'role.boundary',
      resource: { kind: 'permissions-boundary', name: boundary },
      ...misfit,
      before: { permissionsBoundary: live.permissionsBoundaryArn ?? null },
      reason: `cluster ${cluster.id} requires it, but ${live.arn} has ${
        live.permissionsBoundaryArn ?? 'none'
      }; ${own}`,
    });
  }
  for (const arn of live.managed) {
    const refusal = judgeManagedPolicy(arn, cluster);
    if (!refusal) continue;
    builder.add({
      id: `role.managed-policy.${nameOfArn(arn)}`,
      resource: { kind: 'managed-policy', name: arn },
      ...misfit,
      reason: `${live.arn} has it, but it ${refusal.reason}; ${own}`,
    });
  }
  for (const [name, document] of inline) {
    const reason = judgeInline(name, document, cluster, { isInUse });
    const { refused } =
      reason || name === TARGET_POLICY_NAME
        ? {}
        : judgeListedPolicy(document, cluster, []);
    if (refused) {
      builder.warn(
        `${name} of ${live.arn} stays because this service account has the role already, and a new one would be refused: ${refused}`,
      );
    }
    if (!reason) continue;
    builder.add({
      id: `role.inline-policy.${name}`,
      resource: { kind: 'inline-policy', name },
      ...misfit,
      reason: `${live.arn} has it, but it ${reason}; ${own}`,
    });
  }
}

function clusterArnOf(statement: PolicyStatement): unknown {
  const { StringEquals } = (statement.Condition ?? {}) as {
    StringEquals?: Record<string, unknown>;
  };
  return asList(StringEquals?.['aws:RequestTag/eks-cluster-arn'])[0];
}

interface Sharer {
  cluster: ClusterConfig;
  /** The clusters that share the role, or may. */
  words: string;
}

/**
 * Other clusters whose service accounts share a role: those that its trust policy names, or all if one of our
 * statements names none.
 */
function sharersOf(live: LiveRole, { context, cluster, target }: Scope) {
  const named = readTrust(live.trustPolicy, target).siblings.map(clusterArnOf);
  return context.clusters.list().flatMap((other): Sharer[] => {
    if (other.arn === cluster.arn || other.accountId !== cluster.accountId) {
      return [];
    }
    if (named.includes(other.arn)) {
      const words = `a service account of cluster ${other.id} shares ${live.arn}`;
      return [{ cluster: other, words }];
    }
    return named.includes(undefined)
      ? [
          {
            cluster: other,
            words: `another service account shares ${live.arn} by a statement for the whole account, which may be one of cluster ${other.id}`,
          },
        ]
      : [];
  });
}

/** A change to a shared role must also pass the guardrails of the other clusters. */
export function planSharersFit(
  builder: PlanBuilder,
  live: LiveRole,
  desired: Desired,
  scope: Scope,
): void {
  for (const { cluster, words } of sharersOf(live, scope)) {
    const tail = (reason: string) =>
      `${words}, and there it ${reason}; give one of the two a separate role, under a new name`;
    for (const arn of desired.managed) {
      if (live.managed.includes(arn)) continue;
      const refusal = judgeManagedPolicy(arn, cluster);
      if (!refusal) continue;
      builder.add({
        id: `role.managed-policy.${nameOfArn(arn)}`,
        resource: { kind: 'managed-policy', name: arn },
        change: 'conflict',
        reason: tail(refusal.reason),
      });
    }
    for (const [name, document] of desired.inline.policies) {
      const current = live.inline.get(name);
      if (current && samePolicy(current, document)) continue;
      const { refused } =
        name === TARGET_POLICY_NAME
          ? {}
          : judgeListedPolicy(document, cluster, live.inline.values());
      const reason =
        judgeInline(name, document, cluster, { isInUse: true }) ??
        (refused && `is not allowed on cluster ${cluster.id}: ${refused}`);
      if (!reason) continue;
      builder.add({
        id: `role.inline-policy.${name}`,
        resource: { kind: 'inline-policy', name },
        change: 'conflict',
        reason: tail(reason),
      });
    }
  }
}
