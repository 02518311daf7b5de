import { isKubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import { kubernetesMarks } from '../../identity/ownership';
import { Scope, writing } from '../steps/scope';

/** Creates the namespace; one that was made meanwhile is used as it is. */
export async function ensureNamespace(
  scope: Scope,
  api: KubernetesApi,
  taskId: string | undefined,
): Promise<string> {
  const name = scope.ref.namespace;
  try {
    await writing(scope, `create the namespace ${name}`, () =>
      api.createNamespace({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name,
          ...kubernetesMarks(scope.context.config.portalId, taskId),
        },
      }),
    );
    return `Created the namespace ${name}`;
  } catch (error) {
    if (!isKubernetesError(error, 'conflict')) throw error;
    return `The namespace ${name} was made meanwhile`;
  }
}

/** Creates the ServiceAccount; one that was made meanwhile is used as it is and not relabelled. */
export async function ensureServiceAccount(
  scope: Scope,
  api: KubernetesApi,
  taskId: string | undefined,
): Promise<string> {
  const { namespace, serviceAccount } = scope.ref;
  const name = `${namespace}/${serviceAccount}`;
  try {
    await writing(scope, `create the ServiceAccount ${name}`, () =>
      api.createServiceAccount({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: serviceAccount,
          namespace,
          ...kubernetesMarks(scope.context.config.portalId, taskId),
        },
      }),
    );
    return `Created the ServiceAccount ${name}`;
  } catch (error) {
    if (!isKubernetesError(error, 'conflict')) throw error;
    return `The ServiceAccount ${name} was made meanwhile`;
  }
}
