import type { NodeFact } from '../framework/facts/agent';
import { NODEGROUP_LABEL, withoutAgent } from './agentObjects';

/** By label, what made a node. */
const MAKERS: readonly [label: string, what: string][] = [
  [NODEGROUP_LABEL, 'node group'],
  ['alpha.eksctl.io/nodegroup-name', 'node group'],
  ['karpenter.sh/nodepool', 'node pool'],
];

/** Nodes that were made alike, by the label that they share. */
export interface NodeGroup {
  label: string;
  value: string;
  /** `node group a` */
  words: string;
}

export function groupOf(node: NodeFact | undefined): NodeGroup | undefined {
  for (const [label, what] of MAKERS) {
    const value = node?.labels[label];
    if (value !== undefined) return { label, value, words: `${what} ${value}` };
  }
  return undefined;
}

/** `in node group a`: where a node belongs. */
export function whereIs(name: string, node: NodeFact | undefined): string {
  if (withoutAgent(node, name) === 'fargate') return 'on Fargate';
  const group = groupOf(node);
  if (group) return `in ${group.words}`;
  return node?.computeType === 'auto' ? 'in Auto Mode' : 'outside node groups';
}
