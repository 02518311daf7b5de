import { bash } from './shell';

/** Kinds that `kubectl rollout restart` and `kubectl set serviceaccount` accept. */
const TEMPLATED = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** A workload with those of its pods that a check is about. */
export interface Workload<T> {
  kind: string;
  name: string;
  pods: T[];
}

export function byOwner<T extends { owner: { kind: string; name: string } }>(
  pods: readonly T[],
): Workload<T>[] {
  const groups = new Map<string, Workload<T>>();
  for (const pod of pods) {
    const key = `${pod.owner.kind}/${pod.owner.name}`;
    const group = groups.get(key) ?? { ...pod.owner, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** `2 of Deployment api, pod lone` */
export const inWords = (workloads: readonly Workload<unknown>[]) =>
  workloads
    .map(({ kind, name, pods }) =>
      kind === 'Pod' ? `pod ${name}` : `${pods.length} of ${kind} ${name}`,
    )
    .join(', ');

/** One command for each workload. */
export function restartCommand(
  namespace: string,
  workloads: readonly Workload<unknown>[],
): string {
  return workloads
    .map(({ kind, name }) =>
      TEMPLATED.has(kind)
        ? bash`kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`
        : bash`kubectl -n ${namespace} delete ${kind.toLowerCase()} ${name}   # and create it again`,
    )
    .join('\n');
}

/** Puts a ServiceAccount into the pod templates of those workloads that have one to edit. */
export function moveCommand(
  namespace: string,
  serviceAccount: string,
  workloads: readonly Workload<unknown>[],
): string {
  return workloads
    .filter(({ kind }) => TEMPLATED.has(kind))
    .map(
      ({ kind, name }) =>
        bash`kubectl -n ${namespace} set serviceaccount ${kind.toLowerCase()} ${name} ${serviceAccount}`,
    )
    .join('\n');
}
