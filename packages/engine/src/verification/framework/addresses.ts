/** Where the agent listens on each node. */
export const AGENT_IPV4 = '169.254.170.23';
export const AGENT_IPV6 = 'fd00:ec2::23';

const AGENT_HOSTS = [AGENT_IPV4, `[${AGENT_IPV6}]`] as const;
/** Addresses of the agent, IPv4 and IPv6, as the webhook writes them. */
export const AGENT_URIS = AGENT_HOSTS.map(
  host => `http://${host}/v1/credentials`,
);
/** An address of the agent, of whatever path. */
export const isOfAgent = (uri: string | undefined) =>
  AGENT_HOSTS.some(host => uri?.startsWith(`http://${host}/`));
