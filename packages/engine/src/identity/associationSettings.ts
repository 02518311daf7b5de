import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../aws/association';
import { samePolicy } from '../iam/policyCompare';

/**
 * Every setting of an association except its tags. Desired state, drift, fingerprint and verification all go through
 * this list, so that none of them compiles until it handles a new member.
 */
export type AssociationSetting =
  | 'roleArn'
  | 'targetRoleArn'
  | 'disableSessionTags'
  | 'policy';

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

/** Names of the settings, in the order in which sentences list them. */
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

/** Whether a setting of an association matches the request; true where the request leaves it out. */
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
