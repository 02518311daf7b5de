import { nameOfArn } from '../../aws/arn';
import type { ClusterConfig } from '../../clusters/types';
import { judgeListedPolicy } from '../../guardrails';
import type { Desired } from '../desired';
import type { LiveRole } from './liveRole';
import { isOurInlinePolicy, TARGET_POLICY_NAME } from '../../identity/names';
import { type PlanBuilder, differing } from '../steps/PlanBuilder';
import { samePolicy } from '../../iam/policyCompare';
import type { RoleChoice } from './roleChoice';
import type { RoleWrites } from './roleWrites';
import { allowsRoleChaining } from '../../identity/roleChaining';
import { targetAssumePolicy } from '../../identity/snippets';
import type { PolicyDocument } from '../../iam/policyDocument';

/** Sets the configured boundary on every role of ours. */
export function planBoundary(
  builder: PlanBuilder,
  live: LiveRole,
  writes: RoleWrites,
  { boundaryArn }: Desired,
): void {
  if (boundaryArn && live.permissionsBoundaryArn !== boundaryArn) {
    builder.add(
      {
        id: 'role.boundary',
        resource: { kind: 'permissions-boundary', name: boundaryArn },
        change: live.permissionsBoundaryArn ? 'update' : 'create',
        before: { permissionsBoundary: live.permissionsBoundaryArn ?? null },
        after: { permissionsBoundary: boundaryArn },
        reason: 'the configured boundary is put on every role',
        dependsOn: ['role'],
      },
      writes.putBoundary(boundaryArn, {
        boundaryArn: live.permissionsBoundaryArn,
      }),
    );
  } else if (live.permissionsBoundaryArn) {
    builder.add({
      id: 'role.boundary',
      resource: {
        kind: 'permissions-boundary',
        name: live.permissionsBoundaryArn,
      },
      change: 'keep',
      owner: boundaryArn ? 'portal' : 'external',
      reason: boundaryArn
        ? 'it is the configured one'
        : `not set by ${builder.voice.us}`,
    });
  }
}

/** Tags that the request itself names. */
export function planRoleTags(
  builder: PlanBuilder,
  live: LiveRole,
  writes: RoleWrites,
  { tags }: Desired,
): void {
  const changed = differing(live.tags, tags);
  if (!Object.keys(changed.after).length) return;
  const keys = Object.keys(changed.after).map(key => key.toLowerCase());
  // IAM replaces a key that differs only in letter case.
  const replaced = Object.entries(live.tags).filter(
    ([key]) => !(key in tags) && keys.includes(key.toLowerCase()),
  );
  builder.add(
    {
      id: 'role.tags',
      resource: { kind: 'role-tags', name: live.name },
      change: 'update',
      before: { ...changed.before, ...Object.fromEntries(replaced) },
      after: changed.after,
      reason: 'the request gives the role other tags',
      dependsOn: ['role'],
    },
    writes.tag(changed.after),
  );
}

/** Policies of a role that is ours or that this plan creates. */
export function planPolicies(
  builder: PlanBuilder,
  live: LiveRole | undefined,
  writes: RoleWrites,
  desired: Desired,
  cluster: ClusterConfig,
): void {
  const before = builder.ids('role.boundary');
  const dependsOn = ['role', ...before];
  for (const arn of desired.managed) {
    const there = live?.managed.includes(arn);
    builder.add(
      {
        id: `role.managed-policy.${nameOfArn(arn)}`,
        resource: { kind: 'managed-policy', name: arn },
        change: there ? 'keep' : 'create',
        reason: there ? 'it is attached' : 'as requested',
        dependsOn,
      },
      there ? undefined : writes.attach(arn),
    );
  }
  for (const arn of live?.managed ?? []) {
    if (desired.managed.includes(arn)) continue;
    const detach = desired.detach.includes(arn);
    builder.add(
      {
        id: `role.managed-policy.${nameOfArn(arn)}`,
        resource: { kind: 'managed-policy', name: arn },
        owner: 'external',
        change: detach ? 'delete' : 'keep',
        before: detach ? { attached: true } : undefined,
        reason: detach
          ? 'detachManagedPolicyArns names it'
          : 'not in this request; detached only where a request says so',
        dependsOn,
      },
      detach ? writes.detach(arn) : undefined,
    );
  }
  for (const [name, document] of desired.inline.policies) {
    const current = live?.inline.get(name);
    const same = current !== undefined && samePolicy(current, document);
    const { refused, kept } =
      name === TARGET_POLICY_NAME
        ? {}
        : judgeListedPolicy(document, cluster, live?.inline.values() ?? []);
    if (refused) {
      builder.add({
        id: `role.inline-policy.${name}`,
        resource: { kind: 'inline-policy', name },
        change: 'conflict',
        after: { ...document },
        reason: refused,
      });
      continue;
    }
    builder.add(
      {
        id: `role.inline-policy.${name}`,
        resource: { kind: 'inline-policy', name },
        change: planInline(live?.inline.has(name) ?? false, same),
        before: current && !same ? { ...current } : undefined,
        after: same ? undefined : { ...document },
        reason: `${inlineReason(name, current !== undefined, same)}${
          kept
            ? `; it stays because the role has it already, and a new one would be refused: ${kept}`
            : ''
        }`,
        dependsOn,
      },
      same
        ? undefined
        : writes.putInline(name, document, { document: current }),
    );
  }
  for (const [name, document] of live?.inline ?? []) {
    if (desired.inline.policies.has(name)) continue;
    const ours = isOurInlinePolicy(name);
    // The policy for the target role is removed only after the association no longer uses it.
    if (name === TARGET_POLICY_NAME) continue;
    const remove = ours && desired.inline.others === 'remove';
    builder.add(
      {
        id: `role.inline-policy.${name}`,
        resource: { kind: 'inline-policy', name },
        owner: ours ? 'portal' : 'external',
        change: remove ? 'delete' : 'keep',
        before: remove ? { ...document } : undefined,
        reason: keptInlineReason(ours, remove, builder.voice.us),
        dependsOn,
      },
      remove ? writes.deleteInline(name, { document }) : undefined,
    );
  }
}

