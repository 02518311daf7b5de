import { nameOfArn } from '../../aws/arn';
import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { RoleInAccount, RolesOfAccount } from '../../aws/account';
import {
  type AskedSettings,
  askedSettings,
  type AssociationSettings,
  isAsAsked,
  SETTING_NAMES,
} from '../../identity/associationSettings';
import type { AssociationSetting } from '../../aws/association';
import { inlinePolicyName } from '../../identity/names';

/** Sentence about a setting that differs from the last associate. */
const SENTENCES: {
  readonly [S in AssociationSetting]: (
    asked: AskedSettings[S],
    live: AssociationSettings[S] | undefined,
  ) => string;
} = {
  roleArn: (asked, live) =>
    `The role is ${live}; the last associate set ${asked}`,
  targetRoleArn: (asked, live) =>
    `The target role is ${live ?? 'none'}; the last associate set ${
      asked ?? 'none'
    }`,
  disableSessionTags: (asked, live) =>
    `Session tags are ${live ? 'off' : 'on'}; the last associate turned them ${
      asked ? 'off' : 'on'
    }`,
  policy: (asked, live) =>
    asked === null
      ? 'There is a session policy; the last associate set none'
      : `The session policy is ${
          live ? 'another one' : 'gone'
        } since the last associate`,
};

/**
 * Sentences on where the live state differs from the last associate request; undefined if nowhere. A setting that the
 * request left out cannot drift.
 *
 * @param live - the settings that were seen; those that are left out are not compared
 * @public
 */
export function driftOf(
  live: Partial<AssociationSettings>,
  last: { input: AssociateInput; roleArn?: string },
  roles: RolesOfAccount,
): string | undefined {
  const asked = askedSettings(last.input, last.roleArn || undefined);
  const found = SETTING_NAMES.filter(
    name => name in live && !isAsAsked(name, live, asked),
  ).map(name => sentence(name, live, asked));
  const role = roles?.get(live.roleArn ?? '');
  // Another role has other policies, so the role difference is enough.
  if (role && role.role.arn === last.roleArn) {
    found.push(...policiesThatAreGone(role, last.input));
  }
  return found.length > 0 ? found.join('. ') : undefined;
}

function sentence<S extends AssociationSetting>(
  name: S,
  live: Partial<AssociationSettings>,
  asked: AskedSettings,
): string {
  return SENTENCES[name](asked[name], live[name]);
}

/** Policies that were added by hand do not count as drift. */
function policiesThatAreGone(
  { policies }: RoleInAccount,
  input: AssociateInput,
): string[] {
  const gone = [
    ...(input.managedPolicyArns ?? [])
      .filter(arn => !policies.attached.includes(arn))
      .map(nameOfArn),
    ...Object.keys(input.inlinePolicies ?? {}).filter(
      name => !policies.inline.includes(inlinePolicyName(name)),
    ),
  ];
  return gone.length > 0
    ? [
        `The role no longer has ${gone.join(
          ', ',
        )}, which the last associate gave it`,
      ]
    : [];
}
