import type { V1Namespace, V1ServiceAccount } from '../../kubernetes/objects';
import type { KubernetesApi } from '../../kubernetes/types';
import type { Readable } from '../../async/readable';
import { openKubernetes, readIfPossible } from '../steps/reading';
import type { Scope } from '../steps/scope';
import { readServiceAccountUse, ServiceAccountUse } from './workloads';

/** What Kubernetes answers, or why it cannot be read. */
export interface ServiceAccountFacts {
  objects: Readable<{
    namespace?: V1Namespace;
    serviceAccount?: V1ServiceAccount;
  }>;
  use: Readable<ServiceAccountUse>;
}

/** Namespace, service account and its workloads; each may be unreadable on its own. */
export async function readServiceAccountFacts(
  scope: Scope,
): Promise<ServiceAccountFacts> {
  const { context, ref } = scope;
  const { signal } = context;
  const opened = await readIfPossible(scope, 'reach the Kubernetes API', () =>
    openKubernetes(scope),
  );
  // Either unreachable, or access is switched off in app-config.
  const api: Readable<KubernetesApi> = opened.known ? opened.value : opened;
  if (!api.known) return { objects: api, use: api };
  const [objects, use] = await Promise.all([
    readIfPossible(
      scope,
      `look at service account ${ref.serviceAccount}`,
      async () => {
        const [namespace, serviceAccount] = await Promise.all([
          api.value.readNamespace(ref.namespace, { signal }),
          api.value.readServiceAccount(ref.namespace, ref.serviceAccount, {
            signal,
          }),
        ]);
        return { namespace, serviceAccount };
      },
    ),
    readIfPossible(scope, `look at the workloads of ${ref.namespace}`, () =>
      readServiceAccountUse(api.value, ref, context.config.portalId, signal),
    ),
  ]);
  return { objects, use };
}
