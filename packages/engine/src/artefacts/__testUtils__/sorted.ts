import type { KubernetesObject } from '../rbac';

/** Objects with their names, in the order of these, for comparing two sets of them. */
export const sorted = (objects: KubernetesObject[]) =>
  objects
    .map(one => [
      `${one.kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`,
      one,
    ])
    .sort(([one], [other]) => (one < other ? -1 : 1));
