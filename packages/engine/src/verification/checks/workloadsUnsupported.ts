import { defineCheck, pass, skip, warn } from '../check';
import { valueOf } from '../facts/fact';
import type { NodeFact, PodFact } from '../facts/types';

interface Trouble {
  what: string;
  action: string;
}

function troublesOf(pod: PodFact, node: NodeFact | undefined): Trouble[] {
  const found: Trouble[] = [];
  if (node?.computeType === 'fargate' || pod.nodeName?.startsWith('fargate-')) {
    found.push({
      what: 'run on Fargate, where there is no agent',
      action:
        'Move the workload to EC2 nodes or Auto Mode, or use IRSA for it.',
    });
  }
  if (node?.os === 'windows') {
    found.push({
      what: 'run on Windows nodes, which Pod Identity does not support',
      action: 'Use IRSA for this workload.',
    });
  }
  if (pod.hostNetwork) {
    found.push({
      what: 'use the network of their node, for which Pod Identity is reported to fail',
      action: 'Set hostNetwork: false in the pod template if it can be.',
    });
  }
  if (pod.containers.some(container => container.proxied)) {
    found.push({
      what: 'send requests to the agent through a proxy',
      action:
        'Add 169.254.170.23 and [fd00:ec2::23] to NO_PROXY in the pod template.',
    });
  }
  if (pod.podEni) {
    found.push({
      what: 'have security groups of their own, which in strict mode cut them off from the agent',
      action:
        'Set POD_SECURITY_GROUP_ENFORCING_MODE=standard on the VPC CNI (aws-node).',
    });
  }
  return found;
}

export const workloadsUnsupported = defineCheck({
  id: 'workloads.unsupported',
  category: 'workloads',
  title: 'The pods run where Pod Identity works',
  question:
    'Do running pods use Fargate, Windows, the host network, a proxy or security groups that keep the agent away?',
  neededBy: [],
  needs: ['pods'],
  uses: ['nodes'],
  evaluate({ pods, nodes }) {
    if (pods.length === 0) {
      return skip('Not applicable: no pod runs under this ServiceAccount.');
    }
    const byName = new Map(
      (valueOf(nodes) ?? []).map(node => [node.name, node]),
    );
    const byWhat = new Map<string, { action: string; pods: string[] }>();
    for (const pod of pods) {
      const node = byName.get(pod.nodeName ?? '');
      for (const { what, action } of troublesOf(pod, node)) {
        const entry = byWhat.get(what) ?? { action, pods: [] };
        entry.pods.push(pod.name);
        byWhat.set(what, entry);
      }
    }
    if (byWhat.size === 0) {
      return pass('The running pods are where Pod Identity works.');
    }
    const sentences = [...byWhat].map(
      ([what, entry]) =>
        `${entry.pods.length} of ${pods.length} running pods ${what}`,
    );
    return warn(`${sentences.join('; ')}.`, {
      observed: [...byWhat.values()][0].pods.slice(0, 5).join(', '),
      fix: {
        cause:
          'The webhook gives every pod the variables, also where nothing can answer them.',
        actions: [...byWhat.values()].map(entry => entry.action),
      },
    });
  },
});
