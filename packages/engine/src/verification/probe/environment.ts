import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { isInNetwork } from '../framework/addresses';
import type { CarriedFact, ContainerFact } from '../framework/facts/workloads';

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
  'HTTP_PROXY',
  'http_proxy',
];
/** A Secret of such a name very likely holds keys of AWS. */
const namedAfterAws = (source: string) =>
  /^Secret (.*[-.])?(aws|iam)([-.]|$)/.test(source);

/** The volume that the webhook adds for IRSA. */
const IRSA_VOLUME = 'aws-iam-token';

/** What a spec says about one variable: its literal value, or that another object holds it. */
type Setting = { value: string } | 'elsewhere' | undefined;

function reader(container: V1Container): (name: string) => Setting {
  const env = new Map((container.env ?? []).map(one => [one.name, one]));
  return name => {
    const variable = env.get(name);
    if (!variable) return undefined;
    if (variable.valueFrom) return 'elsewhere';
    // SDKs and proxies treat an empty variable as absent.
    return variable.value ? { value: variable.value } : undefined;
  };
}

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

/** Names of volumes that hold settings, scratch space or tokens. Any other may hold a file with keys. */
function keylessVolumes(pod: V1Pod): Set<string> {
  return new Set(
    (pod.spec?.volumes ?? [])
      .filter(
        volume =>
          volume.configMap ||
          volume.downwardAPI ||
          volume.emptyDir ||
          (volume.projected &&
            !volume.projected.sources?.some(source => source.secret)),
      )
      .map(volume => volume.name),
  );
}

/** How often the containers of a pod mount a volume. */
const usesOf = ({ spec }: V1Pod, volume: string) =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
    .flatMap(({ volumeMounts = [] }) => volumeMounts)
    .filter(({ name }) => name === volume).length;

/** A home directory, as images of programming environments have it on a volume that stays. */
const HOME = /^\/(root|home\/[^/]+)\/?$/;

/** What comes from files: volumes at ~/.aws, and the variables that name files and profiles in them. */
function carriedFiles(
  container: V1Container,
  of: (name: string) => Setting,
  pod: V1Pod,
): CarriedFact[] {
  const keyless = keylessVolumes(pod);
  const found: CarriedFact[] = [];
  const mounts = container.volumeMounts ?? [];
  const atHome = mounts.filter(({ mountPath }) =>
    /\/\.aws(\/(credentials|config))?\/?$/.test(mountPath),
  );
  for (const mount of atHome) {
    found.push({
      what: mount.mountPath.endsWith('/config') ? 'config-file' : 'home-files',
      said: 'mount a volume at ~/.aws',
      remedy: 'the volume at ~/.aws',
      mount: {
        path: mount.mountPath,
        ...(usesOf(pod, mount.name) === 1 ? { volume: mount.name } : {}),
      },
      likely: !keyless.has(mount.name),
    });
  }
  if (
    atHome.length === 0 &&
    mounts.some(mount => HOME.test(mount.mountPath) && !keyless.has(mount.name))
  ) {
    found.push({
      what: 'home-files',
      said: 'mount a volume at the home directory, where ~/.aws may be',
      remedy: 'the files of ~/.aws',
      likely: false,
    });
  }
  const file = of('AWS_SHARED_CREDENTIALS_FILE');
  if (file) {
    const path = file === 'elsewhere' ? '' : file.value;
    found.push({
      ...setting('credentials-file', 'AWS_SHARED_CREDENTIALS_FILE'),
      likely: mounts.some(
        mount => !keyless.has(mount.name) && path.startsWith(mount.mountPath),
      ),
    });
  }
  const config = of('AWS_CONFIG_FILE');
  if (config) {
    found.push({
      ...setting('config-file', 'AWS_CONFIG_FILE'),
      likely: false,
    });
  }
  // Files that were brought along on purpose very likely hold the profile.
  const likely = atHome.length === 0 && !file && !config;
  if (of('AWS_PROFILE')) {
    found.push({ ...setting('profile', 'AWS_PROFILE'), likely });
  } else if (of('AWS_DEFAULT_PROFILE')) {
    found.push({
      ...setting('default-profile', 'AWS_DEFAULT_PROFILE'),
      likely,
    });
  }
  return found;
}

