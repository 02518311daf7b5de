import type {
  AccessNodeCandidate,
  AccessNodeGroup,
  AccessNodeProgram,
} from 'backstage-plugin-eks-pod-identity-common';
import { withoutAgent } from '../verification/agent/agentObjects';
import { minuteOf } from '../text/minuteOf';
import { valueOf } from '../verification/framework/fact';
import { entry } from './asking';
import type { AccessFacts, NodeInUse, RoadlessPods } from './facts';
import { computeOf } from './obstacles';

/** Programs that a group keeps, and calls that a program does. */
export const MOST_NAMES = 10;
/** How many candidates of a group are kept, those with the most pods first. No card mentions the rest. */
const MOST_CANDIDATES = 200;
/** Nodes that one look searches for: AWS grants two searches a second. */
export const MOST_SEARCHES = 20;

/** A workload that may act as nodes, with how many of its pods run on which. */
type Candidate = Omit<AccessNodeCandidate, 'pods'> &
  Pick<RoadlessPods, 'nodes'>;

/** Nodes that were made alike, and the pods there that may act as them. */
export interface NodesTogether {
  kind: AccessNodeGroup['kind'];
  name?: string;
  nodes: NodeInUse[];
  candidates: Candidate[];
  /** Pods of the candidates by node. */
  pods: Map<string, number>;
  /** DaemonSets that belong to the nodes. */
  leftOut: number;
}

/** Pods get no role of the node on Fargate, and a hybrid node has none of EC2. */
const hasRole = (node: NodeInUse) =>
  withoutAgent(node, node.name) !== 'fargate' && node.computeType !== 'hybrid';

function belongingOf({
  computeType,
  group,
}: NodeInUse): Pick<NodesTogether, 'kind' | 'name'> {
  const name = group?.value;
  if (computeType === 'auto') return { kind: 'auto-mode', name };
  if (!group) return { kind: 'other' };
  const isPool = group.label.startsWith('karpenter.sh/');
  return { kind: isPool ? 'node-pool' : 'node-group', name };
}

/** What runs on every node for the node's own sake; `Node` is the owner of its static pods. */
const isOfNode = (namespace: string, { kind }: RoadlessPods) =>
  namespace === 'kube-system' && (kind === 'DaemonSet' || kind === 'Node');

/** Adds the pods of one workload to the groups on whose nodes they run. */
function addPods(
  account: string,
  workload: RoadlessPods,
  groups: ReadonlyMap<string, NodesTogether>,
): void {
  const [namespace, serviceAccount] = account.split('/');
  const found = new Map<NodesTogether, Candidate>();
  for (const [node, count] of workload.nodes) {
    const group = groups.get(node);
    if (!group) continue;
    let candidate = found.get(group);
    if (!candidate) {
      candidate = {
        namespace,
        serviceAccount,
        workload: `${workload.kind} ${workload.name}`,
        nodes: new Map(),
        ...(workload.hostNetwork ? { hostNetwork: true } : {}),
      };
      found.set(group, candidate);
    }
    candidate.nodes.set(node, count);
    if (isOfNode(namespace, workload)) continue;
    group.pods.set(node, (group.pods.get(node) ?? 0) + count);
  }
  for (const [group, candidate] of found) {
    if (isOfNode(namespace, workload)) group.leftOut += 1;
    else group.candidates.push(candidate);
  }
}

/** The groups whose nodes have a role, by kind and name. */
export function groupNodes({
  nodes,
  pods,
}: Pick<AccessFacts, 'nodes' | 'pods'>): NodesTogether[] {
  const groups = new Map<string, NodesTogether>();
  const byNode = new Map<string, NodesTogether>();
  for (const node of valueOf(nodes)?.values() ?? []) {
    if (!hasRole(node)) continue;
    const { kind, name } = belongingOf(node);
    const group = entry<NodesTogether>(groups, `${kind} ${name}`, () => ({
      kind,
      ...(name ? { name } : {}),
      nodes: [],
      candidates: [],
      pods: new Map(),
      leftOut: 0,
    }));
    group.nodes.push(node);
    byNode.set(node.name, group);
  }
  for (const [account, { roadless }] of valueOf(pods)?.of ?? []) {
    for (const workload of roadless.values()) {
      addPods(account, workload, byNode);
    }
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
}

/** The same program on several nodes is one. */
function programsOf(lists: readonly AccessNodeProgram[][]) {
  const found = new Map<string, AccessNodeProgram>();
  for (const one of lists.flat()) {
    const key = `${one.name} ${one.version}`;
    const before = found.get(key) ?? one;
    found.set(key, {
      ...one,
      lastAt: one.lastAt > before.lastAt ? one.lastAt : before.lastAt,
      calls: [...new Set([...before.calls, ...one.calls])].slice(0, MOST_NAMES),
    });
  }
  return [...found.values()]
    .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1))
    .slice(0, MOST_NAMES);
}

