/** SDKs whose order of credentials was measured. The AWS CLI behaves as Python. */
const SDKS = [
  'Python',
  'JavaScript v3',
  'JavaScript v2',
  'Go v2',
  'Go v1',
  'Java v2',
  'Java v1',
  'Rust',
] as const;
type Sdk = (typeof SDKS)[number];

const allBut = (...spared: Sdk[]): readonly Sdk[] =>
  SDKS.filter(sdk => !spared.includes(sdk));

/** What SDKs do with something that a pod carries beside the variables of Pod Identity. */
interface SdkRule {
  affects: readonly Sdk[];
  /** They use it instead of Pod Identity, or get no credentials at all. */
  then: 'prefer' | 'fail';
  /** What decides and is out of sight. */
  onlyIf?: string;
}

/**
 * Measured with boto3 1.44.8, aws-cli 2.36.7, JavaScript 3.1173 and 2.1693, Go 1.48 (v2) and 1.55 (v1), Java 2.57.8 and
 * 1.12.797, Rust aws-config 1.13, each against an agent, an IMDS and an STS that told whose keys signed the call. A config
 * file with nothing but a region, an empty key and AWS_CONTAINER_AUTHORIZATION_TOKEN changed nothing for any of them.
 */
export const SDK_RULES = {
  keys: { affects: SDKS, then: 'prefer' },
  'key-without-secret': { affects: ['Python'], then: 'fail' },
  irsa: { affects: allBut('JavaScript v2', 'Java v1'), then: 'prefer' },
  'role-without-token': { affects: ['Java v1'], then: 'fail' },
  'home-files': {
    affects: allBut('Java v1'),
    then: 'prefer',
    onlyIf: 'it holds keys',
  },
  'credentials-file': {
    affects: allBut('JavaScript v2', 'Java v1'),
    then: 'prefer',
    onlyIf: 'the file holds keys',
  },
  'config-file': {
    affects: allBut('JavaScript v2', 'Go v1', 'Java v1'),
    then: 'prefer',
    onlyIf: 'the file names a credential_process',
  },
  profile: {
    affects: ['Python', 'Go v2'],
    then: 'fail',
    onlyIf: 'there is no such profile',
  },
  'default-profile': {
    affects: ['Python'],
    then: 'fail',
    onlyIf: 'there is no such profile',
  },
  'ecs-address': { affects: allBut('Go v1'), then: 'fail' },
  'own-address': { affects: SDKS, then: 'prefer' },
  proxy: { affects: ['Go v2', 'Go v1', 'Rust'], then: 'fail' },
} as const satisfies Record<string, SdkRule>;

/** Something that a pod carries, as `SDK_RULES` names it. */
export type Carried = keyof typeof SDK_RULES;

/** SDKs that silently take the role of the node when the agent fails and IMDS is in reach; the AWS CLI of a probe never does. */
const FALL_BACK_TO_NODE: readonly Sdk[] = ['JavaScript v2', 'Java v2'];

function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `every SDK`, `every SDK but Java v1`, `the SDKs for Python and Go v2`. */
export function sdksInWords(sdks: readonly Sdk[]): {
  words: string;
  plural: boolean;
} {
  const spared = SDKS.filter(sdk => !sdks.includes(sdk));
  if (spared.length === 0) return { words: 'every SDK', plural: false };
  if (spared.length < sdks.length) {
    return { words: `every SDK but ${listed(spared)}`, plural: false };
  }
  const plural = sdks.length > 1;
  return {
    words: `the ${plural ? 'SDKs' : 'SDK'} for ${listed(sdks)}`,
    plural,
  };
}

/** The clause that follows what a pod carries: `, which every SDK uses before Pod Identity`. */
export function consequenceOf(carried: Carried): string {
  const { affects, then, onlyIf }: SdkRule = SDK_RULES[carried];
  const { words, plural } = sdksInWords(affects);
  const verb = (one: string) => (plural ? one : `${one}s`);
  const clause =
    then === 'prefer'
      ? `, which ${words} ${verb('use')} before Pod Identity`
      : `, with which ${words} ${verb('get')} no credentials`;
  return `${clause}${onlyIf ? ` if ${onlyIf}` : ''}`;
}

/** `the SDKs for JavaScript v2 and Java v2`: who becomes the node, unnoticed, when the agent fails. */
export const FALLING_BACK = sdksInWords(FALL_BACK_TO_NODE).words;
