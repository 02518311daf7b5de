import { whereIs } from '../agent/nodeGroups';
import type { Outcome } from '../framework/check';
import { type Fact, valueOf } from '../framework/fact';
import type { FactTypes } from '../framework/facts';
import type { NodeFact } from '../framework/facts/agent';
import type { PodRunFact } from '../framework/facts/probe';
import type { PodFact } from '../framework/facts/workloads';
import { runs } from '../framework/workloadsOf';
import {
  notCompared,
  obtainedBy,
  provesSince,
} from '../workloads/obtainedByPods';
import { readAgentAnswer } from './agentErrors';

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

export interface NodesProven {
  /** `1 of 2 nodes in use, …`; absent where there is one alone. */
  on?: string;
  /** Those on which a probe got credentials, and which run no pod of the service account. */
  idle: string[];
  counts: NonNullable<Outcome['counts']>;
}

/** The nodes on which an agent answered these probes, and those on which it gave them nothing. */
function nodesOf(probes: readonly Fact<PodRunFact>[]) {
  const answered: string[] = [];
  const refused: string[] = [];
  for (const probe of probes) {
    const { nodeName, identity } = valueOf(probe) ?? {};
    if (!nodeName || !identity) continue;
    const { kind } = readAgentAnswer(identity);
    (kind === 'answered' ? answered : refused).push(nodeName);
  }
  return { answered, refused };
}

/**
 * On how many of the nodes in use, which run pods of the service account, a pod obtained the credentials: every node has
 * an agent of its own. Undefined where no pod runs, and where this cannot be told.
 */
export function nodesProven(
  probes: readonly Fact<PodRunFact>[],
  facts: {
    pods: Fact<readonly PodFact[]>;
    nodes: Fact<readonly NodeFact[]>;
    evidence: Fact<FactTypes['evidence']>;
    association: Fact<FactTypes['association']>;
    role: Fact<FactTypes['role']>;
  },
): NodesProven | undefined {
  const { answered, refused } = nodesOf(probes);
  const running = (valueOf(facts.pods) ?? []).filter(runs);
  const inUse = [...new Set(running.flatMap(({ nodeName }) => nodeName ?? []))];
  if (answered.length === 0 || inUse.length === 0) return undefined;
  const since = provesSince(facts.association, facts.role);
  const itself = ofApplication(running, facts.evidence, since);
  const byItself = inUse.filter(
    name =>
      itself.includes(name) &&
      !answered.includes(name) &&
      !refused.includes(name),
  );
  const isProven = (name: string) =>
    answered.includes(name) || byItself.includes(name);
  const good = inUse.filter(isProven).length;
  const all = inUse.length;
  const idle = answered.filter(name => !inUse.includes(name));
  const counts = { what: 'nodes', good, all } as const;
  if (good === 1 && all === 1) return { idle, counts };
  const but = notCompared(facts);
  const others = byItself.length
    ? ` (${byItself.length} by the application itself${but ? `; ${but}` : ''})`
    : '';
  return {
    idle,
    counts,
    on: `${good} of ${all} ${
      all === 1 ? 'node' : 'nodes'
    } in use${others}${byGroup(inUse, isProven, valueOf(facts.nodes))}`,
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
