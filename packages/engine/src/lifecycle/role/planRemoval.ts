import { nameOfArn } from '../../aws/arn';
import type { FoundRole } from './findRoles';
import { judgeRole, RoleCircumstances } from './judgeRole';
import { trustSid } from '../../identity/names';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import { roleResource } from '../../identity/consoleLinks';
import { RoleRemoval } from './roleRemoval';

/** Adds one role to the plan: its removal, that of our statement, or `keep`. */
export async function planRoleRemoval(
  builder: PlanBuilder,
  scope: Scope,
  role: FoundRole,
  circumstances: RoleCircumstances,
): Promise<void> {
  const verdict = await judgeRole(scope, role, circumstances);
  const removal = new RoleRemoval(scope, role);
  const resource = roleResource(scope.cluster, role.arn);
  const association = builder.has('association') ? ['association'] : [];
  switch (verdict.decision) {
    case 'ignore':
      return;
    case 'keep':
      builder.add({
        id: 'role',
        resource,
        change: 'keep',
        owner: verdict.owner,
        reason: verdict.reason,
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
          reason: verdict.reason,
          dependsOn: association,
        },
        removal.removeStatement(),
      );
      builder.add({
        id: 'role',
        resource,
        change: 'keep',
        reason: verdict.keepReason,
      });
      return;
    default:
      planWholeRole(builder, role, removal, {
        resource,
        reason: verdict.reason,
        association,
      });
  }
}

function planWholeRole(
  builder: PlanBuilder,
  role: FoundRole,
  removal: RoleRemoval,
  {
    resource,
    reason,
    association,
  }: {
    resource: { kind: 'role'; name: string; consoleUrl?: string };
    reason: string;
    /** Id of the role's step, if there is one. */
    association: string[];
  },
): void {
  const parts = [
    ...role.managed.map(policyArn =>
      builder.add(
        {
          id: `role.managed-policy.${nameOfArn(policyArn)}`,
          resource: { kind: 'managed-policy', name: policyArn },
          change: 'delete',
          reason: `detached from ${role.name}; the policy itself stays`,
          dependsOn: association,
        },
        removal.detach(policyArn),
      ),
    ),
    ...[...role.inline.keys()].map(policyName =>
      builder.add(
        {
          id: `role.inline-policy.${policyName}`,
          resource: { kind: 'inline-policy', name: policyName },
          change: 'delete',
          before: { ...role.inline.get(policyName) },
          reason: `created by ${builder.voice.us}, on ${role.name}`,
          dependsOn: association,
        },
        removal.deleteInline(policyName),
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
    removal.deleteRole(),
  );
}
