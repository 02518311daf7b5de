import { AGENT_IPV4, AGENT_IPV6 } from '../verification/framework/addresses';
import { trustEditorOf } from '../guardrails';
import type { AccessRequest } from './asking';
import type { AccessFacts } from './facts';
import { collectFromAws } from './fromAws';
import { collectFromKubernetes } from './fromKubernetes';
import { collectNodeUse } from './nodeUse';
import { collectUse } from './use';

/** Reads everything that the rows of a cluster are judged by. Nothing is written, and no call is made twice, but for what looks broken. */
export async function collectAccess(
  request: AccessRequest,
): Promise<AccessFacts> {
  const { session, signal, tell = () => {} } = request;
  const { id, name, arn, accountId, partition, region, roles } =
    session.cluster;
  tell('Reading the cluster');
  const describing = session.describeCluster({ signal });
  if (request.lists) request.lists.cluster = describing;
  const described = await describing;
  const issuer = described.identity?.oidc?.issuer?.replace(/^https:\/\//, '');
  tell('Reading service accounts, pods and workloads');
  const { ipFamily } = described.kubernetesNetworkConfig ?? {};
  const agentAddress = ipFamily === 'ipv6' ? AGENT_IPV6 : AGENT_IPV4;
  const [fromKubernetes, fromAws, use] = await Promise.all([
    collectFromKubernetes(request, agentAddress),
    collectFromAws(request),
    collectUse(request, issuer),
  ]);
  // A role that is refused the one search is refused these, too.
  const nodeUse = use.known
    ? await collectNodeUse(request, request.evidence!, fromKubernetes)
    : use;
  return {
    cluster: {
      id,
      name,
      arn,
      accountId,
      partition,
      region,
      ...(issuer ? { issuer } : {}),
      ...(described.endpoint ? { endpoint: described.endpoint } : {}),
      agentAddress,
      ...(request.editsTrust
        ? {
            editor: trustEditorOf(session.cluster, Object.values(roles)),
            namespaces: session.cluster.namespaces,
          }
        : {}),
    },
    ...fromKubernetes,
    ...fromAws,
    use,
    nodeUse,
  };
}