function setting(what: CarriedFact['what'], ...names: string[]): CarriedFact {
  const said = names.join(' and ');
  return {
    what,
    said: `set ${said}`,
    remedy: said,
    unset: names.map(name => `${name}-`),
    likely: true,
  };
}

/** The variables of IRSA. The webhook sets them too, for a service account with the annotation of IRSA. */
function carriedRole(
  container: V1Container,
  of: (name: string) => Setting,
): CarriedFact {
  if (!of('AWS_WEB_IDENTITY_TOKEN_FILE')) {
    return setting('role-without-token', 'AWS_ROLE_ARN');
  }
  const found = setting('irsa', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE');
  const byWebhook = (container.volumeMounts ?? []).some(
    ({ name }) => name === IRSA_VOLUME,
  );
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

/** What a container carries beside Pod Identity, by name only. */
export function carriedBy(container: V1Container, pod: V1Pod): CarriedFact[] {
  const of = reader(container);
  const unseen = unseenSources(container);
  const found: CarriedFact[] = [];
  const key = of('AWS_ACCESS_KEY_ID');
  const secret = of('AWS_SECRET_ACCESS_KEY');
  if (key && secret) {
    found.push(setting('keys', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'));
  } else if (key) {
    found.push(
      setting(
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
    });
  }
  if (of('AWS_ROLE_ARN')) found.push(carriedRole(container, of));
  found.push(...carriedFiles(container, of, pod));
  if (of('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')) {
    found.push(
      setting('ecs-address', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'),
    );
  }
  return found;
}

/** Secrets of a container that very likely hold keys, unless its template sets keys to nothing. */
function keySources(container: V1Container): string[] {
  return masksKeys(container)
    ? []
    : unseenSources(container).filter(namedAfterAws);
}

/** Objects that become variables of a container and that the portal does not read, beside those taken for keys. */
export function unseenBy(container: V1Container): string[] {
  const keys = keySources(container);
  return unseenSources(container).filter(source => !keys.includes(source));
}

/** Whether NO_PROXY exempts an address, as Go reads it: an address, a network, or everything; never a part of one. */
function exempts(noProxy: string, address: string): boolean {
  return noProxy.split(',').some(text => {
    const entry = text
      .trim()
      .replace(/:80$/, '')
      .replace(/^\[(.*)\]$/, '$1');
    return entry === '*' || entry === address || isInNetwork(entry, address);
  });
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
  const of = reader(container);
  if (!of('HTTP_PROXY') && !of('http_proxy')) return 'no';
  const exception = of('NO_PROXY') ?? of('no_proxy');
  if (exception === 'elsewhere') return 'unseen';
  if (exception) return exempts(exception.value, agentAddress) ? 'no' : 'yes';
  return unseenSources(container).length ? 'unseen' : 'yes';
}

/** The variable that has to name the agent, so that requests to it take no proxy. */
export function exceptionOf(
  container: V1Container,
): ContainerFact['proxyException'] {
  const of = reader(container);
  return !of('NO_PROXY') && of('no_proxy') ? 'no_proxy' : 'NO_PROXY';
}

/** Where the addresses come from that take no proxy, if another object holds them. */
export function exceptionSource(container: V1Container): string | undefined {
  const from = ['NO_PROXY', 'no_proxy']
    .map(name => container.env?.find(one => one.name === name))
    .find(one => one)?.valueFrom;
  const { secretKeyRef: secret, configMapKeyRef: map } = from ?? {};
  if (secret) return `key ${secret.key} of Secret ${secret.name}`;
  if (map) return `key ${map.key} of ConfigMap ${map.name}`;
  return unseenSources(container).join(', ') || undefined;
}
