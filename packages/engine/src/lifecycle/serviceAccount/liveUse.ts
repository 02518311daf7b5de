import type { V1Namespace, V1ServiceAccount } from '@kubernetes/client-node';
import type { KubernetesApi } from '../../kubernetes/types';
import { openKubernetes, Readable } from '../steps/reading';
import { explain, Scope } from '../steps/scope';
import { readServiceAccountUse, ServiceAccountUse } from './workloads';

/** What Kubernetes says, or why it cannot be asked. */
export interface ServiceAccountFacts {
  objects: Readable<{
    namespace?: V1Namespace;
    serviceAccount?: V1ServiceAccount;
  }>;
  use: Readable<ServiceAccountUse>;
}

/** For reads without which less can be said, and that is said. */
async function readIfPossible<T>(
  scope: Scope,
  doing: string,
  read: () => Promise<T>,
): Promise<Readable<T>> {
  try {
    return { seen: await read() };
  } catch (error) {
    scope.context.signal.throwIfAborted();
    return { unseen: explain(scope, doing, error).message };
  }
}

/** Namespace and ServiceAccount, and what uses the latter; each may be unreadable by itself. */
export async function readServiceAccountFacts(
  scope: Scope,
): Promise<ServiceAccountFacts> {
  const { context, ref } = scope;
  const { signal } = context;
  const opened = await readIfPossible(scope, 'reach the Kubernetes API', () =>
    openKubernetes(scope),
  );
  // Either unreachable, or access is switched off in app-config.
  const api: Readable<KubernetesApi> = 'seen' in opened ? opened.seen : opened;
  if ('unseen' in api) return { objects: api, use: api };
  const [objects, use] = await Promise.all([
    readIfPossible(
      scope,
      `look at ServiceAccount ${ref.serviceAccount}`,
      async () => {
        const [namespace, serviceAccount] = await Promise.all([
          api.seen.readNamespace(ref.namespace, { signal }),
          api.seen.readServiceAccount(ref.namespace, ref.serviceAccount, {
            signal,
          }),
        ]);
        return { namespace, serviceAccount };
      },
    ),
    readIfPossible(scope, `look at the workloads of ${ref.namespace}`, () =>
      readServiceAccountUse(api.seen, ref, context.config.portalId, signal),
    ),
  ]);
  return { objects, use };
}
