import { NotAllowedError } from '@backstage/errors';
import type { ClusterConfig } from '../clusters/types';
import { findPattern } from './patterns';

/** Why the portal does not work in the namespace; names the rule, of which deny wins over allow. */
export function namespaceRefusal(
  namespace: string,
  { id, namespaces: { allow, deny } }: Pick<ClusterConfig, 'id' | 'namespaces'>,
): string | undefined {
  const denied = findPattern(deny, namespace);
  if (denied) {
    return `namespace ${namespace} is not allowed on cluster ${id}: namespaces.deny names ${denied}`;
  }
  return findPattern(allow, namespace)
    ? undefined
    : `namespace ${namespace} is not allowed on cluster ${id}: namespaces.allow lists ${
        allow.length ? allow.join(', ') : 'none'
      }`;
}

/** Whether the portal may work in the namespace. @public */
export function isOpenNamespace(
  namespace: string,
  cluster: ClusterConfig,
): boolean {
  return namespaceRefusal(namespace, cluster) === undefined;
}

/** @throws NotAllowedError naming the rule; deny wins over allow @public */
export function checkNamespace(
  namespace: string,
  cluster: ClusterConfig,
): void {
  const refusal = namespaceRefusal(namespace, cluster);
  if (refusal) throw new NotAllowedError(refusal);
}
