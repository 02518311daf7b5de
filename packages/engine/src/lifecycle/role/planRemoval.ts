import type { FoundRole } from './findRoles';
import { judgeRole, RoleCircumstances } from './judgeRole';
import { policyNameOfArn, trustSid } from '../../identity/names';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import { consoleLinks } from '../../identity/consoleLinks';
import type { TeardownIntent } from '../teardown/teardownIntents';

/** One role among the plan's steps: whole, its statement, or not at all. */
export async function planTeardownRole(
  builder: PlanBuilder<TeardownIntent>,
  scope: Scope,
  role: FoundRole,
  circumstances: RoleCircumstances,
): Promise<void> {
  const fate = await judgeRole(scope, role, circumstances);
  const resource = {
    kind: 'role' as const,
    name: role.arn,
    consoleUrl: consoleLinks(scope.cluster).role(role.arn),
  };
  const association = builder.has('association') ? ['association'] : [];
  switch (fate.fate) {
    case 'ignore':
      return;
    case 'keep':
      builder.add({
        id: 'role',
        resource,
        change: 'keep',
        owner: fate.owner,
        reason: fate.reason,
      });
      return;
    case 'remove-statement':
      builder.add(
        {
          id: 'role.trust',
          resource: {
            kind: 'trust-statement',
            name: `${trustSid(scope.target)} of ${role.name}`,
          },
          change: 'delete',
          reason: fate.reason,
          dependsOn: association,
        },
        { type: 'remove-statement', role },
      );
      builder.add({
        id: 'role',
        resource,
        change: 'keep',
        reason: fate.keepReason,
      });
      return;
    default:
      planWholeRole(builder, role, resource, fate.reason, association);
  }
}

function planWholeRole(
  builder: PlanBuilder<TeardownIntent>,
  role: FoundRole,
  resource: { kind: 'role'; name: string; consoleUrl?: string },
  reason: string,
  association: string[],
): void {
  const parts = [
    ...role.managed.map(policyArn =>
      builder.add(
        {
          id: `role.managed-policy.${policyNameOfArn(policyArn)}`,
          resource: { kind: 'managed-policy', name: policyArn },
          change: 'delete',
          reason: `detached from ${role.name}; the policy itself stays`,
          dependsOn: association,
        },
        { type: 'detach', role, policyArn },
      ),
    ),
    ...[...role.inline.keys()].map(policyName =>
      builder.add(
        {
          id: `role.inline-policy.${policyName}`,
          resource: { kind: 'inline-policy', name: policyName },
          change: 'delete',
          before: { ...role.inline.get(policyName) },
          reason: `ours, on ${role.name}`,
          dependsOn: association,
        },
        { type: 'delete-inline', role, policyName },
      ),
    ),
  ];
  builder.add(
    {
      id: 'role',
      resource,
      change: 'delete',
      reason,
      dependsOn: [...association, ...parts],
    },
    { type: 'delete-role', role },
  );
}
