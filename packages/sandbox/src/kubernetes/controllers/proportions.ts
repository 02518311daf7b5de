import { KubeObject } from '../types';
import { shareOf } from './ownership';

const WANTED = 'deployment.kubernetes.io/desired-replicas';
const MOST = 'deployment.kubernetes.io/max-replicas';

const wantedOf = ({ spec }: KubeObject): number => spec.replicas ?? 1;
const replicasOf = ({ spec }: KubeObject): number => spec.replicas ?? 0;

/** Replicas that a Deployment may have during a rollout. */
function mostOf(deployment: KubeObject): number {
  const { strategy } = deployment.spec;
  const wanted = wantedOf(deployment);
  const surge =
    strategy?.type === 'Recreate'
      ? 0
      : shareOf(strategy?.rollingUpdate?.maxSurge, wanted, true);
  return wanted + surge;
}

/** What a Deployment writes on its ReplicaSets: how many replicas it wants, and how many it may have during a rollout. */
export const replicaAnnotations = (
  deployment: KubeObject,
): Record<string, string> => ({
  [WANTED]: String(wantedOf(deployment)),
  [MOST]: String(mostOf(deployment)),
});

/** A ReplicaSet has been scaled for the number of replicas that its Deployment wants. */
export const isSpread = (deployment: KubeObject, set: KubeObject): boolean =>
  set.metadata.annotations?.[WANTED] === String(wantedOf(deployment));

/**
 * Where a Deployment was scaled in the middle of a rollout, as an autoscaler does: the sizes of its ReplicaSets, which all
 * take their part of the change, so that the old template gets new pods too. Empty at any other time.
 */
export function shares(
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
): [KubeObject, number][] {
  const wanted = wantedOf(deployment);
  const active = [...old, current].filter(set => replicasOf(set) > 0);
  if (
    deployment.spec.strategy?.type === 'Recreate' ||
    active.length < 2 ||
    replicasOf(current) >= wanted ||
    active.every(set => isSpread(deployment, set))
  ) {
    return [];
  }
  const total = active.reduce((all, set) => all + replicasOf(set), 0);
  const most = wanted > 0 ? mostOf(deployment) : 0;
  let left = most - total;
  const grows = left > 0;
  active.sort(
    (a, b) =>
      replicasOf(b) - replicasOf(a) ||
      Number(b === current) - Number(a === current),
  );
  const sizes = active.map((set): [KubeObject, number] => {
    const before = Number(set.metadata.annotations?.[MOST]) || total;
    const share =
      Math.round((replicasOf(set) * most) / before) - replicasOf(set);
    const part = grows ? Math.min(share, left) : Math.max(share, left);
    left -= part;
    return [set, replicasOf(set) + part];
  });
  // What rounding leaves goes to the largest.
  sizes[0][1] = Math.max(0, sizes[0][1] + left);
  return sizes;
}
