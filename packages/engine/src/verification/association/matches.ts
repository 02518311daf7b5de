import type { Association, AssociationSetting } from '../../aws/association';
import type { Command } from '../../text/bash';
import { associationResource } from '../../identity/consoleLinks';
import {
  type AskedSettings,
  type AssociationSettings,
  isAsAsked,
  SETTING_NAMES,
} from '../../identity/associationSettings';
import {
  ALL_LEVELS,
  type CheckContext,
  defineCheck,
  fail,
  note,
  pass,
  warn,
} from '../framework/check';
import type { ExpectedFact } from '../framework/facts/association';
import { changeAssociationCommand } from '../role/commands';
import { associationOwner } from '../role/owner';
import { allowsNothing } from '../role/roleLimits';

interface Difference {
  what: string;
  expected: string;
  observed: string;
  status: 'fail' | 'warn';
}

const NOTHING_ALLOWED =
  'The session policy of the association has no Allow: AWS denies the pods what no policy of a resource gives the session itself';

const SOURCES = {
  input: 'the verification was asked for',
  'last-associate': 'the last associate set',
  association: 'the association itself names',
};

/** How a setting that differs from the request is shown, and its severity. */
const MISMATCHES: {
  readonly [S in AssociationSetting]: (
    asked: AskedSettings[S],
    live: AssociationSettings[S],
  ) => Difference;
} = {
  roleArn: (asked, live) => ({
    what: 'role',
    expected: asked ?? 'none',
    observed: live,
    status: 'fail',
  }),
  targetRoleArn: (asked, live) => ({
    what: 'target role',
    expected: asked ?? 'none',
    observed: live ?? 'none',
    status: 'fail',
  }),
  disableSessionTags: (asked, live) => ({
    what: 'session tags',
    expected: asked ? 'off' : 'on',
    observed: live ? 'off' : 'on',
    status: 'warn',
  }),
  policy: (asked, live) => ({
    what: 'session policy',
    expected: asked ? 'the one that was asked for' : 'none',
    observed: live ? 'another one' : 'none',
    status: 'warn',
  }),
};

/** If the pod gets another role than expected, role and target role are reported as one difference. */
function differencesOf(
  association: AssociationSettings,
  { effectiveRoleArn, source, settings }: ExpectedFact,
): Difference[] {
  const effective = association.targetRoleArn ?? association.roleArn;
  const otherRole =
    effectiveRoleArn !== undefined &&
    source !== 'association' &&
    effectiveRoleArn !== effective;
  const { roleArn, targetRoleArn, ...session } = settings;
  const asked = otherRole ? session : settings;
  const found = SETTING_NAMES.filter(
    name => !isAsAsked(name, association, asked),
  ).map(name => mismatch(name, association, asked));
  if (!otherRole) return found;
  const what = association.targetRoleArn ? 'target role' : 'role';
  return [
    { what, expected: effectiveRoleArn, observed: effective, status: 'fail' },
    ...found,
  ];
}

function mismatch<S extends AssociationSetting>(
  name: S,
  live: AssociationSettings,
  asked: AskedSettings,
): Difference {
  return MISMATCHES[name](asked[name], live[name]);
}

/** What makes the association as expected; undefined where no command can. */
function commandFor(
  association: Association,
  { effectiveRoleArn, settings }: ExpectedFact,
  { cluster }: CheckContext,
): Command | undefined {
  const { roleArn, targetRoleArn: live } = association;
  // EKS cannot clear a target role, and a session policy is too long to be shown.
  const stays =
    (live && settings.targetRoleArn === null) ||
    !isAsAsked('policy', association, settings);
  if (stays) return undefined;
  const target =
    settings.targetRoleArn ?? (live ? effectiveRoleArn : undefined);
  const role = settings.roleArn ?? (target ? undefined : effectiveRoleArn);
  return changeAssociationCommand(
    association,
    {
      roleArn: role && role !== roleArn ? role : undefined,
      targetRoleArn: target && target !== live ? target : undefined,
      disableSessionTags: settings.disableSessionTags ?? undefined,
    },
    cluster,
  );
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
  evaluate({ association, expected }, context) {
    const { cluster } = context;
    // A missing association has failed association.exists.
    if (!association) throw new Error('There is no association to compare');
    const resource = associationResource(cluster, association.id);
    const source = expected.source && SOURCES[expected.source];
    const differences = differencesOf(association, expected);
    if (differences.length) {
      const owner = associationOwner(association, context);
      const command = commandFor(association, expected, context);
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
          cause: owner.portal
            ? `The association was changed since, or the expectation is out of date (it is what ${source}).`
            : `The association belongs to ${owner.name}. It was changed, or the expectation is out of date (it is what ${source}).`,
          ...(owner.portal && expected.source === 'last-associate'
            ? { rerun: 'as-before' as const }
            : {}),
          actions: [
            `${owner.where}${
              owner.portal
                ? '; if its role is to change, choose in the plan to replace it'
                : ''
            }.`,
            ...(command && !owner.portal
              ? [
                  'Or change it with this command, if the expectation is right.',
                  ...owner.undone,
                ]
              : []),
            'Then restart the pods, which keep their credentials for up to six hours.',
          ],
          commands: command && !owner.portal ? [command] : [],
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
    const said =
      expected.source === 'association' || !expected.source
        ? `The association names ${effective}; nothing else was expected.`
        : `The association names ${effective}, as ${source}.`;
    return association.policy && allowsNothing(association.policy)
      ? note([`${NOTHING_ALLOWED}.`, said], { resource, counted: true })
      : pass(said, { resource });
  },
});
