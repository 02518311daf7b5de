import {
  ALL_LEVELS,
  defineCheck,
  fail,
  note,
  pass,
  unknown,
  warn,
} from '../framework/check';
import { needsAgent } from './agentObjects';
import { valueOf } from '../framework/fact';
import { applyAddonCommand } from './addon';
import { lackOutcome, remedyOf } from '../access/lackOutcome';
import { installAgentCommand } from '../../identity/snippets';
import { voiceOf } from '../../text/voice';
import { capitalised } from '../../text/capitalised';

/** States in which EKS is at work on the add-on. */
const BUSY = new Set(['CREATING', 'UPDATING']);

/** The record of the add-on alone answers no pod. */
function withoutDaemonSet(
  status: string,
  config: Parameters<typeof applyAddonCommand>[0],
) {
  // In any other state EKS says why, which is the answer of agent.healthy.
  return (status === 'ACTIVE' ? fail : warn)(
    `EKS has the add-on eks-pod-identity-agent (${status}), but its DaemonSet is not in the cluster.`,
    {
      expected: 'a DaemonSet of the agent',
      observed: 'none',
      fix: BUSY.has(status)
        ? {
            cause: 'EKS is still making it.',
            actions: ['Wait a few minutes and verify again.'],
          }
        : {
            cause:
              'The DaemonSet was deleted, or EKS could not make it. EKS does not put it back by itself.',
            actions: ['Let EKS apply the add-on again with this command.'],
            commands: [applyAddonCommand(config)],
          },
    },
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
  uses: ['addon', 'agentDaemonSets', 'nodes', 'pods'],
  evaluate(
    { cluster, addon, agentDaemonSets, nodes, pods },
    { cluster: config },
  ) {
    if (addon.known && addon.value) {
      const { status } = addon.value;
      const needed = nodes.known
        ? nodes.value.filter(needsAgent).length > 0
        : !cluster?.autoMode;
      if (needed && valueOf(agentDaemonSets)?.length === 0) {
        return withoutDaemonSet(status, config);
      }
      if (!agentDaemonSets.known && status === 'CREATE_FAILED') {
        return warn(
          [
            'EKS could not make the add-on eks-pod-identity-agent (CREATE_FAILED); whether its DaemonSet is in the cluster cannot be told.',
            agentDaemonSets.lack.sentence,
          ],
          {
            expected: 'a DaemonSet of the agent',
            fix: {
              cause:
                'EKS says why: this report has it where it judges the health of the agent.',
              actions: ['Let EKS apply the add-on again with this command.'],
              commands: [applyAddonCommand(config)],
            },
          },
        );
      }
      return pass(
        `The add-on eks-pod-identity-agent${
          addon.value.version ? ` ${addon.value.version}` : ''
        } is installed${
          agentDaemonSets.known ? '' : '; its DaemonSet was not looked at'
        }.`,
      );
    }
    const set = valueOf(agentDaemonSets)?.[0];
    if (set) {
      return pass(
        `The agent runs as DaemonSet ${set.namespace}/${set.name}, without the EKS add-on.`,
      );
    }
    if (nodes.known && cluster?.autoMode) {
      const needing = nodes.value.filter(needsAgent);
      if (needing.length === 0) {
        return pass('EKS Auto Mode has the agent built into its nodes.');
      }
    }
    // Everything below says "there is no agent", which requires that all places were read.
    if (!addon.known) return lackOutcome(addon.lack, config);
    if (!agentDaemonSets.known) {
      return unknown(
        [
          'There is no add-on eks-pod-identity-agent; whether the agent was installed another way cannot be told.',
          agentDaemonSets.lack.sentence,
        ],
        remedyOf(agentDaemonSets.lack, config),
      );
    }
    if (cluster?.autoMode && !nodes.known)
      return lackOutcome(nodes.lack, config);
    const needing = (valueOf(nodes) ?? []).filter(needsAgent);
    const used = new Set((valueOf(pods) ?? []).map(pod => pod.nodeName));
    const spared =
      cluster?.autoMode &&
      pods.known &&
      pods.value.length > 0 &&
      !needing.some(node => used.has(node.name));
    const some = needing
      .slice(0, 3)
      .map(node => node.name)
      .join(', ');
    return (spared ? note : fail)(
      cluster?.autoMode
        ? `The agent is missing on ${
            needing.length === 1 ? 'the node' : `${needing.length} nodes`
          } that Auto Mode does not manage (${some})${
            spared ? '; none of the running pods is there' : ''
          }.`
        : 'The Pod Identity agent is not installed: neither as an add-on nor as a DaemonSet.',
      {
        expected: 'add-on eks-pod-identity-agent',
        observed: 'no add-on and no DaemonSet of that instance',
        fix: {
          cause:
            'Without the agent nothing answers when a pod asks for its credentials.',
          actions: [
            config.allow.installAgent
              ? `${capitalised(
                  voiceOf(config).again,
                )} if you may install the agent: it installs the add-on too. Else ask the cluster’s owner to run this command.`
              : "Let the cluster's owner install the add-on with this command.",
          ],
          commands: [installAgentCommand(config)],
          ...(config.allow.installAgent && !cluster?.autoMode
            ? { rerun: 'with-agent' as const }
            : {}),
        },
      },
    );
  },
});
