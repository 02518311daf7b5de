import { defineCheck, fail, pass, skip, unknown, warn } from '../check';
import { valueOf } from '../facts/fact';
import type { AgentPodFact, NodeFact } from '../facts/types';
import { lackOutcome, remedyOf } from '../fixes/lackOutcome';
import { bash } from '../shell';

/** Is there an agent for pods of this node? undefined: another check is about this kind of node. */
function judge(
  node: NodeFact | undefined,
  agents: readonly AgentPodFact[],
  name: string,
): 'covered' | 'missing' | undefined {
  if (node?.computeType === 'auto') return 'covered';
  if (node?.computeType === 'fargate' || node?.os === 'windows') {
    return undefined;
  }
  return agents.some(agent => agent.nodeName === name && agent.ready)
    ? 'covered'
    : 'missing';
}

export const agentOnNode = defineCheck({
  id: 'agent.on-node',
  category: 'agent',
  title: 'The agent runs on the pod’s node',
  question:
    'Is a ready agent on every node where this ServiceAccount’s pods run?',
  neededBy: ['pod'],
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
  ],
  needs: [],
  uses: ['nodes', 'agentPods', 'pods', 'podRun'],
  evaluate({ nodes, agentPods, pods, podRun }) {
    const probed = valueOf(podRun)?.nodeName;
    const running = (valueOf(pods) ?? [])
      .map(pod => pod.nodeName)
      .filter((name): name is string => name !== undefined);
    const names = [...new Set([...(probed ? [probed] : []), ...running])];
    if (names.length === 0) {
      return pods.known
        ? skip('Not checked: no pod of this ServiceAccount is on a node.')
        : lackOutcome(pods.lack);
    }
    const byName = new Map(
      (valueOf(nodes) ?? []).map(node => [node.name, node]),
    );
    const agents = valueOf(agentPods) ?? [];
    const verdicts = names.map(name => ({
      name,
      verdict: judge(byName.get(name), agents, name),
    }));
    const missing = verdicts.filter(one => one.verdict === 'missing');
    if (missing.length) {
      if (!agentPods.known) return lackOutcome(agentPods.lack);
      if (!nodes.known) {
        return unknown(
          `No agent pod is on ${missing
            .map(one => one.name)
            .join(
              ', ',
            )}; whether these are Auto Mode nodes, which need none, cannot be told. ${
            nodes.lack.sentence
          }`,
          remedyOf(nodes.lack),
        );
      }
      const hybrid = missing
        .map(one => byName.get(one.name))
        .find(one => one?.computeType === 'hybrid');
      const set = hybrid?.bottlerocket ? 'hybrid-bottlerocket' : 'hybrid';
      const since = hybrid?.bottlerocket ? 'v1.3.7-eksbuild.2' : 'v1.3.3';
      const list = missing.map(one => one.name).join(', ');
      // A probe that succeeded on its own node, with an agent, says nothing about these.
      const elsewhere =
        valueOf(podRun)?.identity.exitCode === 0 &&
        probed !== undefined &&
        !missing.some(one => one.name === probed);
      return (elsewhere ? warn : fail)(
        `No ready agent is on ${
          missing.length === 1 ? 'the node' : 'the nodes'
        } ${list}, so pods there get no credentials.`,
        {
          expected: 'a ready agent pod on the node',
          observed:
            agents
              .filter(agent => missing.some(one => one.name === agent.nodeName))
              .map(
                agent =>
                  `${agent.name} ${
                    agent.waitingReason ?? agent.message ?? 'not ready'
                  }`,
              )
              .join('; ') || 'none',
          resource: { kind: 'node', name: missing[0].name },
          suspects: hybrid ? [] : ['agent.installed', 'agent.healthy'],
          fix: {
            cause: hybrid
              ? `Hybrid nodes${
                  hybrid.bottlerocket ? ' with Bottlerocket' : ''
                } have an agent DaemonSet of their own, which is off by default.`
              : 'The DaemonSet has no ready pod there: the pod is not scheduled, or it does not start.',
            actions: [
              hybrid
                ? `Set {"daemonsets":{"${set}":{"create":true}}} in the configuration of the add-on, version ${since} or later.`
                : 'Look at the agent pod of that node; if there is none, at the taints of the node.',
            ],
            snippet: {
              language: 'bash',
              text: bash`kubectl get pods -A -l app.kubernetes.io/instance=eks-pod-identity-agent --field-selector spec.nodeName=${missing[0].name}`,
            },
          },
        },
      );
    }
    const covered = verdicts.filter(one => one.verdict === 'covered');
    if (covered.length === 0) {
      return skip(
        'Not checked: all pods run where there is no agent at all; see workloads.unsupported.',
      );
    }
    return pass(
      covered.length === 1
        ? `A ready agent is on node ${covered[0].name}.`
        : `A ready agent is on all ${covered.length} nodes of this ServiceAccount's pods.`,
    );
  },
});