function planInline(there: boolean, same: boolean) {
  if (same) return 'keep' as const;
  return there ? ('update' as const) : ('create' as const);
}

function inlineReason(name: string, there: boolean, same: boolean): string {
  const what =
    name === TARGET_POLICY_NAME
      ? 'lets the role assume the target role'
      : 'the request contains it';
  if (same) return 'it matches the request';
  return there ? `${what}, with another document` : what;
}

function keptInlineReason(ours: boolean, remove: boolean, us: string): string {
  if (remove) return `created by ${us}, and no longer in the request`;
  return ours
    ? `created by ${us}; the request names no inline policies`
    : `not written by ${us}`;
}

/** Removes our policy for the target role once the association names none. */
export function planTargetPolicyRemoval(
  builder: PlanBuilder,
  choice: RoleChoice,
  writes: RoleWrites,
  desired: Desired,
): void {
  if (choice.how !== 'own' || desired.targetRoleArn) return;
  if (!choice.live.inline.has(TARGET_POLICY_NAME)) return;
  const before = choice.live.inline.get(TARGET_POLICY_NAME);
  builder.add(
    {
      id: `role.inline-policy.${TARGET_POLICY_NAME}`,
      resource: { kind: 'inline-policy', name: TARGET_POLICY_NAME },
      change: 'delete',
      before: before && { ...before },
      reason: `created by ${builder.voice.us}, and there is no target role any more`,
      dependsOn: ['association'],
    },
    writes.afterAssociation(
      writes.deleteInline(TARGET_POLICY_NAME, { document: before }),
    ),
  );
}

/** On a shared or adopted role, every policy must already exist. */
export function planGivenPolicies(
  builder: PlanBuilder,
  live: LiveRole,
  options: { desired: Desired; permissions?: PolicyDocument[] },
  what: string,
): void {
  const { desired, permissions } = options;
  for (const arn of desired.managed) {
    const there = live.managed.includes(arn);
    builder.add({
      id: `role.managed-policy.${nameOfArn(arn)}`,
      resource: { kind: 'managed-policy', name: arn },
      owner: 'external',
      change: there ? 'keep' : 'conflict',
      reason: there
        ? 'it is attached'
        : `the request names it, but ${live.arn} does not have it and the policies of ${what} are not changed; have its owner attach it, or leave it out`,
    });
  }
  for (const arn of desired.detach) {
    if (!live.managed.includes(arn)) continue;
    builder.add({
      id: `role.managed-policy.${nameOfArn(arn)}`,
      resource: { kind: 'managed-policy', name: arn },
      owner: 'external',
      change: 'conflict',
      reason: `the request names it, but the policies of ${what} (${live.arn}) are not changed; have its owner detach it, or leave it out`,
    });
  }
  for (const [name, document] of desired.inline.policies) {
    if (name === TARGET_POLICY_NAME) {
      planGivenTarget(builder, live, options, what);
      continue;
    }
    const there = (permissions ?? []).some(current =>
      samePolicy(current, document),
    );
    builder.add({
      id: `role.inline-policy.${name}`,
      resource: { kind: 'inline-policy', name },
      owner: 'external',
      change: there ? 'keep' : 'conflict',
      after: there ? undefined : { ...document },
      reason: there
        ? 'it is there'
        : `the request names it, but ${live.arn} does not have it and the policies of ${what} are not changed; have its owner add it, or leave it out`,
    });
  }
}

/** A shared or adopted role must already be allowed to assume the target role. */
function planGivenTarget(
  builder: PlanBuilder,
  live: LiveRole,
  {
    desired,
    permissions,
  }: { desired: Desired; permissions?: PolicyDocument[] },
  what: string,
): void {
  const target = desired.targetRoleArn ?? '';
  const { answer, reasons } = allowsRoleChaining(
    (permissions ?? []).map(document => ({ document })),
    target,
  );
  const resource = {
    kind: 'inline-policy' as const,
    name: `permission of ${live.name} on ${target}`,
  };
  if (answer === 'no') {
    const statement = targetAssumePolicy(target).Statement[0];
    builder.add({
      id: 'role.target-permission',
      resource,
      owner: 'external',
      change: 'conflict',
      after: { statementToAdd: statement },
      reason: `targetRoleArn needs ${
        live.arn
      } to be allowed sts:AssumeRole and sts:TagSession on it${
        reasons.length ? ` (${reasons.join('; ')})` : ''
      }, and the policies of ${what} are not changed; ask its owner to add ${JSON.stringify(
        statement,
      )}`,
    });
    return;
  }
  builder.add({
    id: 'role.target-permission',
    resource,
    owner: 'external',
    change: 'keep',
    reason:
      answer === 'yes'
        ? 'the role may assume the target role'
        : `whether the role may assume the target role cannot be told: ${reasons.join(
            '; ',
          )}`,
  });
  if (answer === 'unknown') {
    builder.warn(
      `Whether ${
        live.name
      } may assume ${target} cannot be told before a pod tries: ${reasons.join(
        '; ',
      )}`,
    );
  }
}
