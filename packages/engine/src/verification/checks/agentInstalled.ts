import { ALL_LEVELS, defineCheck, fail, pass, unknown } from '../check';
import { valueOf } from '../facts/fact';
import { lackOutcome } from '../fixes/lackOutcome';
import { installAgentCommand } from '../../identity/snippets';
import type { NodeFact } from '../facts/types';

/** Nodes that only get the agent from the add-on's DaemonSet. */
function nodesNeedingAgent(nodes: readonly NodeFact[]): NodeFact[] {
  return nodes.filter(
    node =>
      node.os === 'linux' &&
      node.computeType !== 'auto' &&
      node.computeType !== 'fargate',
  );
}

export const agentInstalled = defineCheck({
  id: 'agent.installed',
  category: 'agent',
  title: 'The Pod Identity agent is installed',
  question:
    'Is the agent there, as an add-on, as a DaemonSet or as part of Auto Mode?',
  neededBy: ALL_LEVELS,
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
  ],
  needs: ['cluster'],
  uses: ['addon', 'agentDaemonSets', 'nodes'],
  evaluate({ cluster, addon, agentDaemonSets, nodes }, { cluster: config }) {
    if (addon.known && addon.value) {
      return pass(
        `The add-on eks-pod-identity-agent${
          addon.value.version ? ` ${addon.value.version}` : ''
        } is installed.`,
      );
    }
    const set = valueOf(agentDaemonSets)?.[0];
    if (set) {
      return pass(
        `The agent runs as DaemonSet ${set.namespace}/${set.name}, without the EKS add-on.`,
      );
    }
    if (nodes.known && cluster?.autoMode) {
      const needing = nodesNeedingAgent(nodes.value);
      if (needing.length === 0) {
        return pass('EKS Auto Mode has the agent built into its nodes.');
      }
    }
    // Everything below says "there is no agent", which requires that all places were read.
    if (!addon.known) return lackOutcome(addon.lack);
    if (!agentDaemonSets.known) {
      return unknown(
        `There is no add-on eks-pod-identity-agent; whether the agent was installed another way cannot be told. ${agentDaemonSets.lack.sentence}`,
        { fix: lackOutcome(agentDaemonSets.lack).fix },
      );
    }
    if (cluster?.autoMode && !nodes.known) return lackOutcome(nodes.lack);
    const needing = nodesNeedingAgent(valueOf(nodes) ?? []);
    const some = needing
      .slice(0, 3)
      .map(node => node.name)
      .join(', ');
    return fail(
      cluster?.autoMode
        ? `The agent is missing on ${
            needing.length === 1 ? 'the node' : `${needing.length} nodes`
          } that Auto Mode does not manage (${some}).`
        : 'The Pod Identity agent is not installed: neither as an add-on nor as a DaemonSet.',
      {
        expected: 'add-on eks-pod-identity-agent',
        observed: 'no add-on and no DaemonSet of that instance',
        fix: {
          cause:
            'Without the agent nothing answers when a pod asks for its credentials.',
          actions: [
            config.allow.installAgent
              ? 'Run "Give a component an AWS identity" again with "install the agent", or ask the cluster’s owner to run this command.'
              : "Let the cluster's owner install the add-on with this command.",
          ],
          snippet: { language: 'bash', text: installAgentCommand(config) },
        },
      },
    );
  },
});
