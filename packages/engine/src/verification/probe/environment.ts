import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { exempts } from '../../network/proxies';
import type { CarriedFact, ContainerFact } from '../framework/facts/workloads';
import { carriedFiles, carriedSetting } from './awsFiles';
import {
  awsProgramOf,
  changedOnCommandLine,
  keysOnCommandLine,
  sourcedFiles,
} from './commandLine';
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

const OF_IRSA = ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'];

/** The variables of IRSA. The webhook sets them too, for a service account with the annotation of IRSA. */
function carriedRole(
  container: V1Container,
  settings: Settings,
  pod: V1Pod,
): CarriedFact {
  if (!settings.of('AWS_WEB_IDENTITY_TOKEN_FILE')) {
    return carriedSetting(settings, 'role-without-token', 'AWS_ROLE_ARN');
  }
  const found = carriedSetting(settings, 'irsa', ...OF_IRSA);
  // A template has no status, and nothing from the webhook.
  const byWebhook =
    pod.status !== undefined &&
    (container.volumeMounts ?? []).some(({ name }) => name === IRSA_VOLUME);
  return byWebhook
    ? {
        ...found,
        said: `hold ${OF_IRSA.join(
          ' and ',
        )} from the webhook, by the IRSA annotation of the service account`,
        remedy: undefined,
        unset: undefined,
      }
    : found;
}

/** `-Daws.accessKeyId=…`: keys as properties of a Java machine. */
const JAVA_KEY = /-Daws\.(accessKeyId|secretKey|secretAccessKey)=[^\s"']/;
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

/** `-Daws.roleArn=…`: the role and the token of IRSA as properties of a Java machine, which its SDK takes as variables. */
const JAVA_IRSA = [
  /-Daws\.roleArn=[^\s"']/,
  /-Daws\.webIdentityTokenFile=[^\s"']/,
];

/** IRSA by the options of a Java machine. */
function javaRole({ of, commandLine }: Settings): CarriedFact[] {
  const isIrsa = (text: string) => JAVA_IRSA.every(one => one.test(text));
  const name = JAVA_OPTIONS.find(one => {
    const setting = of(one);
    return typeof setting === 'object' && isIrsa(setting.value);
  });
  if (!name && !isIrsa(commandLine)) return [];
  const where = name ? `in ${name}` : 'on their command line';
  return [
    {
      what: 'java-irsa',
      said: `name a role and a token of IRSA as Java properties ${where}`,
      remedy: `-Daws.roleArn and -Daws.webIdentityTokenFile ${
        name ? where : 'on the command line'
      }`,
      likely: true,
    },
  ];
}

/** What a container carries beside Pod Identity, by name only. */
export function carriedBy(container: V1Container, pod: V1Pod): CarriedFact[] {
  const settings = settingsOf(container);
  const { of } = settings;
  const unseen = unseenSources(container);
  const found: CarriedFact[] = [];
  const key = of('AWS_ACCESS_KEY_ID');
  const secret = of('AWS_SECRET_ACCESS_KEY');
  const formerKey = !key && of('AWS_ACCESS_KEY');
  const formerSecret = !secret && of('AWS_SECRET_KEY');
  if (key && secret) {
    found.push(
      carriedSetting(
        settings,
        'keys',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
      ),
    );
  } else if ((key || formerKey) && (secret || formerSecret)) {
    found.push(
      carriedSetting(
        settings,
        'former-keys',
        key ? 'AWS_ACCESS_KEY_ID' : 'AWS_ACCESS_KEY',
        secret ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_SECRET_KEY',
      ),
    );
  }
  if (key && !secret) {
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
  found.push(
    ...keysOnCommandLine(settings),
    ...changedOnCommandLine(container, pod),
    ...javaKeys(settings),
    ...javaRole(settings),
  );
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

/** What says of a container that it calls AWS; undefined if nothing does. */
export function awsSignOf(
  container: V1Container,
  carried: readonly CarriedFact[],
): string | undefined {
  const { names, of } = settingsOf(container);
  const name = names.find(one => one.startsWith('AWS_') && of(one));
  if (name) return name;
  // An empty environment and a proxy say nothing of AWS.
  const [first] = carried.filter(({ what }) => !/cleared|proxy/.test(what));
  if (first) return first.remedy ?? first.said;
  return awsProgramOf(container);
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
    ...sourcedFiles(container),
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
