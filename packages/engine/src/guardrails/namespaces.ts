import { NotAllowedError } from '@backstage/errors';
import type { ClusterConfig } from '../clusters/types';
import { findPattern } from './patterns';

/** Whether the portal may work in the namespace. @public */
export function isOpenNamespace(
  namespace: string,
  { namespaces: { allow, deny } }: ClusterConfig,
): boolean {
  return !findPattern(deny, namespace) && !!findPattern(allow, namespace);
}

/** @throws NotAllowedError naming the rule; deny wins over allow @public */
export function checkNamespace(
  namespace: string,
  cluster: ClusterConfig,
): void {
  const { allow, deny } = cluster.namespaces;
  const denied = findPattern(deny, namespace);
  if (denied) {
    throw new NotAllowedError(
      `namespace ${namespace} is not allowed on cluster ${cluster.id}: namespaces.deny names ${denied}`,
    );
  }
  if (!findPattern(allow, namespace)) {
    throw new NotAllowedError(
      `namespace ${namespace} is not allowed on cluster ${
        cluster.id
      }: namespaces.allow lists ${allow.length ? allow.join(', ') : 'none'}`,
    );
  }
}
