import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { whereIs } from '../agent/nodeGroups';
import type { Outcome } from '../framework/check';
import { type Fact, valueOf } from '../framework/fact';
import type { FactTypes } from '../framework/facts';
import type { NodeFact } from '../framework/facts/agent';
import type { PodFact } from '../framework/facts/workloads';
import { runs } from '../framework/workloadsOf';
import { obtainedBy, presentSince } from '../workloads/obtainedByPods';

/** Most groups that the sentence names. */
const MOST = 5;

/** Nodes on which running pods obtained the role themselves, as it is now. */
function ofApplication(
  running: readonly PodFact[],
  evidence: Fact<FactTypes['evidence']>,
  since: number,
): (string | undefined)[] {
  const read = valueOf(evidence);
  if (read?.state !== 'read') return [];
  return obtainedBy(running, read, since).obtained.map(
    ({ nodeName }) => nodeName,
  );
}

/**
 * On how many of the nodes in use, which run pods of the service account, a pod obtained the credentials: every node has
 * an agent of its own. Undefined where no pod runs, and where this cannot be told.
 */
export function nodesProven(
  probed: string | undefined,
  facts: {
    pods: Fact<readonly PodFact[]>;
    nodes: Fact<readonly NodeFact[]>;
    evidence: Fact<FactTypes['evidence']>;
    association: Association | undefined;
    role: Role | undefined;
  },
): { sentence?: string; counts: Outcome['counts'] } | undefined {
  const running = (valueOf(facts.pods) ?? []).filter(runs);
  const inUse = [...new Set(running.flatMap(({ nodeName }) => nodeName ?? []))];
  if (!probed || inUse.length === 0) return undefined;
  const itself = ofApplication(
    running,
    facts.evidence,
    presentSince(facts.association, facts.role),
  );
  const byItself = inUse.filter(
    name => name !== probed && itself.includes(name),
  );
  const isProven = (name: string) => name === probed || byItself.includes(name);
  const good = inUse.filter(isProven).length;
  const all = inUse.length;
  const counts = { what: 'nodes', good, all } as const;
  if (good === 1 && all === 1) return { counts };
  const begin = inUse.includes(probed)
    ? 'So'
    : 'No running pod is on that node, so';
  const others = byItself.length
    ? ` (${byItself.length} by the application itself)`
    : '';
  return {
    counts,
    sentence: `${begin} this is proven on ${good} of ${all} ${
      all === 1 ? 'node' : 'nodes'
    } in use${others}${byGroup(inUse, isProven, valueOf(facts.nodes))}.`,
  };
}

/** `: 1 of 2 in node group a, 0 of 1 on Fargate` */
function byGroup(
  names: readonly string[],
  isProven: (name: string) => boolean,
  nodes: readonly NodeFact[] | undefined,
): string {
  if (!nodes) return '';
  const groups = new Map<string, { good: number; all: number }>();
  for (const name of names) {
    const group = whereIs(
      name,
      nodes.find(node => node.name === name),
    );
    const { good, all } = groups.get(group) ?? { good: 0, all: 0 };
    groups.set(group, { good: good + Number(isProven(name)), all: all + 1 });
  }
  const [[only], ...others] = groups;
  if (others.length === 0) {
    const word = names.length === 2 ? 'both' : 'all';
    return names.length === 1 ? `, ${only}` : `, ${word} of which are ${only}`;
  }
  const shown = [...groups]
    .sort(([, one], [, other]) => other.good - one.good || other.all - one.all)
    .map(([group, { good, all }]) => `${good} of ${all} ${group}`);
  const more = shown.length - MOST;
  return `: ${shown.slice(0, MOST).join(', ')}${
    more > 0 ? ` and ${more} groups more` : ''
  }`;
}