/** `2 of 12 nodes were looked at` */
function scopeOf({ nodes, lookedAt }: AccessNodeGroup): string {
  if (nodes === 1) return 'its only node was looked at';
  return lookedAt === nodes
    ? `all ${nodes} nodes were looked at`
    : `${lookedAt} of ${nodes} nodes ${
        lookedAt === 1 ? 'was' : 'were'
      } looked at`;
}

/** What is known of the pods that may have called, which run on as many nodes. */
function suspectsOf(count: number | undefined, acting: number): string {
  if (count === undefined) return 'the pods were not read';
  const there = acting === 1 ? 'on that node' : `on those ${acting} nodes`;
  if (count === 0) {
    return `no workload has pods without an identity of their own ${there} now`;
  }
  return count === 1
    ? `one workload has pods without an identity of their own ${there}`
    : `${count} workloads have pods without an identity of their own ${there}`;
}

function sentenceOf(
  group: AccessNodeGroup,
  { why, acting }: { why: string; acting: number },
): string {
  const { lookedAt, nodes, programs, since, candidateCount } = group;
  if (lookedAt === 0) {
    const none =
      nodes === 1 ? 'its only node was not' : `none of its ${nodes} nodes was`;
    return `Whether a program acts as the node is not known: ${none} looked at, because ${why}.`;
  }
  if (programs.length === 0) {
    return `CloudTrail shows no call as the node since ${minuteOf(
      since!,
    )}, except by SDKs that its own components use; ${scopeOf(group)}.`;
  }
  const named = programs
    .map(({ name, version, lastAt }) =>
      [name, version, `at ${minuteOf(lastAt)}`].filter(Boolean).join(' '),
    )
    .join(', ');
  return `Programs on ${
    acting === 1 ? 'one node' : `${acting} nodes`
  } of it call AWS as the node, last ${named}. CloudTrail does not record which pod it was; ${suspectsOf(
    candidateCount,
    acting,
  )}; ${scopeOf(group)}.`;
}

/** Those with pods on these nodes, the most pods first. */
const candidatesOn = (
  names: readonly string[],
  candidates: readonly Candidate[],
): AccessNodeCandidate[] =>
  candidates
    .map(({ nodes, ...candidate }) => ({
      ...candidate,
      pods: names.reduce((sum, name) => sum + (nodes.get(name) ?? 0), 0),
    }))
    .filter(({ pods }) => pods > 0)
    .sort((a, b) => b.pods - a.pods || (a.workload < b.workload ? -1 : 1));

/** Who acts as the nodes of each group: pure, as far as the search in CloudTrail tells. */
export function judgeNodeGroups(facts: AccessFacts): AccessNodeGroup[] {
  const { of, stopped } = valueOf(facts.nodeUse) ?? { of: new Map() };
  return groupNodes(facts).map(({ kind, name, nodes, ...found }) => {
    const ids = nodes.flatMap(({ instanceId }) => instanceId ?? []);
    const useOf = ({ instanceId }: NodeInUse) => of.get(instanceId ?? '');
    const uses = nodes.flatMap(node => useOf(node) ?? []);
    const since = uses
      .map(use => use.since)
      .sort()
      .at(-1);
    const acting = nodes.filter(node => useOf(node)?.programs.length);
    const calling = acting.flatMap(node => useOf(node) ?? []);
    const roles = (calling.length ? calling : uses).flatMap(use => use.roles);
    const candidates = candidatesOn(
      acting.map(node => node.name),
      found.candidates,
    );
    const group: AccessNodeGroup = {
      kind,
      ...(name ? { name } : {}),
      nodes: nodes.length,
      lookedAt: uses.length,
      ...(since ? { since } : {}),
      compute: [
        ...new Set(nodes.map(node => computeOf(node, node.name))),
      ].sort(),
      roles: [...new Set(roles)].sort(),
      programs: programsOf(uses.map(({ programs }) => programs)),
      ...(facts.pods.known && acting.length > 0
        ? {
            candidates: candidates.slice(0, MOST_CANDIDATES),
            candidateCount: candidates.length,
            ...(found.leftOut ? { leftOut: found.leftOut } : {}),
          }
        : {}),
      sentence: '',
    };
    const left = stopped
      ? 'the search in CloudTrail failed before'
      : `one look searches for ${MOST_SEARCHES} nodes at most`;
    const why = ids.length
      ? left
      : `the cluster names no EC2 instance of ${
          nodes.length === 1 ? 'it' : 'them'
        }`;
    return {
      ...group,
      sentence: sentenceOf(group, { why, acting: acting.length }),
    };
  });
}
