import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { distance } from 'fastest-levenshtein';

type Name = Pick<ServiceAccountRef, 'namespace' | 'serviceAccount'>;

interface Near<T> {
  candidate: T;
  far: number;
}

/** The candidates with the smallest distance, if that can still be a typing error. */
function closest<T>(near: readonly Near<T>[], length: number): Near<T>[] {
  const least = Math.min(...near.map(({ far }) => far));
  const furthest = Math.max(3, Math.floor(length / 3));
  return least > furthest ? [] : near.filter(({ far }) => far === least);
}

/** `shop` and `shop-prod`, as stages of one thing are named. */
const isRelated = (one: string, other: string) =>
  one.startsWith(`${other}-`) || other.startsWith(`${one}-`);

/**
 * The one name that was probably meant: the closest of the same namespace, else the same service account in the
 * namespace of another stage, else the closest of all. Several that are
 * equally close elsewhere belong to several teams, and none of them is likelier than another.
 */
export function nearestName<T extends Name>(
  wanted: Name,
  candidates: readonly T[],
): T | undefined {
  const { namespace, serviceAccount } = wanted;
  const near = candidates.map(candidate => ({
    candidate,
    namespace: distance(namespace, candidate.namespace),
    far: distance(serviceAccount, candidate.serviceAccount),
  }));
  const [beside] = closest(
    near.filter(one => one.namespace === 0),
    serviceAccount.length,
  );
  if (beside) return beside.candidate;
  const alike = candidates.filter(
    candidate =>
      candidate.serviceAccount === serviceAccount &&
      isRelated(namespace, candidate.namespace),
  );
  if (alike.length === 1) return alike[0];
  const [elsewhere, ...more] = closest(
    near.map(({ candidate, namespace: apart, far }) => ({
      candidate,
      far: apart + far,
    })),
    namespace.length + serviceAccount.length,
  );
  return more.length ? undefined : elsewhere?.candidate;
}
