import {
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationUpdatePermission,
  type Plan,
  type PlanChange,
  type PlanStep,
  workloadRestartPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { assertGranted } from './permissions';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

const step = (
  id: string,
  change: PlanChange,
  kind: PlanStep['resource']['kind'] = id as PlanStep['resource']['kind'],
): PlanStep => ({
  id,
  change,
  resource: { kind, name: 'n' },
  owner: 'portal',
  reason: 'because',
  dependsOn: [],
});

const planOf = (steps: PlanStep[], kind: Plan['kind'] = 'associate'): Plan => ({
  kind,
  ref,
  steps,
  warnings: [],
  changes: true,
  conflicts: false,
});

const all = [
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationUpdatePermission,
  workloadRestartPermission,
].map(({ name }) => name);

const there = step('association', 'keep');
const policy = step('policy', 'create', 'managed-policy');

/** How the plan is refused to those who have all permissions but one, for each of these. */
function refusals(plan: Plan, needed: string[]) {
  return [...new Set(needed)].map(name => {
    try {
      assertGranted(plan, new Set(all.filter(one => one !== name)));
      return `not refused without ${name}`;
    } catch (error) {
      return (error as Error).message;
    }
  });
}

const refused = (needed: string[]) =>
  [...new Set(needed)].map(name =>
    expect.stringContaining(
      `which needs the permission ${name} on prod/payments/api`,
    ),
  );

describe('what a plan needs', () => {
  it.each<[string, PlanStep[], string[]]>([
    ['nothing to keep and to refuse', [there, step('role', 'conflict')], []],
    [
      'the right to install an agent that it installs',
      [step('agent', 'create')],
      [agentInstallPermission.name],
    ],
    ['nothing for an agent that it keeps', [step('agent', 'keep')], []],
    [
      'the right to restart what it restarts',
      [step('workload', 'update')],
      [workloadRestartPermission.name],
    ],
    [
      'the right to update an association that it changes',
      [step('association', 'update')],
      [associationUpdatePermission.name],
    ],
    [
      'the right to create an association and its new role',
      [step('association', 'create'), step('role', 'create'), policy],
      [associationCreatePermission.name],
    ],
    [
      'the right to update an identity whose role gets a policy',
      [there, policy],
      [associationUpdatePermission.name],
    ],
    [
      'the right to update an identity that changes where its role gets an inline policy',
      [
        step('association', 'update'),
        step('policy', 'create', 'inline-policy'),
      ],
      [associationUpdatePermission.name],
    ],
    [
      'the right to update an identity whose role trusts one more',
      [there, step('trust', 'create', 'trust-statement')],
      [associationUpdatePermission.name],
    ],
    [
      'the right to create where the policy is on a role for a new association',
      [step('association', 'create'), step('role', 'keep'), policy],
      [associationCreatePermission.name, associationCreatePermission.name],
    ],
    [
      'the right to create where only a new role gets the policy',
      [there, step('role', 'create'), policy],
      [associationCreatePermission.name],
    ],
    [
      'the right to create a service account for an identity that exists',
      [there, step('service-account', 'create')],
      [associationCreatePermission.name],
    ],
    [
      'no more than that where something else of that kind is kept',
      [there, step('role', 'keep'), policy],
      [associationUpdatePermission.name],
    ],
    [
      'the right to create where another step is kept, not the association',
      [step('role', 'keep'), policy],
      [associationCreatePermission.name],
    ],
  ])('%s', (_, steps, needed) => {
    const plan = planOf(steps);
    expect(() => assertGranted(plan, new Set(needed))).not.toThrow();
    expect(refusals(plan, needed)).toEqual(refused(needed));
  });

  it('the right to remove whatever a teardown changes', () => {
    const steps = [
      step('role', 'delete'),
      step('trust', 'update', 'trust-statement'),
    ];
    const plan = planOf(steps, 'teardown');
    const needed = [associationDeletePermission.name];
    expect(() => assertGranted(plan, new Set(needed))).not.toThrow();
    expect(refusals(plan, needed)).toEqual(refused(needed));
  });
});
