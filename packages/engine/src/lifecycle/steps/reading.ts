import { known, type Readable, unreadable } from '../../async/readable';
import type { KubernetesApi } from '../../kubernetes/types';
import { settingOf } from '../../text/voice';
import { explain, Scope } from './scope';

/** Reads from AWS or Kubernetes; an error is explained. `doing` completes "Could not …". */
export async function readOrExplain<T>(
  scope: Scope,
  doing: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw explain(scope, doing, error);
  }
}

/** For optional reads: without them the plan says less, and says so. */
export async function readIfPossible<T>(
  scope: Scope,
  doing: string,
  read: () => Promise<T>,
): Promise<Readable<T>> {
  try {
    return known(await read());
  } catch (error) {
    scope.context.signal.throwIfAborted();
    return unreadable(explain(scope, doing, error).message);
  }
}

/** Why nothing is read from Kubernetes under `kubernetes.access: none`. */
export function noAccessReason(scope: Scope): string {
  return `cluster ${scope.cluster.id} is configured with ${settingOf(
    scope.voice,
    'kubernetes.access: none',
  )}`;
}

/** The Kubernetes API of the cluster, or why it cannot be used. */
export async function openKubernetes(
  scope: Scope,
  session = scope.read,
): Promise<Readable<KubernetesApi>> {
  if (scope.cluster.kubernetes.access === 'none') {
    return unreadable(noAccessReason(scope));
  }
  const { signal } = scope.context;
  return known(await session.kubernetes({ signal }));
}
