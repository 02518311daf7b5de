import { consoleLinks } from '../../identity/consoleLinks';
import { samePolicy } from '../../iam/policyCompare';
import { ALL_LEVELS, defineCheck, fail, note, pass, warn } from '../check';
import type { Association } from '../../aws/association';
import type { ExpectedFact } from '../facts/types';

interface Difference {
  what: string;
  expected: string;
  observed: string;
  status: 'fail' | 'warn';
}

const SOURCES = {
  input: 'the verification was asked for',
  'last-associate': 'the portal last associated',
  association: 'the association itself names',
};

function sameSessionPolicy(wanted: unknown, there: string | undefined) {
  if (!wanted || !there) return !wanted && !there;
  return samePolicy(wanted, there);
}

function sessionDifferences(
  association: Association,
  expected: ExpectedFact,
): Difference[] {
  const found: Difference[] = [];
  if (
    expected.disableSessionTags !== undefined &&
    expected.disableSessionTags !== association.disableSessionTags
  ) {
    found.push({
      what: 'session tags',
      expected: expected.disableSessionTags ? 'off' : 'on',
      observed: association.disableSessionTags ? 'off' : 'on',
      status: 'warn',
    });
  }
  if (
    expected.sessionPolicy !== undefined &&
    !sameSessionPolicy(expected.sessionPolicy, association.policy)
  ) {
    found.push({
      what: 'session policy',
      expected: expected.sessionPolicy ? 'the one that was asked for' : 'none',
      observed: association.policy ? 'another one' : 'none',
      status: 'warn',
    });
  }
  return found;
}

function roleDifferences(
  association: Association,
  expected: ExpectedFact,
): Difference[] {
  const effective = association.targetRoleArn ?? association.roleArn;
  if (
    expected.effectiveRoleArn &&
    expected.source !== 'association' &&
    expected.effectiveRoleArn !== effective
  ) {
    return [
      {
        what: association.targetRoleArn ? 'target role' : 'role',
        expected: expected.effectiveRoleArn,
        observed: effective,
        status: 'fail',
      },
    ];
  }
  const found: Difference[] = [];
  if (expected.roleArn && expected.roleArn !== association.roleArn) {
    found.push({
      what: 'role',
      expected: expected.roleArn,
      observed: association.roleArn,
      status: 'fail',
    });
  }
  if (
    expected.targetRoleArn !== undefined &&
    (expected.targetRoleArn ?? undefined) !== association.targetRoleArn
  ) {
    found.push({
      what: 'target role',
      expected: expected.targetRoleArn ?? 'none',
      observed: association.targetRoleArn ?? 'none',
      status: 'fail',
    });
  }
  return found;
}

export const associationMatches = defineCheck({
  id: 'association.matches',
  category: 'association',
  title: 'The association is as expected',
  question:
    'Does the association name the expected role, target role and session settings?',
  neededBy: ALL_LEVELS,
  dependsOn: ['association.exists'],
  needs: ['association', 'expected'],
  evaluate({ association, expected }, { cluster }) {
    // A missing association has failed association.exists.
    if (!association) throw new Error('There is no association to compare');
    const resource = {
      kind: 'association',
      name: association.id,
      consoleUrl: consoleLinks(cluster).association,
    };
    const source = expected.source ? SOURCES[expected.source] : '';
    const differences = [
      ...roleDifferences(association, expected),
      ...sessionDifferences(association, expected),
    ];
    if (differences.length) {
      const hard = differences.some(one => one.status === 'fail');
      const list = differences
        .map(one => `${one.what} ${one.observed} instead of ${one.expected}`)
        .join('; ');
      return (hard ? fail : warn)(`The association has ${list}.`, {
        resource,
        expected: differences
          .map(one => `${one.what}: ${one.expected}`)
          .join('; '),
        observed: differences
          .map(one => `${one.what}: ${one.observed}`)
          .join('; '),
        fix: {
          cause: association.ownerArn
            ? `The association belongs to ${association.ownerArn}, which sets it.`
            : `Somebody changed the association since, or the expectation is out of date (it is what ${source}).`,
          actions: [
            association.ownerArn
              ? 'Change it through the EKS add-on that owns it.'
              : 'Run "Give a component an AWS identity" again, with "replace the role" if the role is to change.',
            'Then restart the pods, which keep their credentials for up to six hours.',
          ],
        },
      });
    }
    if (association.ownerArn) {
      return note(
        `The association belongs to the EKS add-on ${association.ownerArn}; change it through that add-on.`,
        { resource },
      );
    }
    const effective = association.targetRoleArn ?? association.roleArn;
    return pass(
      expected.source === 'association' || !expected.source
        ? `The association names ${effective}; nothing else was expected.`
        : `The association names ${effective}, as ${source}.`,
      { resource },
    );
  },
});
