import { ClusterKey, SandboxCore } from '../../core/contract';
import { partitionOf } from '../../core/partition';

/**
 * What a node's packets to EKS Auth meet: nothing in the way, a firewall or a missing route that drops them, a server
 * that takes too long, a host that refuses them, no route at all, or a name that does not resolve.
 */
export type EksAuthPath =
  | 'open'
  | 'dropped'
  | 'slow'
  | 'refused'
  | 'no-route'
  | 'unknown-host';

/** The agent's client: how long a try may connect and last, how often it tries, and its longest pause between tries. */
const CLIENT = {
  connectMs: 500,
  tryMs: 1_000,
  tries: 3,
  longestPauseMs: 1_000,
};

/** A public address, as EKS Auth has without an endpoint in the VPC. */
const ADDRESS = '203.0.113.10:443';

interface Failure {
  /** How long a try lasts. */
  ms: number;
  text: string;
}

const FAILURES: Record<
  Exclude<EksAuthPath, 'open'>,
  (host: string) => Failure
> = {
  dropped: () => ({
    ms: CLIENT.connectMs,
    text: `dial tcp ${ADDRESS}: i/o timeout`,
  }),
  slow: () => ({
    ms: CLIENT.tryMs,
    text: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  }),
  refused: () => ({
    ms: 0,
    text: `dial tcp ${ADDRESS}: connect: connection refused`,
  }),
  'no-route': () => ({
    ms: 0,
    text: `dial tcp ${ADDRESS}: connect: network is unreachable`,
  }),
  'unknown-host': host => ({
    ms: 0,
    text: `dial tcp: lookup ${host} on 10.0.0.2:53: no such host`,
  }),
};

/** Tries as the agent does; resolves with what its client says after the last try, undefined when the path is open. */
export async function eksAuthFailure(
  core: SandboxCore,
  { name, region }: ClusterKey,
  path: EksAuthPath,
): Promise<string | undefined> {
  if (path === 'open') {
    return undefined;
  }
  const host = `eks-auth.${region}.${partitionOf(region).dualStackSuffix}`;
  const { ms, text } = FAILURES[path](host);
  const pauses = Array.from(
    { length: CLIENT.tries - 1 },
    () => core.random() * CLIENT.longestPauseMs,
  );
  await core.clock.sleep(
    pauses.reduce((sum, pause) => sum + pause, ms * CLIENT.tries),
  );
  return `unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, exceeded maximum number of attempts, ${CLIENT.tries}, https response error StatusCode: 0, RequestID: , request send failed, Post "https://${host}/clusters/${name}/assume-role-for-pod-identity": ${text}`;
}

/** Where the agent's own credentials come from: the instance's role, or why there are none. */
export type NodeCredentials = 'present' | 'no-instance-profile' | 'no-imds';

const IMDS_TEXTS: Record<Exclude<NodeCredentials, 'present'>, string> = {
  'no-instance-profile':
    'http response error StatusCode: 404, request to EC2 IMDS failed',
  'no-imds': 'canceled, context deadline exceeded',
};

/** What the agent's client says when the node has no credentials for it. */
export const noNodeCredentials = (
  state: Exclude<NodeCredentials, 'present'>,
): string =>
  `unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, ${IMDS_TEXTS[state]}`;
