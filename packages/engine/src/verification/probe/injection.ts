import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import {
  carriedBy,
  exceptionOf,
  exceptionSource,
  proxyOf,
  unseenBy,
} from './environment';
import type { ContainerFact } from '../framework/facts/workloads';

/** Addresses of the agent, IPv4 and IPv6. */
const AGENT_ADDRESSES = [AGENT_IPV4, `[${AGENT_IPV6}]`] as const;
/** Audience of the token the agent accepts. */
const TOKEN_AUDIENCE = 'pods.eks.amazonaws.com';
const CREDENTIALS_URI_ENV = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE_ENV = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';
/** Of a user; those of roles end by themselves. */
const KEY_ID = /^AKIA[A-Z0-9]{12,124}$/;
/** Both variables and the token volume: what the webhook adds to a container. */
export const INJECTED_PARTS = 3;

function isAgentUri(uri: string | undefined): boolean {
  return (
    uri !== undefined &&
    AGENT_ADDRESSES.some(address => uri.startsWith(`http://${address}/`))
  );
}

/** Whether a volume of the pod holds a token for the agent. */
function tokenVolumes(pod: V1Pod): Set<string> {
  return new Set(
    (pod.spec?.volumes ?? [])
      .filter(volume =>
        volume.projected?.sources?.some(
          source => source.serviceAccountToken?.audience === TOKEN_AUDIENCE,
        ),
      )
      .map(volume => volume.name),
  );
}

/** The address that the container asks, which a cluster's IP family decides. */
function agentAddressOf(uri: string | undefined): string {
  return uri?.startsWith(`http://${AGENT_ADDRESSES[1]}/`)
    ? AGENT_IPV6
    : AGENT_IPV4;
}

function containerFact(
  container: V1Container,
  pod: V1Pod,
  volumes: ReadonlySet<string>,
): ContainerFact {
  const env = new Map(
    (container.env ?? []).map(variable => [variable.name, variable.value]),
  );
  const has = (name: string) => env.has(name);
  const uri = env.get(CREDENTIALS_URI_ENV);
  const mounted = (container.volumeMounts ?? []).find(mount =>
    volumes.has(mount.name),
  );
  const tokenFile = env.get(TOKEN_FILE_ENV);
  const missing: string[] = [];
  if (!has(CREDENTIALS_URI_ENV)) missing.push(CREDENTIALS_URI_ENV);
  if (!has(TOKEN_FILE_ENV)) missing.push(TOKEN_FILE_ENV);
  if (!mounted) missing.push('the token volume');
  const keyId = env.get('AWS_ACCESS_KEY_ID') ?? '';
  const proxied = proxyOf(container, agentAddressOf(uri));
  const foreign = has(CREDENTIALS_URI_ENV) && !isAgentUri(uri);
  return {
    name: container.name,
    injected:
      missing.length === 0 &&
      !foreign &&
      Boolean(tokenFile?.startsWith(mounted!.mountPath)),
    missing,
    carried: carriedBy(container, pod),
    unseen: unseenBy(container),
    ...(KEY_ID.test(keyId) ? { accessKeyId: keyId } : {}),
    ...(foreign ? { foreignCredentialsUri: uri ?? 'set from elsewhere' } : {}),
    ...(has('AWS_ROLE_ARN')
      ? { irsaRoleArn: env.get('AWS_ROLE_ARN') ?? '' }
      : {}),
    proxied,
    ...(proxied === 'unseen'
      ? { proxyExceptionIn: exceptionSource(container) }
      : {}),
    proxyException: exceptionOf(container),
  };
}

/** What the webhook did to each container of a pod. The variables decide, not the label. */
export function injectionOf(pod: V1Pod): ContainerFact[] {
  const volumes = tokenVolumes(pod);
  return (pod.spec?.containers ?? []).map(container =>
    containerFact(container, pod, volumes),
  );
}
