import { defineCheck, skip } from '../framework/check';
import { valueOf } from '../framework/fact';
import { secondHopOutcome } from './secondHop';

export const roleTarget = defineCheck({
  id: 'role.target',
  category: 'role',
  title: 'The role can assume its target role',
  question:
    'May the role assume the target role, and does the target role trust it?',
  neededBy: [],
  dependsOn: ['role.exists'],
  needs: ['association', 'targetRole'],
  uses: ['role', 'rolePolicies', 'pods'],
  evaluate(
    { association, targetRole: target, role, rolePolicies, pods },
    context,
  ) {
    if (!association || !target) {
      return skip('Not applicable: the association has no target role.');
    }
    const inline = valueOf(rolePolicies)?.inline ?? [];
    return secondHopOutcome(
      { association, role: valueOf(role) ?? undefined, target, inline, pods },
      context,
    );
  },
});
