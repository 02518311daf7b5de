/**
 * A setting that sentences name, as app-config has it: what is a cluster's, as in its entry.
 *
 * @public
 */
export type SettingKey =
  | 'allow.installAgent'
  | 'eksPodIdentity.evidence.cloudTrail'
  | 'eksPodIdentity.pacing'
  | 'eksPodIdentity.timings.requestTimeout'
  | 'guardrails.managedPolicies.allow'
  | 'kubernetes.access: none'
  | 'probe.checkImds'
  | 'probe.image'
  | 'probe.imagePullSecrets'
  | 'probe.resources'
  | 'probe.tolerations'
  | 'roles';

/**
 * Who speaks in the engine's sentences, and what its user does to have it act. Data, so that a bundle keeps the voice
 * of the program that wrote it.
 *
 * @public
 */
export interface Voice {
  /** Subject of a sentence: "the portal". */
  me: string;
  /** "the portal's" */
  my: string;
  /** As an owner that ownership tags name: "this portal". */
  us: string;
  /** Another owner of that kind, before its id: "another portal". */
  another: string;
  /** "the portal's host" */
  host: string;
  /** Where a user sets what `eksPodIdentity` says: "app-config". */
  settings: string;
  /** Where a user names the credentials of an account. */
  credentials: string;
  /** What to do for an account without credentials. */
  noCredentials: string;
  /** The same where nothing names a way to the account: no credentials, and no role. */
  noWay?: string;
  /** What gives a service account an identity. */
  associate: string;
  /** What writes an identity again, as it is or with another request. */
  again: string;
  /** By setting: the flag that its user has instead, who has no app-config. None where they have one. */
  flags?: Readonly<Partial<Record<SettingKey, string>>>;
}

/** The voice where none is set: that of a Backstage portal. */
export const PORTAL: Voice = {
  me: 'the portal',
  my: "the portal's",
  us: 'this portal',
  another: 'another portal',
  host: "the portal's host",
  settings: 'app-config',
  credentials: 'the "aws" section of app-config',
  noCredentials:
    'Add the account to aws.accounts in app-config with a roleName or keys, or run the portal under an identity of that account.',
  noWay:
    'Add the account to aws.accounts in app-config with a roleName or keys, name roles of the account in roles.read, roles.verify and roles.write of the cluster, or run the portal under an identity of that account.',
  associate: 'run "Give a component an AWS identity"',
  again: 'run "Give a component an AWS identity" again',
};

/** The voice of a program that its user runs under their own credentials. @public */
export const PROGRAM: Voice = {
  me: 'this program',
  my: 'your',
  us: 'eks-pod-identity',
  another: 'another installation',
  host: 'this machine',
  settings: 'the file of --config',
  credentials: 'your AWS profile',
  noCredentials: 'Use credentials of that account.',
  associate: 'create an association',
  again: 'set the identity up again',
  flags: {
    'eksPodIdentity.evidence.cloudTrail': '--cloudtrail',
    'eksPodIdentity.timings.requestTimeout': '--request-timeout',
    'kubernetes.access: none': '--kubernetes none',
    'probe.image': '--probe-image',
    roles: '--assume-role',
  },
};

/** Of a cluster: its sentences have the voice of the engine that it belongs to. */
export const voiceOf = (cluster: { voice?: Voice } | undefined): Voice =>
  cluster?.voice ?? PORTAL;

/** A setting as the user of the voice has it, to be named in a sentence. */
export const settingOf = (
  { flags, settings }: Voice,
  key: SettingKey,
): string => (flags ? flags[key] ?? `${key} in ${settings}` : key);

/** The same of a setting of a cluster, in a sentence that does not name the cluster. */
export const clusterSettingOf = (voice: Voice, key: SettingKey): string =>
  `${voice.flags ? '' : "the cluster's setting "}${settingOf(voice, key)}`;
