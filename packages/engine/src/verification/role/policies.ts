import { nameOfArn } from '../../aws/arn';
import { ALL_LEVELS, defineCheck, note, pass } from '../framework/check';
import { valueOf } from '../framework/fact';

/** IAM attaches at most 20 managed policies to a role. */
const MAX_NAMES = 20;

export const rolePolicies = defineCheck({
  id: 'role.policies',
  category: 'role',
  title: 'The role has permissions',
  question: 'Is any permissions policy attached to the role?',
  neededBy: ALL_LEVELS,
  dependsOn: ['role.exists'],
  needs: ['role', 'rolePolicies'],
  uses: ['roleLimits'],
  evaluate({ role, rolePolicies: policies, roleLimits }) {
    const count = policies.attached.length + policies.inline.length;
    const names = [...policies.attached.map(nameOfArn), ...policies.inline];
    const counts = {
      what: 'policies',
      all: count,
      ...(count > 0 ? { names: names.slice(0, MAX_NAMES) } : {}),
    } as const;
    const name = role?.name ?? 'the role';
    if (count === 0) {
      return note(
        `No policy is attached to ${name}: it can do only what the policies of buckets, keys or queues allow it.`,
        { counts },
      );
    }
    const shown = names.slice(0, 3).join(', ');
    const nothing = valueOf(roleLimits)?.allowsNothing;
    const unread = roleLimits.known
      ? ''
      : '; whether they allow anything was not looked at';
    return (nothing ? note : pass)(
      `${name} has ${
        count === 1 ? 'one policy' : `${count} policies`
      }: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}${
        nothing ? '; none of them allows anything' : unread
      }.`,
      {
        counts,
        ...(nothing ? { counted: true } : {}),
        observed: `${count} ${count === 1 ? 'policy' : 'policies'}${
          role?.permissionsBoundaryArn
            ? `, limited by the permissions boundary ${role.permissionsBoundaryArn}`
            : ''
        }`,
      },
    );
  },
});
