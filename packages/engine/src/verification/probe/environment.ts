import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { exempts } from '../../network/proxies';
import type { CarriedFact, ContainerFact } from '../framework/facts/workloads';
import { carriedFiles, carriedSetting } from './awsFiles';
import { type Settings, settingsOf } from './settings';

/** Variables from which a Java machine takes options. */
const JAVA_OPTIONS = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'];
/** Variables that decide where credentials come from. A prefix of `envFrom` that begins none of them is harmless. */
const NAMES_THAT_MATTER = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_ENDPOINT_URL',
  'HTTP_PROXY',
  'http_proxy',
  'HOME',
  ...JAVA_OPTIONS,
];
/** A Secret whose name has this word very likely holds keys of AWS. */
const namedAfterAws = (source: string) =>
  /^Secret (.*[-.])?aws([-.]|$)/.test(source);

/** The volume that the webhook adds for IRSA. */
const IRSA_VOLUME = 'aws-iam-token';

/** `Secret db`, `ConfigMap settings`: whole objects that become variables, whose names the spec does not show. */
function unseenSources(container: V1Container): string[] {
  return (container.envFrom ?? [])
    .filter(({ prefix = '' }) =>
      NAMES_THAT_MATTER.some(name => name.startsWith(prefix)),
    )
    .flatMap(({ secretRef, configMapRef }) => [
      ...(secretRef ? [`Secret ${secretRef.name}`] : []),
      ...(configMapRef ? [`ConfigMap ${configMapRef.name}`] : []),
    ]);
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** A variable of the template goes before one of `envFrom`, and SDKs take an empty key for none. */
function masksKeys({ env = [] }: V1Container): boolean {
  return KEYS.every(name =>
    env.some(one => one.name === name && !one.value && !one.valueFrom),
  );
}

/** The variables of IRSA. The webhook sets them too, for a service account with the annotation of IRSA. */
function carriedRole(
  container: V1Container,
  settings: Settings,
  pod: V1Pod,
): CarriedFact {
  if (!settings.of('AWS_WEB_IDENTITY_TOKEN_FILE')) {
    return carriedSetting(settings, 'role-without-token', 'AWS_ROLE_ARN');
  }
  const found = carriedSetting(
    settings,
    'irsa',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
  );
  // A template has no status, and nothing from the webhook.
  const byWebhook =
    pod.status !== undefined &&
    (container.volumeMounts ?? []).some(({ name }) => name === IRSA_VOLUME);
  return byWebhook
    ? {
        ...found,
        said: `hold ${found.said.replace(
          /^set /,
          '',
        )} from the webhook, by the IRSA annotation of the service account`,
        remedy: undefined,
        unset: undefined,
      }
    : found;
}

/** `-Daws.accessKeyId=…`: keys as properties of a Java machine. */
const JAVA_KEY = /-Daws\.(accessKeyId|secretKey|secretAccessKey)=[^\s"']/;
/** `--aws-access-key-id`: an option by which a program takes keys. */
const KEY_OPTION = /(^|\s)--?aws[-_]access[-_]key([-_]id)?[=\s]+\S/i;
/** `aws configure set aws_access_key_id …`, or a line of a credentials file. */
const KEY_OF_FILE = /\baws_access_key_id["']?(\s*=|\s)\s*\S/;

/** Keys that a Java machine takes from its options, by variable or on the command line. */
function javaKeys(settings: Settings): CarriedFact[] {
  const found = JAVA_OPTIONS.flatMap((name): CarriedFact[] => {
    const setting = settings.of(name);
    if (!setting || setting === 'elsewhere' || !JAVA_KEY.test(setting.value)) {
      return [];
    }
    const onlyAws = setting.value
      .trim()
      .split(/\s+/)
      .every(option => option.startsWith('-Daws.'));
    return [
      {
        what: 'java-properties',
        said: `hold keys of AWS in ${name}`,
        remedy: `the keys (-Daws.…) in ${name}`,
        // Other options must stay, and a command that kept them would show them.
        ...(onlyAws && !settings.onCommandLine(name)
          ? { unset: [`${name}-`] }
          : {}),
        likely: true,
      },
    ];
  });
  if (found.length === 0 && JAVA_KEY.test(settings.commandLine)) {
    found.push({
      what: 'java-properties',
      said: 'hold keys of AWS as Java properties on their command line',
      remedy: 'the keys (-Daws.…) on the command line',
      likely: true,
    });
  }
  return found;
}

/** Keys that programs are given on the command line, beside variables. */
function keysOnCommandLine({ commandLine }: Settings): CarriedFact[] {
  const found: CarriedFact[] = [];
  if (KEY_OPTION.test(commandLine)) {
    found.push({
      what: 'keys',
      said: 'pass an access key of AWS as an option on their command line',
      remedy: 'the access key on the command line',
      likely: true,
    });
  }
  if (KEY_OF_FILE.test(commandLine)) {
    found.push({
      what: 'home-files',
      said: 'write aws_access_key_id into a file on their command line',
      remedy: 'aws_access_key_id on the command line',
      likely: true,
    });
  }
  return found;
}

/** What a container carries beside Pod Identity, by name only. */
export function carriedBy(container: V1Container, pod: V1Pod): CarriedFact[] {
  const settings = settingsOf(container);
  const { of } = settings;
  const unseen = unseenSources(container);
  const found: CarriedFact[] = [];
  const key = of('AWS_ACCESS_KEY_ID');
  const secret = of('AWS_SECRET_ACCESS_KEY');
  if (key && secret) {
    found.push(
      carriedSetting(
        settings,
        'keys',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
      ),
    );
  } else if (key) {
    found.push(
      carriedSetting(
        settings,
        unseen.length ? 'keys' : 'key-without-secret',
        'AWS_ACCESS_KEY_ID',
      ),
    );
  }
  for (const source of keySources(container)) {
    found.push({
      what: 'keys',
      said: `take variables from ${source}, by its name keys of AWS`,
      remedy: `the envFrom of ${source}`,
      unset: KEYS.map(name => `${name}=`),
      likely: true,
      bySecretName: true,
    });
  }
  found.push(...keysOnCommandLine(settings), ...javaKeys(settings));
  if (of('AWS_ROLE_ARN')) found.push(carriedRole(container, settings, pod));
  found.push(...carriedFiles(container, settings, pod));
  if (of('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')) {
    found.push(
      carriedSetting(
        settings,
        'ecs-address',
        'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
      ),
    );
  }
  return found;
}

/** Variables by which a container sends its calls elsewhere than to AWS, by name. */
export function endpointsOf(container: V1Container): string[] {
  const { names, of } = settingsOf(container);
  const ignored = of('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS');
  if (ignored && ignored !== 'elsewhere' && ignored.value === 'true') return [];
  return names.filter(name => /^AWS_ENDPOINT_URL(_|$)/.test(name) && of(name));
}

/** The regions that the spec of a container names, with their variables. */
export function regionsOf(container: V1Container): string[] {
  const { of } = settingsOf(container);
  const found = new Map<string, string>();
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const setting = of(name);
    // The report prints the value, so only a value that looks like a region may pass.
    const isNone =
      !setting || setting === 'elsewhere' || !/^[a-z\d-]+$/.test(setting.value);
    if (isNone) continue;
    // The webhook sets both to one region, which a sweep keeps for each container.
    if (!found.has(setting.value)) found.set(setting.value, name);
  }
  return [...found].map(([region, name]) => `${name} ${region}`);
}

/** What says of a container that it calls AWS; undefined if nothing does. */
export function awsSignOf(
  container: V1Container,
  carried: readonly CarriedFact[],
): string | undefined {
  const { names, of, commandLine } = settingsOf(container);
  const name = names.find(one => one.startsWith('AWS_') && of(one));
  if (name) return name;
  if (carried.length > 0) return carried[0].remedy ?? carried[0].said;
  if (/(^|[\s;&|(])aws\s+[a-z]/.test(commandLine)) return 'the program aws';
  return /(^|\/)aws-cli([:@]|$)/.test(container.image ?? '')
    ? 'the image of the AWS CLI'
    : undefined;
}

/** Secrets of a container that very likely hold keys, unless its template sets keys to nothing. */
function keySources(container: V1Container): string[] {
  return masksKeys(container)
    ? []
    : unseenSources(container).filter(namedAfterAws);
}

/** Secrets of a container that may hold keys: all that become variables, and those that by their name do. */
export const secretsOf = (container: V1Container) => ({
  all: masksKeys(container)
    ? []
    : unseenSources(container).filter(source => source.startsWith('Secret ')),
  ofAws: keySources(container),
});

/** Objects that become variables of a container and that the portal does not read, beside those taken for keys. */
export function unseenBy(container: V1Container): string[] {
  const keys = keySources(container);
  const { env } = settingsOf(container);
  const ofJava = JAVA_OPTIONS.filter(name => env(name) === 'elsewhere').flatMap(
    name => sourceOf(container, name) ?? [],
  );
  return [
    ...unseenSources(container).filter(source => !keys.includes(source)),
    ...ofJava,
  ];
}

/**
 * Whether requests to the agent go through a proxy. Go reads the variables in capitals first.
 *
 * @returns `unseen` when an object that the portal does not read decides
 */
export function proxyOf(
  container: V1Container,
  agentAddress: string,
): ContainerFact['proxied'] {
  const of = settingsOf(container).env;
  if (!of('HTTP_PROXY') && !of('http_proxy')) return 'no';
  const exception = of('NO_PROXY') ?? of('no_proxy');
  if (exception === 'elsewhere') return 'unseen';
  if (exception) {
    const agent = { host: agentAddress, port: 80 };
    return exempts(exception.value, agent) ? 'no' : 'yes';
  }
  return unseenSources(container).length ? 'unseen' : 'yes';
}

const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap(name => [
  name,
  name.toLowerCase(),
]);
/** Options of a Java machine, and a variable that a shell sets. */
const PROXY_ON_LINE =
  /-D(https?\.proxyHost=|socksProxyHost=|java\.net\.useSystemProxies=true)|\b(https?|all)_proxy=/i;

/** Whether its calls of AWS may go through a proxy, which looks up names in its place. What is out of sight may set one. */
export function hasProxy(container: V1Container): boolean {
  const { env } = settingsOf(container);
  const { command = [], args = [], envFrom = [] } = container;
  const ofJava = JAVA_OPTIONS.map(env);
  const names = [...PROXIES, ...JAVA_OPTIONS];
  return (
    PROXIES.some(env) ||
    ofJava.includes('elsewhere') ||
    envFrom.some(({ prefix = '' }) =>
      names.some(name => name.startsWith(prefix)),
    ) ||
    [
      ...ofJava.map(one => (typeof one === 'object' ? one.value : '')),
      ...command,
      ...args,
    ].some(text => PROXY_ON_LINE.test(text))
  );
}

/** The variable that has to name the agent, so that requests to it take no proxy. */
export function exceptionOf(
  container: V1Container,
): ContainerFact['proxyException'] {
  const of = settingsOf(container).env;
  return !of('NO_PROXY') && of('no_proxy') ? 'no_proxy' : 'NO_PROXY';
}

/** `key opts of Secret jvm`: what holds the value of a variable. */
function sourceOf({ env }: V1Container, name: string): string | undefined {
  const { secretKeyRef: secret, configMapKeyRef: map } =
    env?.find(one => one.name === name)?.valueFrom ?? {};
  if (secret) return `key ${secret.key} of Secret ${secret.name}`;
  return map && `key ${map.key} of ConfigMap ${map.name}`;
}

/** Where the addresses come from that take no proxy, if another object holds them. */
export function exceptionSource(container: V1Container): string | undefined {
  return (
    ['NO_PROXY', 'no_proxy']
      .map(name => sourceOf(container, name))
      .find(Boolean) ??
    (unseenSources(container).join(', ') || undefined)
  );
}
