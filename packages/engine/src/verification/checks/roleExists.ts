import { consoleLinks } from '../../identity/consoleLinks';
import { valueOf } from '../facts/fact';
import { ALL_LEVELS, defineCheck, fail, note, pass, skip } from '../check';

export const roleExists = defineCheck({
  id: 'role.exists',
  category: 'role',
  title: 'The role exists',
  question: 'Does the IAM role that the association names still exist?',
  neededBy: ALL_LEVELS,
  needs: ['role'],
  uses: ['association', 'expected'],
  evaluate({ role, association, expected }, { cluster }) {
    const linked = valueOf(association);
    const arn =
      role?.arn ??
      linked?.roleArn ??
      (expected.known
        ? expected.value.settings.roleArn ?? expected.value.effectiveRoleArn
        : undefined);
    if (!arn) {
      return skip('Not checked: nothing names a role.', {
        becauseOf: 'association.exists',
      });
    }
    const resource = {
      kind: 'role',
      name: arn,
      consoleUrl: consoleLinks(cluster).role(arn),
    };
    if (!role) {
      return fail(`The role ${arn} does not exist.`, {
        expected: arn,
        observed: 'NoSuchEntity',
        resource,
        fix: {
          cause: linked
            ? 'The role was deleted after the association was made, which EKS does not prevent.'
            : 'No role of this name exists.',
          actions: [
            'Run "Give a component an AWS identity" again: it creates a role and sets it on the association.',
            'Then restart the pods that use it.',
          ],
        },
      });
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
