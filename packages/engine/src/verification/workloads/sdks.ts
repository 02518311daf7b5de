import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { programOf, type Sdk, SDKS } from '../../evidence/sdks';
import { listed } from '../../text/listed';
import { type Fact, valueOf } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import type { Carried } from '../framework/facts/workloads';

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
 * file with nothing but a region, an empty key and AWS_CONTAINER_AUTHORIZATION_TOKEN changed nothing for any of them. Not
 * measured are the Java properties, which the chains of Java name before Pod Identity, and the former names of keys, which
 * the sources of Go and Java v1 have as second names.
 */
export const SDK_RULES = {
  keys: { affects: SDKS, then: 'prefer' },
  'former-keys': { affects: ['Go v2', 'Go v1', 'Java v1'], then: 'prefer' },
  'java-properties': { affects: ['Java v2', 'Java v1'], then: 'prefer' },
  'java-irsa': { affects: ['Java v2'], then: 'prefer' },
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
  'own-token': { affects: SDKS, then: 'fail' },
  cleared: { affects: SDKS, then: 'fail' },
  proxy: { affects: ['Go v2', 'Go v1', 'Rust'], then: 'fail' },
} as const satisfies Record<Carried, SdkRule>;

/** SDKs that silently take the role of the node when the agent fails and IMDS is in reach; the AWS CLI of a probe never does. */
const FALL_BACK_TO_NODE: readonly Sdk[] = ['JavaScript v2', 'Java v2'];

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

/** The SDKs of an application, and how they are known; the language of an image is never guessed. */
export interface KnownSdks {
  sdks: readonly Sdk[];
  /** What people call them: `boto3` for a program that said so, of the SDK for Python. */
  namesOf(sdks: readonly Sdk[]): readonly string[];
  /** `seen in use here` */
  how: string;
}

const sdksNamed = (names: readonly string[]): Sdk[] =>
  SDKS.filter(sdk =>
    names.some(name => name.trim().toLowerCase() === sdk.toLowerCase()),
  );

/** The SDKs that AWS saw in use, else those that an annotation of the pods or of the entity names. */
export function sdksOf(
  evidence: Fact<Evidence>,
  pods: readonly PodFact[],
  ofEntity?: string,
): KnownSdks | undefined {
  const seen = valueOf(evidence);
  const programs = seen
    ? [
        ...seen.uses,
        ...seen.staticKeys,
        ...seen.others.filter(({ own }) => own),
      ].flatMap(({ sdk }) => programOf(sdk) ?? [])
    : [];
  const inUse = SDKS.filter(sdk => programs.some(one => one.sdk === sdk));
  if (inUse.length) {
    return {
      sdks: inUse,
      namesOf: sdks => [
        ...new Set(
          sdks.flatMap(sdk =>
            programs.filter(one => one.sdk === sdk).map(({ name }) => name),
          ),
        ),
      ],
      how: 'seen in use here',
    };
  }
  const named = [
    sdksNamed(pods.flatMap(pod => pod.sdk?.split(',') ?? [])),
    sdksNamed(ofEntity?.split(',') ?? []),
  ].find(({ length }) => length > 0);
  return (
    named && {
      sdks: named,
      namesOf: sdks => sdks,
      how: 'named by an annotation',
    }
  );
}

/** Those of the application that a rule is about; all where they are not known. */
function affected(carried: Carried, known?: KnownSdks): readonly Sdk[] {
  const { affects }: SdkRule = SDK_RULES[carried];
  return known ? affects.filter(sdk => known.sdks.includes(sdk)) : affects;
}

/** Whether what a pod carries changes anything for its application. */
export function mattersTo(carried: Carried, known?: KnownSdks): boolean {
  return affected(carried, known).length > 0;
}

/** What follows for the SDKs: `every SDK uses before Pod Identity`. */
function followsFor(carried: Carried, known?: KnownSdks): string {
  const { then, onlyIf }: SdkRule = SDK_RULES[carried];
  const sdks = affected(carried, known);
  const names = known?.namesOf(sdks) ?? [];
  const { words, plural } = known
    ? { words: `${listed(names)}, ${known.how},`, plural: names.length > 1 }
    : sdksInWords(sdks);
  const verb = (one: string) => (plural ? one : `${one}s`);
  const clause =
    then === 'prefer'
      ? `${words} ${verb('use')} before Pod Identity`
      : `${words} ${verb('get')} no credentials`;
  return `${clause}${onlyIf ? ` if ${onlyIf}` : ''}`;
}

/** The clause that follows what a pod carries: `, which every SDK uses before Pod Identity`. */
export function consequenceOf(carried: Carried, known?: KnownSdks): string {
  if (known && !mattersTo(carried, known)) {
    return `, which does not matter to ${listed(known.namesOf(known.sdks))}, ${
      known.how
    }`;
  }
  const lead = SDK_RULES[carried].then === 'prefer' ? 'which' : 'with which';
  return `, ${lead} ${followsFor(carried, known)}`;
}

/** `the SDKs for JavaScript v2 and Java v2`: who becomes the node, unnoticed, when the agent fails. */
export const FALLING_BACK = sdksInWords(FALL_BACK_TO_NODE).words;

/** What follows for an application where the agent fails and the node can be reached, as a sentence. */
export function fallBackInWords(known?: KnownSdks): string {
  if (!known) {
    return `When the agent gives no credentials, programs with ${FALLING_BACK} go on as the node without a word; all others fail.`;
  }
  const fall = known.sdks.filter(sdk => FALL_BACK_TO_NODE.includes(sdk));
  const names = known.namesOf(fall.length ? fall : known.sdks);
  const who = `${listed(names)}, ${known.how},`;
  const [go, fail, does] =
    names.length > 1 ? ['go', 'fail', 'do'] : ['goes', 'fails', 'does'];
  return `When the agent gives no credentials, ${who} ${
    fall.length
      ? `${go} on as the node without a word.`
      : `${fail} and ${does} not go on as the node.`
  }`;
}

/** What pods carry, for the page about SDKs. */
const CARRIED_WORDS: Record<Carried, string> = {
  keys: '`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`',
  'former-keys': '`AWS_ACCESS_KEY` and `AWS_SECRET_KEY`',
  'java-properties': '`-Daws.accessKeyId` in `JAVA_TOOL_OPTIONS`',
  'java-irsa':
    '`-Daws.roleArn` and `-Daws.webIdentityTokenFile` in `JAVA_TOOL_OPTIONS`',
  'key-without-secret': '`AWS_ACCESS_KEY_ID` alone',
  irsa: '`AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`',
  'role-without-token': '`AWS_ROLE_ARN` alone',
  'home-files': 'a volume at `~/.aws`',
  'credentials-file': '`AWS_SHARED_CREDENTIALS_FILE`',
  'config-file': '`AWS_CONFIG_FILE`',
  profile: '`AWS_PROFILE`',
  'default-profile': '`AWS_DEFAULT_PROFILE`',
  'ecs-address': '`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`',
  'own-address': '`AWS_CONTAINER_CREDENTIALS_FULL_URI` of its own',
  'own-token': 'a volume `eks-pod-identity-token` of its own',
  cleared: '`env -i` or `unset` on its command line',
  proxy: '`HTTP_PROXY`, and no exception for the agent',
};

/** Each rule as what a pod carries and what follows. */
export function rulesInWords(): [string, string][] {
  return Object.entries(CARRIED_WORDS).map(([carried, words]) => [
    words,
    followsFor(carried as Carried),
  ]);
}
