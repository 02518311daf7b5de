import {
  defineCheck,
  fail,
  pass,
  skip,
  unknown,
  warn,
} from '../framework/check';
import { withoutAgent } from './agentObjects';
import { valueOf } from '../framework/fact';
import type { AgentPodFact, NodeFact } from '../framework/facts/agent';
import { nodeTrouble, podTrouble } from './trouble';
import { hybridFix } from './hybrid';
import { lackOutcome, remedyOf } from '../access/lackOutcome';

/** Is there an agent for pods of this node? undefined: another check is about this kind of node. */
function judge(
  node: NodeFact | undefined,
  agents: readonly AgentPodFact[],
  name: string,
): 'covered' | 'missing' | undefined {
  if (node?.computeType === 'auto') return 'covered';
  if (withoutAgent(node, name)) return undefined;
  return agents.some(agent => agent.nodeName === name && agent.ready)
    ? 'covered'
    : 'missing';
}

export const agentOnNode = defineCheck({
  id: 'agent.on-node',
  category: 'agent',
  title: 'The agent runs on the pod’s node',
  question:
    'Is a ready agent on every node where this service account’s pods run?',
  neededBy: ['pod'],
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
  ],
  needs: [],
  uses: ['nodes', 'agentPods', 'pods', 'podRun', 'addon', 'agentDaemonSets'],
  evaluate(
    { nodes, agentPods, pods, podRun, addon, agentDaemonSets },
    { cluster },
  ) {
    const probed = valueOf(podRun)?.nodeName;
    const running = (valueOf(pods) ?? [])
      .map(pod => pod.nodeName)
      .filter((name): name is string => name !== undefined);
    const names = [...new Set([...(probed ? [probed] : []), ...running])];
    if (names.length === 0) {
      return pods.known
        ? skip('Not checked: no pod of this service account is on a node.')
        : lackOutcome(pods.lack, cluster);
    }
    const byName = new Map(
      (valueOf(nodes) ?? []).map(node => [node.name, node]),
    );
    const agents = valueOf(agentPods) ?? [];
    const owner = {
      config: cluster,
      addon: valueOf(addon),
      sets: valueOf(agentDaemonSets),
    };
    const verdicts = names.map(name => ({
      name,
      verdict: judge(byName.get(name), agents, name),
    }));
    const missing = verdicts.filter(one => one.verdict === 'missing');
    if (missing.length) {
      if (!agentPods.known) return lackOutcome(agentPods.lack, cluster);
      if (!nodes.known) {
        return unknown(
          [
            `No agent pod is on ${missing
              .map(one => one.name)
              .join(
                ', ',
              )}; whether these are Auto Mode nodes, which need none, cannot be told.`,
            nodes.lack.sentence,
          ],
          remedyOf(nodes.lack, cluster),
        );
      }
      const hybrid = missing
        .map(one => byName.get(one.name))
        .find(one => one?.computeType === 'hybrid');
      const list = missing.map(one => one.name).join(', ');
      // A pod that starts now may go to another node, so it is only these pods that lack it.
      const elsewhere =
        verdicts.some(one => one.verdict === 'covered') &&
        !missing.some(one => one.name === probed);
      const there = (valueOf(pods) ?? []).filter(pod =>
        missing.some(one => one.name === pod.nodeName),
      );
      return (elsewhere ? warn : fail)(
        `No ready agent is on ${
          missing.length === 1 ? 'the node' : 'the nodes'
        } ${list}, so pods there get no credentials.`,
        {
          lacking: [
            { how: 'identity', pods: there.map(({ name: pod }) => pod) },
          ],
          expected: 'a ready agent pod on the node',
          observed:
            agents
              .filter(agent => missing.some(one => one.name === agent.nodeName))
              .map(agent => `${agent.name} ${podTrouble(agent, owner).what}`)
              .join('; ') || 'none',
          resource: { kind: 'node', name: missing[0].name },
          explainedBy: {
            oneOf: hybrid ? [] : ['agent.installed', 'agent.healthy'],
          },
          fix: hybrid
            ? hybridFix(hybrid, owner)
            : nodeTrouble(
                missing[0].name,
                byName.get(missing[0].name),
                agents,
                owner,
              ),
        },
      );
    }
    const covered = verdicts.filter(one => one.verdict === 'covered');
    if (covered.length === 0) {
      return skip(
        'Not checked: all pods run where there is no agent at all, which this report judges by itself.',
      );
    }
    if (!pods.known) {
      return pass(
        `A ready agent is on node ${covered[0].name} of the test pod; the nodes of the service account's pods were not looked at.`,
      );
    }
    return pass(
      covered.length === 1
        ? `A ready agent is on node ${covered[0].name}.`
        : `A ready agent is on all ${covered.length} nodes of this service account's pods.`,
    );
  },
});
