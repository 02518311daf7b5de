import { defineCheck, fail, note, pass, warn } from '../framework/check';
import { withoutAgent } from '../agent/agentObjects';
import { valueOf } from '../framework/fact';
import type { Command } from '../../text/bash';
import type { NodeFact } from '../framework/facts/agent';
import type { PodFact } from '../framework/facts/workloads';
import { proxyCommands, STANDARD_MODE_COMMANDS } from './outOfReach';
import { consequenceOf, type KnownSdks, mattersTo, sdksOf } from './sdks';
import {
  byOwner,
  changedElsewhere,
  counts,
  restartCommands,
  runningOf,
  runs,
} from '../framework/workloadsOf';

export const FARGATE_PROFILE = 'eks.amazonaws.com/fargate-profile';

interface Trouble {
  what: string;
  action: string;
  commands?: (pods: readonly PodFact[], namespace: string) => Command[];
  /** The command changes the pod template. */
  template?: boolean;
  /** It does harm only by something that is out of sight. */
  unsure?: boolean;
  /** There is no Pod Identity at all. */
  never?: boolean;
}

function troublesOf(
  pod: PodFact,
  node: NodeFact | undefined,
  podSecurityGroups: 'standard' | 'strict' | 'unseen',
  sdks: KnownSdks | undefined,
): Trouble[] {
  const found: Trouble[] = [];
  const place = withoutAgent(node, pod.nodeName);
  if (place === 'fargate') {
    const profile = pod.labels[FARGATE_PROFILE];
    found.push({
      never: true,
      what: 'run on Fargate, where there is no agent',
      action: `Move the workload to EC2 nodes or Auto Mode, or use IRSA for it. ${
        profile ? `The Fargate profile ${profile}` : 'A Fargate profile'
      } takes these pods; it cannot be changed, so its owner makes one that leaves them out and deletes this one.`,
    });
  }
  if (place === 'windows') {
    found.push({
      never: true,
      what: 'run on Windows nodes, which Pod Identity does not support',
      action:
        'Use IRSA for this workload; or move it to Linux nodes, if its image runs there.',
    });
  }
  if (pod.hostNetwork) {
    found.push({
      what: 'use the network of their node, which works with the VPC CNI of AWS and was reported once to fail with another',
      action:
        'If their calls fail, set hostNetwork: false in the pod template where possible.',
      unsure: true,
    });
  }
  const containers = pod.containers.filter(counts);
  const proxies = containers.map(container => container.proxied);
  if (proxies.includes('yes')) {
    found.push({
      what: `send requests to the agent through a proxy${consequenceOf(
        'proxy',
        sdks,
      )}`,
      unsure: !mattersTo('proxy', sdks),
      action:
        'Add 169.254.170.23 and [fd00:ec2::23] to NO_PROXY in the pod template; 169.254.169.254 is another address.',
      commands: proxyCommands,
      template: true,
    });
  } else if (proxies.includes('unseen')) {
    const held = containers.find(one => one.proxyExceptionIn)?.proxyExceptionIn;
    found.push({
      what: `have a proxy${consequenceOf(
        'proxy',
        sdks,
      )} unless a NO_PROXY that is not read here names 169.254.170.23`,
      action: `See to it that NO_PROXY holds 169.254.170.23 and [fd00:ec2::23]${
        held ? `; it comes from ${held}` : ''
      }.`,
      unsure: true,
    });
  }
  if (pod.podEni && podSecurityGroups !== 'standard') {
    const unsure = podSecurityGroups === 'unseen';
    found.push({
      what: unsure
        ? 'have security groups of their own, which in strict mode cut them off from the agent; the mode of the VPC CNI cannot be seen'
        : 'have security groups of their own, and the VPC CNI is in strict mode, which cuts them off from the agent',
      unsure,
      action:
        'Set POD_SECURITY_GROUP_ENFORCING_MODE=standard on the VPC CNI (aws-node), in the configuration of its add-on where EKS manages it, then recreate the pods: the mode is that of their start.',
      commands: (pods, namespace) => [
        ...STANDARD_MODE_COMMANDS,
        ...restartCommands(namespace, byOwner(pods)),
      ],
    });
  }
  return found;
}

export const workloadsUnsupported = defineCheck({
  id: 'workloads.unsupported',
  category: 'workloads',
  title: 'The pods run where Pod Identity works',
  question:
    'Do running pods use Fargate, Windows, a proxy, the host network or security groups that keep the agent away?',
  neededBy: [],
  needs: ['pods'],
  uses: ['nodes', 'cni', 'evidence'],
  evaluate({ pods: all, nodes, cni, evidence }, { ref, sdk }) {
    const byName = new Map(
      (valueOf(nodes) ?? []).map(node => [node.name, node]),
    );
    // Where no agent can be, it does not matter whether the pod has started.
    const never = all.filter(({ nodeName = '' }) =>
      withoutAgent(byName.get(nodeName), nodeName),
    );
    const seen = runningOf(all);
    if ('none' in seen && never.length === 0) return seen.none;
    const pods = all.filter(pod => never.includes(pod) || runs(pod));
    const called = pods.every(runs) ? 'running pods' : 'pods';
    const mode = valueOf(cni)?.podSecurityGroups ?? 'unseen';
    const sdks = sdksOf(evidence, pods, sdk);
    const byWhat = new Map<string, Trouble & { pods: PodFact[] }>();
    for (const pod of pods) {
      const node = byName.get(pod.nodeName ?? '');
      for (const trouble of troublesOf(pod, node, mode, sdks)) {
        const entry = byWhat.get(trouble.what) ?? { ...trouble, pods: [] };
        entry.pods.push(pod);
        byWhat.set(trouble.what, entry);
      }
    }
    const troubles = [...byWhat.values()].sort(
      (one, other) => Number(one.unsure ?? 0) - Number(other.unsure ?? 0),
    );
    if (troubles.length === 0) {
      return pass(
        nodes.known
          ? 'The running pods are where Pod Identity works.'
          : 'Nothing in the specs of the running pods keeps Pod Identity from them; their nodes were not looked at.',
      );
    }
    const lost = troubles
      .filter(one => one.never)
      .reduce((sum, one) => sum + one.pods.length, 0);
    const partly = troubles.every(one => one.unsure) ? note : warn;
    const placed = pods.filter(pod => pod.nodeName).length;
    const say = lost > 0 && lost === placed ? fail : partly;
    const sentences = troubles.map(
      ({ what, pods: affected }) =>
        `${affected.length} of ${pods.length} ${called} ${what}`,
    );
    return say(`${sentences.join('; ')}.`, {
      lacking: troubles
        .filter(one => !one.unsure)
        .map(one => ({
          how: 'identity',
          pods: one.pods.map(({ name }) => name),
        })),
      observed: troubles[0].pods
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', '),
      fix: {
        cause:
          'The webhook gives every pod the variables, also where nothing can answer them.',
        actions: troubles.flatMap(({ action, template, pods: affected }) => [
          action,
          ...(template ? changedElsewhere(byOwner(affected)) : []),
        ]),
        commands: troubles.flatMap(
          ({ commands, unsure, pods: affected }) =>
            (!unsure && commands?.(affected, ref.namespace)) || [],
        ),
      },
    });
  },
});
