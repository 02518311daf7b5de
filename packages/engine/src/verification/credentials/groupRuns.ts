import { withoutAgent } from '../agent/agentObjects';
import { groupOf, type NodeGroup } from '../agent/nodeGroups';
import type { Collector } from '../framework/collecting';
import { known, lacking } from '../framework/fact';
import type { NodeFact } from '../framework/facts/agent';
import type { GroupRunFact } from '../framework/facts/probe';
import type { PodFact } from '../framework/facts/workloads';
import { runs } from '../framework/workloadsOf';
import { runPod } from './podRun';

/** The newest running pod of each node group in use where an agent can be, but for the group of the first probe. */
export function otherGroups(
  probed: string | undefined,
  pods: readonly PodFact[],
  nodes: readonly NodeFact[],
): { group: NodeGroup; pod: PodFact }[] {
  const nodeOf = (name: string | undefined) =>
    nodes.find(node => node.name === name);
  const seen = new Set([groupOf(nodeOf(probed))?.words]);
  return pods.filter(runs).flatMap(pod => {
    const node = nodeOf(pod.nodeName);
    const group = groupOf(node);
    if (!group || seen.has(group.words)) return [];
    if (withoutAgent(node, pod.nodeName)) return [];
    seen.add(group.words);
    return { group, pod };
  });
}

/** One probe after the other: each ends and is deleted before the next one starts. */
export const collectGroupRuns: Collector<'groupRuns'> = async c => {
  const first = await c.get('podRun');
  if (!first.known) return first;
  const [pods, nodes] = await Promise.all([c.get('pods'), c.get('nodes')]);
  if (!pods.known) return lacking(pods.lack);
  if (!nodes.known) return lacking(nodes.lack);
  const all: GroupRunFact[] = [];
  const probed = first.value.nodeName;
  for (const { group, pod } of otherGroups(probed, pods.value, nodes.value)) {
    const { label, value, words } = group;
    await c.tell(`A probe in ${words} is next.`);
    const nodeSelector = { ...pod.placement.nodeSelector, [label]: value };
    const placement = { ...pod.placement, nodeSelector };
    const run = await runPod(c, { owner: pod.owner, placement });
    all.push({ group: words, run });
  }
  return known(all);
};
