import { roleResource } from '../../identity/consoleLinks';
import { valueOf } from '../framework/fact';
import { otherPathFix, roleGoneFix } from './gone';
import {
  ALL_LEVELS,
  defineCheck,
  fail,
  note,
  pass,
  skip,
} from '../framework/check';

export const roleExists = defineCheck({
  id: 'role.exists',
  category: 'role',
  title: 'The role exists',
  question: 'Does the IAM role that the association names still exist?',
  neededBy: ALL_LEVELS,
  needs: ['role'],
  uses: ['association', 'expected', 'namesake'],
  evaluate({ role, association, expected, namesake }, context) {
    const { cluster } = context;
    const linked = valueOf(association);
    const arn =
      role?.arn ??
      linked?.roleArn ??
      (expected.known
        ? expected.value.settings.roleArn ?? expected.value.effectiveRoleArn
        : undefined);
    if (!arn) {
      return skip('Not checked: nothing names a role.', {
        explainedBy: { check: 'association.exists' },
      });
    }
    const resource = roleResource(cluster, arn);
    if (!role) {
      const other = valueOf(namesake);
      return fail(
        [
          `The role ${arn} does not exist.`,
          ...(other
            ? [`The account has a role of that name at another path: ${other}.`]
            : []),
        ],
        {
          expected: arn,
          observed: other ?? 'NoSuchEntity',
          resource,
          fix:
            linked && other
              ? otherPathFix(other, linked, context)
              : roleGoneFix(arn, linked ?? undefined, context),
        },
      );
    }
    if (
      role.createdAt !== undefined &&
      linked?.createdAt !== undefined &&
      linked.modifiedAt !== undefined &&
      role.createdAt > Math.max(linked.createdAt, linked.modifiedAt)
    ) {
      return note(
        `The role ${role.name} is younger than the association: it was deleted and recreated with the same name.`,
        { resource },
      );
    }
    return pass(`The role ${role.name} exists.`, { resource });
  },
});
