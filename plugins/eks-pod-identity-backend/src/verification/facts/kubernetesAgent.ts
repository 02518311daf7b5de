import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Collecting, Collector } from './collecting';
import { valueOf } from './fact';
import { andThen, askKubernetes } from './kubernetes';
import type { AgentPodFact, NodeFact } from './types';

/** Selects the agent by instance, as its variants for hybrid nodes have other names (facts §3). */
export const AGENT_SELECTOR =
  'app.kubernetes.io/instance=eks-pod-identity-agent';
const AGENT_NAMESPACE = 'kube-system';
const COMPUTE_TYPE_LABEL = 'eks.amazonaws.com/compute-type';

function isReady(pod: V1Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    condition => condition.type === 'Ready' && condition.status === 'True',
  );
}

function agentPodFact(pod: V1Pod): AgentPodFact {
  const waiting = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ].find(status => status.state?.waiting)?.state?.waiting;
  const scheduling = pod.status?.conditions?.find(
    condition =>
      condition.type === 'PodScheduled' && condition.status === 'False',
  );
  return {
    name: pod.metadata?.name ?? '',
    nodeName: pod.spec?.nodeName,
    ready: isReady(pod),
    waitingReason: waiting?.reason,
    message: waiting?.message ?? scheduling?.message,
  };
}

function nodeFact(node: V1Node): NodeFact {
  const labels = node.metadata?.labels ?? {};
  return {
    name: node.metadata?.name ?? '',
    computeType: labels[COMPUTE_TYPE_LABEL],
    os:
      labels['kubernetes.io/os'] ??
      node.status?.nodeInfo?.operatingSystem ??
      'linux',
    ready: (node.status?.conditions ?? []).some(
      condition => condition.type === 'Ready' && condition.status === 'True',
    ),
  };
}

async function agentNamespace(c: Collecting): Promise<string> {
  return valueOf(await c.get('addon'))?.namespace ?? AGENT_NAMESPACE;
}

export const collectNodes: Collector<'nodes'> = async c =>
  andThen(
    await askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'nodes' },
      (kubernetes, signal) => kubernetes.listNodes({ signal }),
    ),
    nodes => nodes.map(nodeFact),
  );

export const collectAgentDaemonSets: Collector<'agentDaemonSets'> = async c => {
  const namespace = await agentNamespace(c);
  return andThen(
    await askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'daemonsets', group: 'apps', namespace },
      (kubernetes, signal) =>
        kubernetes.listDaemonSets(
          { namespace, labelSelector: AGENT_SELECTOR },
          { signal },
        ),
    ),
    sets =>
      sets.map(set => ({
        namespace,
        name: set.metadata?.name ?? '',
        desired: set.status?.desiredNumberScheduled ?? 0,
        ready: set.status?.numberReady ?? 0,
      })),
  );
};

export const collectAgentPods: Collector<'agentPods'> = async c => {
  const namespace = await agentNamespace(c);
  return andThen(
    await askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'pods', namespace },
      (kubernetes, signal) =>
        kubernetes.listPods(
          { namespace, labelSelector: AGENT_SELECTOR },
          { signal },
        ),
    ),
    pods => pods.map(agentPodFact),
  );
};
