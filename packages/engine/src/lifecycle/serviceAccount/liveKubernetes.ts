import type { V1Namespace, V1ServiceAccount } from '../../kubernetes/objects';
import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import { isKubernetesError, KubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import { deployerOf } from '../../identity/deployer';
import { explain, Scope } from '../steps/scope';
import { known, type Readable, unreadable } from '../../async/readable';
import { openKubernetes } from '../steps/reading';

/** Live namespace and service account. */
export interface LiveServiceAccount {
  namespace?: V1Namespace;
  serviceAccount?: V1ServiceAccount;
  /** Tools that deploy into the namespace; only read if the service account is missing. */
  deployers?: Readable<string[]>;
}

async function findDeployers(
  api: KubernetesApi,
  namespace: V1Namespace,
  signal: AbortSignal,
): Promise<Readable<string[]>> {
  const name = namespace.metadata?.name ?? '';
  try {
    const [deployments, serviceAccounts] = await Promise.all([
      api.listDeployments(name, { signal }),
      api.listServiceAccounts(name, { signal }),
    ]);
    const found = new Set<string>();
    const inspect = (
      kind: string,
      object: Parameters<typeof deployerOf>[0],
    ) => {
      const deployer = deployerOf(object);
      if (deployer) {
        found.add(`${deployer} (${kind} ${object.metadata?.name})`);
      }
    };
    inspect('Namespace', namespace);
    deployments.forEach(object => inspect('Deployment', object));
    serviceAccounts.forEach(object => inspect('ServiceAccount', object));
    return known([...found]);
  } catch (error) {
    if (isKubernetesError(error, 'forbidden')) return unreadable(error.message);
    throw error;
  }
}

/** Reads namespace and service account and, if the latter is missing, which tools deploy into the namespace. */
async function readServiceAccount(
  scope: Scope,
  api: KubernetesApi,
  options: { deployers: boolean },
): Promise<LiveServiceAccount> {
  const { signal } = scope.context;
  const { namespace, serviceAccount } = scope.ref;
  const [liveNamespace, liveServiceAccount] = await Promise.all([
    api.readNamespace(namespace, { signal }),
    api.readServiceAccount(namespace, serviceAccount, { signal }),
  ]);
  return {
    namespace: liveNamespace,
    serviceAccount: liveServiceAccount,
    deployers:
      options.deployers && liveNamespace && !liveServiceAccount
        ? await findDeployers(api, liveNamespace, signal)
        : undefined,
  };
}

/** The Kubernetes API, with the live namespace and service account. */
export async function observeServiceAccount(
  scope: Scope,
  input: AssociateInput,
): Promise<{
  api: Readable<KubernetesApi>;
  serviceAccount: Readable<LiveServiceAccount>;
}> {
  const { createServiceAccount = 'auto' } = input;
  const doing = `look at namespace ${scope.ref.namespace} and service account ${scope.ref.serviceAccount}`;
  try {
    const api = await openKubernetes(scope);
    if (!api.known) return { api, serviceAccount: api };
    const live = await readServiceAccount(scope, api.value, {
      deployers: createServiceAccount === 'auto',
    });
    return { api, serviceAccount: known(live) };
  } catch (error) {
    // If the service account is created elsewhere, the plan does not need Kubernetes.
    if (
      createServiceAccount === 'never' &&
      error instanceof KubernetesError &&
      error.kind !== 'aborted'
    ) {
      const why = unreadable(explain(scope, doing, error).message);
      return { api: why, serviceAccount: why };
    }
    throw explain(scope, doing, error);
  }
}
