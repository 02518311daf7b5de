import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../aws/association';
import { samePolicy } from '../iam/policyCompare';

/**
 * Everything that can be set on an association, tags aside. What is wanted, what drifted, what a proof stands on and
 * what a verification compares all go through this list: with a new member none of them compiles until it says what
 * that means there.
 */
export type AssociationSetting =
  | 'roleArn'
  | 'targetRoleArn'
  | 'disableSessionTags'
  | 'policy';

/** The settings of one association. */
export type AssociationSettings = Pick<Association, AssociationSetting>;

/** Settings as they were asked for: `null` clears one, and one that is left out stays as it is. */
export type AskedSettings = {
  [S in AssociationSetting]?: NonNullable<AssociationSettings[S]> | null;
};

interface SettingRule<S extends AssociationSetting> {
  /** In sentences. */
  name: string;
  /** What an associate asked for; the role is its own choice unless the input names one. */
  asked(input: AssociateInput, roleArn?: string): AskedSettings[S];
  /** Whether two values mean the same; default: they are equal. */
  same?(
    a: NonNullable<AssociationSettings[S]>,
    b: NonNullable<AssociationSettings[S]>,
  ): boolean;
}

const cleared = (text: string | undefined) => (text === '' ? null : text);

/** What each setting is. */
export const ASSOCIATION_SETTINGS: {
  readonly [S in AssociationSetting]: SettingRule<S>;
} = {
  roleArn: { name: 'role', asked: (_input, roleArn) => roleArn },
  targetRoleArn: {
    name: 'target role',
    asked: ({ targetRoleArn }) => cleared(targetRoleArn),
  },
  disableSessionTags: {
    name: 'disableSessionTags',
    asked: ({ disableSessionTags }) => disableSessionTags,
  },
  policy: {
    name: 'session policy',
    asked: ({ sessionPolicy }) =>
      typeof sessionPolicy === 'object'
        ? JSON.stringify(sessionPolicy)
        : cleared(sessionPolicy),
    same: samePolicy,
  },
};

/** Their names, in the order in which sentences list them. */
export const SETTING_NAMES = Object.keys(
  ASSOCIATION_SETTINGS,
) as AssociationSetting[];

/** The settings of an association that is there. */
export function settingsOf(
  association: AssociationSettings,
): AssociationSettings {
  return Object.fromEntries(
    SETTING_NAMES.map(name => [name, association[name]]),
  ) as unknown as AssociationSettings;
}

/** What an associate asked for. */
export function askedSettings(
  input: AssociateInput,
  roleArn?: string,
): AskedSettings {
  return Object.fromEntries(
    SETTING_NAMES.map(name => [
      name,
      ASSOCIATION_SETTINGS[name].asked(input, roleArn),
    ]).filter(([, value]) => value !== undefined),
  );
}

/** Settings after a request: what it leaves out stays as it is, or as AWS sets it where there is nothing yet. */
export function settingsAfter(
  current: AssociationSettings | undefined,
  asked: AskedSettings,
): Partial<AssociationSettings> &
  Pick<AssociationSettings, 'disableSessionTags'> {
  const changed = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [name, value ?? undefined]),
  );
  return {
    disableSessionTags: false,
    ...(current && settingsOf(current)),
    ...changed,
  };
}

/** The settings in which an association differs from what is wanted. */
export function differingSettings(
  live: AssociationSettings,
  wanted: AssociationSettings,
): AssociationSetting[] {
  const asked: AskedSettings = Object.fromEntries(
    SETTING_NAMES.map(name => [name, wanted[name] ?? null]),
  );
  return SETTING_NAMES.filter(name => !isAsAsked(name, live, asked));
}

/** Whether a setting of an association is as it was asked for; true where nothing was asked. */
export function isAsAsked<S extends AssociationSetting>(
  name: S,
  live: Partial<AssociationSettings>,
  asked: AskedSettings,
): boolean {
  const wanted = asked[name];
  const there = live[name];
  if (wanted === undefined) return true;
  if (wanted === null || there === undefined) {
    return wanted === null && there === undefined;
  }
  const { same = Object.is } = ASSOCIATION_SETTINGS[name] as SettingRule<S>;
  return same(
    there as NonNullable<AssociationSettings[S]>,
    wanted as NonNullable<AssociationSettings[S]>,
  );
}
