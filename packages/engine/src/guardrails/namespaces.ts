import { NotAllowedError } from '@backstage/errors';
import type { ClusterConfig } from '../clusters/types';
import { findPattern } from './patterns';

/** The rule that keeps the portal out of the namespace, of which deny wins over allow: `namespaces.deny names kube-*`. */
export function closedBy(
  namespace: string,
  { allow, deny }: ClusterConfig['namespaces'],
): string | undefined {
  const denied = findPattern(deny, namespace);
  if (denied) return `namespaces.deny names ${denied}`;
  return findPattern(allow, namespace)
    ? undefined
    : `namespaces.allow lists ${allow.length ? allow.join(', ') : 'none'}`;
}

/** Whether the portal may work in the namespace. @public */
export function isOpenNamespace(
  namespace: string,
  cluster: ClusterConfig,
): boolean {
  return closedBy(namespace, cluster.namespaces) === undefined;
}

/** @throws NotAllowedError naming the rule; deny wins over allow @public */
export function checkNamespace(
  namespace: string,
  cluster: ClusterConfig,
): void {
  const rule = closedBy(namespace, cluster.namespaces);
  if (!rule) return;
  throw new NotAllowedError(
    `namespace ${namespace} is not allowed on cluster ${cluster.id}: ${rule}`,
  );
}
