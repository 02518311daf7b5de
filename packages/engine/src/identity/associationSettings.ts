import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Association, AssociationSetting } from '../aws/association';
import { samePolicy } from '../iam/policyCompare';

/** The settings of one association. @public */
export type AssociationSettings = Pick<Association, AssociationSetting>;

/** Requested settings: `null` clears one, and one that is left out stays unchanged. */
export type AskedSettings = {
  [S in AssociationSetting]?: NonNullable<AssociationSettings[S]> | null;
};

interface SettingRule<S extends AssociationSetting> {
  /** Name in sentences. */
  name: string;
  /** The requested value; the engine chooses the role unless the input names one. */
  asked(input: AssociateInput, roleArn?: string): AskedSettings[S];
  /** Whether two values mean the same; default: equality. */
  same?(
    a: NonNullable<AssociationSettings[S]>,
    b: NonNullable<AssociationSettings[S]>,
  ): boolean;
  /** The value by which EKS takes it away; `null` of one that an association always has. */
  clearedBy: AssociationSettings[S] | null;
  /** Why a step changes it. */
  reason(wanted: AssociationSettings[S]): string;
}

const cleared = (text: string | undefined) => (text === '' ? null : text);

/** What each setting is, in the order in which sentences list them. */
export const ASSOCIATION_SETTINGS: {
  readonly [S in AssociationSetting]: SettingRule<S>;
} = {
  roleArn: {
    name: 'role',
    asked: (_input, roleArn) => roleArn,
    clearedBy: null,
    reason: () => 'its role is replaced',
  },
  targetRoleArn: {
    name: 'target role',
    asked: ({ targetRoleArn }) => cleared(targetRoleArn),
    clearedBy: '',
    reason: wanted =>
      wanted ? 'the target role differs' : 'the target role is cleared',
  },
  disableSessionTags: {
    name: 'disableSessionTags',
    asked: ({ disableSessionTags }) => disableSessionTags,
    clearedBy: null,
    reason: off => `session tags are turned ${off ? 'off' : 'on'}`,
  },
  policy: {
    name: 'session policy',
    asked: ({ sessionPolicy }) =>
      typeof sessionPolicy === 'object'
        ? JSON.stringify(sessionPolicy)
        : cleared(sessionPolicy),
    same: samePolicy,
    clearedBy: '',
    reason: wanted =>
      wanted ? 'the session policy differs' : 'the session policy is cleared',
  },
};

/** Names of the settings, in that order. */
export const SETTING_NAMES = Object.keys(
  ASSOCIATION_SETTINGS,
) as AssociationSetting[];

/** Settings of an existing association. @public */
export function settingsOf(
  association: AssociationSettings,
): AssociationSettings {
  return Object.fromEntries(
    SETTING_NAMES.map(name => [name, association[name]]),
  ) as unknown as AssociationSettings;
}

/** Settings that an associate request asks for. */
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

/** Settings after a request: what it leaves out keeps its value, or gets AWS's default for a new association. */
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

/** What EKS is asked for to make a setting the wanted one. */
export function changeTo<S extends AssociationSetting>(
  name: S,
  wanted: AssociationSettings[S] | undefined,
): AssociationSettings[S] | null {
  const { clearedBy } = ASSOCIATION_SETTINGS[name] as SettingRule<S>;
  return wanted ?? clearedBy;
}

/** The settings that changes clear. */
export function clearedSettings(
  changes: Partial<AssociationSettings>,
): AssociationSetting[] {
  return SETTING_NAMES.filter(
    name => changes[name] === ASSOCIATION_SETTINGS[name].clearedBy,
  );
}

/** Why the settings are changed. */
export function reasonsFor(changes: Partial<AssociationSettings>): string[] {
  const reason = <S extends AssociationSetting>(name: S) =>
    (ASSOCIATION_SETTINGS[name] as SettingRule<S>).reason(
      changes[name] as AssociationSettings[S],
    );
  return SETTING_NAMES.filter(name => changes[name] !== undefined).map(reason);
}

/** Whether a setting of an association matches the request; true where the request leaves it out. */
export function isAsAsked<S extends AssociationSetting>(
  name: S,
  live: Partial<AssociationSettings>,
  asked: AskedSettings,
): boolean {
  const wanted = asked[name];
  const there = live[name];
  if (wanted === undefined) return true;
  if (wanted === null) return there === undefined;
  if (there === undefined) return false;
  const { same = Object.is } = ASSOCIATION_SETTINGS[name] as SettingRule<S>;
  return same(
    there as NonNullable<AssociationSettings[S]>,
    wanted as NonNullable<AssociationSettings[S]>,
  );
}
