import { matchesExpression } from '../model/selectors';
import { KubeObject } from '../types';
import { parseQuantity } from '../validation/quantity';

/** Whether a toleration lets a pod onto a node with this taint. */
export function tolerates(tolerations: any[] = [], taint: any): boolean {
  return tolerations.some(t => {
    const effect = !t.effect || t.effect === taint.effect;
    if (t.operator === 'Exists') {
      return effect && (!t.key || t.key === taint.key);
    }
    return (
      effect && t.key === taint.key && (t.value ?? '') === (taint.value ?? '')
    );
  });
}

/** The first taint that a pod does not tolerate, ignoring PreferNoSchedule. */
export const untolerated = (pod: any, node: KubeObject) =>
  (node.spec?.taints ?? []).find(
    (taint: any) =>
      taint.effect !== 'PreferNoSchedule' && !tolerates(pod.tolerations, taint),
  );

function matchesTerm(term: any, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const byLabel = (term.matchExpressions ?? []).every((e: any) =>
    matchesExpression(e, labels[e.key]),
  );
  const byField = (term.matchFields ?? []).every((e: any) =>
    matchesExpression(
      e,
      e.key === 'metadata.name' ? node.metadata.name : undefined,
    ),
  );
  return byLabel && byField;
}

/** Whether a node satisfies a pod's nodeSelector and required node affinity. */
export function matchesNode(pod: any, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const bySelector = Object.entries(pod.nodeSelector ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  const terms =
    pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  return bySelector && (!terms || terms.some((t: any) => matchesTerm(t, node)));
}

/** Sum of the requests of a pod's containers. */
const requested = (pod: any, resource: string): number =>
  (pod.containers ?? []).reduce(
    (sum: number, c: any) =>
      sum + (parseQuantity(c.resources?.requests?.[resource] ?? 0) ?? 0),
    0,
  );

const hostPorts = (pod: any): number[] =>
  (pod.containers ?? []).flatMap((c: any) =>
    (c.ports ?? []).map((p: any) => p.hostPort).filter(Boolean),
  );

/** Why a pod does not fit on a node, in the scheduler's words; undefined when it fits. */
export function unfit(
  pod: any,
  node: KubeObject,
  onNode: KubeObject[],
): string | undefined {
  if (node.spec?.unschedulable) {
    return 'node(s) were unschedulable';
  }
  const taint = untolerated(pod, node);
  if (taint) {
    return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  }
  if (!matchesNode(pod, node)) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  const taken = new Set(onNode.flatMap(p => hostPorts(p.spec)));
  if (hostPorts(pod).some(port => taken.has(port))) {
    return "node(s) didn't have free ports for the requested pod ports";
  }
  const allocatable = node.status?.allocatable ?? {};
  if (onNode.length + 1 > Number(allocatable.pods ?? 110)) {
    return 'Too many pods';
  }
  for (const resource of ['cpu', 'memory']) {
    const used = onNode.reduce(
      (sum, p) => sum + requested(p.spec, resource),
      0,
    );
    const most = parseQuantity(allocatable[resource] ?? 0) ?? 0;
    if (used + requested(pod, resource) > most) {
      return `Insufficient ${resource}`;
    }
  }
  return undefined;
}

/** From this minor version on the scheduler also says what dynamic resources could be freed. */
const SAYS_CLAIMS = 34;

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …. preemption: …` */
export function unschedulableMessage(
  reasons: string[],
  version: string,
): string {
  const total = reasons.length;
  if (total === 0) {
    return 'no nodes available to schedule pods';
  }
  const counts = new Map<string, number>();
  reasons.forEach(r => counts.set(r, (counts.get(r) ?? 0) + 1));
  const parts = [...counts].map(([reason, n]) => `${n} ${reason}`).sort();
  const claims =
    Number(version.split('.')[1]) >= SAYS_CLAIMS
      ? 'no new claims to deallocate, '
      : '';
  return `0/${total} nodes are available: ${parts.join(
    ', ',
  )}. ${claims}preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}
