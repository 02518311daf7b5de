import type { V1Container, V1Pod } from '../../kubernetes/objects';
import {
  AGENT_IPV4,
  AGENT_IPV6,
  AGENT_URIS,
  isOfAgent,
} from '../framework/addresses';
import {
  awsSignOf,
  carriedBy,
  exceptionOf,
  exceptionSource,
  hasProxy,
  proxyOf,
  unseenBy,
} from './environment';
import {
  aliasesOf,
  endpointsOf,
  KEY_ID,
  otherKeysOf,
  regionsOf,
} from './otherCalls';
import { containersOf, ranOutOfMemory, stateOf } from './podState';
import type {
  CarriedFact,
  ContainerFact,
  ContainerKind,
} from '../framework/facts/workloads';

/** Audience of the token the agent accepts. */
export const TOKEN_AUDIENCE = 'pods.eks.amazonaws.com';
const CREDENTIALS_URI_ENV = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE_ENV = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';
/** Name of the volume with that token, and of its file. */
const TOKEN = 'eks-pod-identity-token';
/** Where the webhook mounts it. */
export const TOKEN_FOLDER =
  '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';
/** Both variables and the token volume: what the webhook adds to a container. */
export const INJECTED_PARTS = 3;

/** The volumes of the pod that hold a token for the agent, with the name of its file. */
function tokenVolumes(pod: V1Pod): Map<string, string> {
  return new Map(
    (pod.spec?.volumes ?? []).flatMap(volume =>
      (volume.projected?.sources ?? []).flatMap(
        ({ serviceAccountToken: token }): [string, string][] =>
          token?.audience === TOKEN_AUDIENCE ? [[volume.name, token.path]] : [],
      ),
    ),
  );
}

/** The webhook takes a volume of this name for its own, whatever it holds. */
function ownToken(
  { volumeMounts = [] }: V1Container,
  pod: V1Pod,
  volumes: ReadonlyMap<string, string>,
): CarriedFact[] {
  const isThere = pod.spec?.volumes?.some(({ name }) => name === TOKEN);
  if (!isThere || volumes.get(TOKEN) === TOKEN) return [];
  const paths = volumeMounts
    .filter(({ name }) => name === TOKEN)
    .map(({ mountPath }) => mountPath);
  return [
    {
      what: 'own-token',
      said: `bring a volume ${TOKEN} of their own in place of the webhook's`,
      remedy: `the volume ${TOKEN}`,
      mount: { paths, volume: TOKEN },
      likely: true,
    },
  ];
}

/** The address that the container asks, which a cluster's IP family decides. */
function agentAddressOf(uri: string | undefined): string {
  return uri?.startsWith(`http://[${AGENT_IPV6}]/`) ? AGENT_IPV6 : AGENT_IPV4;
}

/** What kind of wrong thing the variable for the token holds; undefined if it is the token that is mounted. */
function wrongTokenFile(
  value: string | undefined,
  tokens: readonly string[],
): string | undefined {
  if (!value) return 'nothing, or to a value of another object';
  if (tokens.includes(value)) return undefined;
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));
  return tokens.some(token => folderOf(token) === folderOf(value))
    ? 'another file in the folder of the token'
    : 'a file that is not the mounted token';
}

function containerFact(
  container: V1Container,
  kind: ContainerKind,
  pod: V1Pod,
  volumes: ReadonlyMap<string, string>,
): ContainerFact {
  const env = new Map(
    (container.env ?? []).map(variable => [variable.name, variable.value]),
  );
  const has = (name: string) => env.has(name);
  const uri = env.get(CREDENTIALS_URI_ENV);
  const tokens = (container.volumeMounts ?? []).flatMap(
    ({ name, mountPath }) => {
      const file = volumes.get(name);
      return file ? [`${mountPath.replace(/\/$/, '')}/${file}`] : [];
    },
  );
  const missing: string[] = [];
  if (!has(CREDENTIALS_URI_ENV)) missing.push(CREDENTIALS_URI_ENV);
  if (!has(TOKEN_FILE_ENV)) missing.push(TOKEN_FILE_ENV);
  if (tokens.length === 0) missing.push('the token volume');
  const foreign = has(CREDENTIALS_URI_ENV) && !isOfAgent(uri);
  const wrong: string[] = [];
  if (isOfAgent(uri) && !AGENT_URIS.includes(uri!)) {
    wrong.push(`${CREDENTIALS_URI_ENV} to another path of the agent`);
  }
  const file =
    has(TOKEN_FILE_ENV) && tokens.length > 0
      ? wrongTokenFile(env.get(TOKEN_FILE_ENV), tokens)
      : undefined;
  if (file) wrong.push(`${TOKEN_FILE_ENV} to ${file}`);
  const keyId = env.get('AWS_ACCESS_KEY_ID') ?? '';
  const proxied = proxyOf(container, agentAddressOf(uri));
  const injected = missing.length === 0 && !foreign && wrong.length === 0;
  const carried = [
    ...carriedBy(container, pod),
    ...(kind === 'init' ? [] : ownToken(container, pod, volumes)),
  ];
  const sign = injected ? undefined : awsSignOf(container, carried);
  const endpoints = endpointsOf(container);
  const aliases = aliasesOf(pod);
  const otherKeys = otherKeysOf(container);
  const regions = regionsOf(container);
  const state = stateOf(pod, container.name, kind);
  const outOfMemory =
    state === 'crashing' && ranOutOfMemory(pod, container.name);
  return {
    name: container.name,
    kind,
    state,
    ...(outOfMemory ? { outOfMemory } : {}),
    injected,
    missing,
    ...(wrong.length ? { wrong } : {}),
    ...(sign ? { awsSign: sign } : {}),
    ...(endpoints.length ? { endpoints } : {}),
    ...(aliases.length ? { aliases } : {}),
    ...(regions.length ? { regions } : {}),
    carried,
    unseen: unseenBy(container),
    ...(otherKeys.length ? { otherKeys } : {}),
    ...(KEY_ID.test(keyId) ? { accessKeyId: keyId } : {}),
    ...(foreign ? { foreignCredentialsUri: true as const } : {}),
    ...(has('AWS_ROLE_ARN')
      ? { irsaRoleArn: env.get('AWS_ROLE_ARN') ?? '' }
      : {}),
    proxied,
    ...(hasProxy(container) ? { proxy: true as const } : {}),
    ...(proxied === 'unseen'
      ? { proxyExceptionIn: exceptionSource(container) }
      : {}),
    proxyException: exceptionOf(container),
  };
}

/** What the webhook did to each container of a pod, init containers too. The variables decide, not the label. */
export function injectionOf(pod: V1Pod): ContainerFact[] {
  const volumes = tokenVolumes(pod);
  return containersOf(pod).map(([container, kind]) =>
    containerFact(container, kind, pod, volumes),
  );
}
