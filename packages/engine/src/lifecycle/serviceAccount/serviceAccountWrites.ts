import { ConflictError } from '@backstage/errors';
import { isKubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import {
  kubernetesMarks,
  serviceAccountOwnership,
} from '../../identity/ownership';
import { openKubernetes } from '../steps/reading';
import { changedSincePlan, Scope } from '../steps/scope';
import type { Deed, RunningStep } from '../steps/Step';
import { write } from '../steps/write';
import { deed } from '../steps/deed';

async function openForWrites(scope: Scope): Promise<KubernetesApi> {
  const api = await openKubernetes(scope, scope.write);
  if (!api.known) throw new ConflictError(api.lack.sentence);
  return api.value;
}

/** Creates an object; one that was created meanwhile is used as it is and not relabelled. */
async function create(
  scope: Scope,
  step: RunningStep,
  what: string,
  call: (api: KubernetesApi) => Promise<unknown>,
): Promise<string> {
  const api = await openForWrites(scope);
  try {
    await write(scope, step, () => call(api));
    return `Created the ${what}`;
  } catch (error) {
    if (!isKubernetesError(error, 'conflict')) throw error;
    return `The ${what} was made meanwhile`;
  }
}

/** @param taskId - recorded on the object */
export function createNamespace(
  scope: Scope,
  taskId: string | undefined,
): Deed {
  const { namespace: name } = scope.ref;
  return {
    ...deed('create', `the namespace ${name}`),
    run: step =>
      create(scope, step, `namespace ${name}`, api =>
        api.createNamespace({
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: {
            name,
            ...kubernetesMarks(scope.context.config.portalId, taskId),
          },
        }),
      ),
  };
}

/** @param taskId - recorded on the object */
export function createServiceAccount(
  scope: Scope,
  taskId: string | undefined,
): Deed {
  const { namespace, serviceAccount: name } = scope.ref;
  return {
    ...deed('create', `the service account ${namespace}/${name}`),
    run: step =>
      create(scope, step, `service account ${namespace}/${name}`, api =>
        api.createServiceAccount({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            name,
            namespace,
            ...kubernetesMarks(scope.context.config.portalId, taskId),
          },
        }),
      ),
  };
}

/** Deletes the service account with that uid, if it is still ours. */
export function deleteServiceAccount(
  scope: Scope,
  ifStill: { uid?: string },
): Deed {
  const { namespace, serviceAccount } = scope.ref;
  const name = `${namespace}/${serviceAccount}`;
  return {
    ...deed('delete', `the service account ${name}`),
    run: async step => {
      const { config, signal } = scope.context;
      const api = await openForWrites(scope);
      const live = await api.readServiceAccount(namespace, serviceAccount, {
        signal,
      });
      if (!live) return `The service account ${name} is gone already`;
      const { uid, resourceVersion } = live.metadata ?? {};
      const owner = serviceAccountOwnership(live, config.portalId);
      if (uid !== ifStill.uid || owner.kind !== 'ours') {
        throw changedSincePlan(
          `Service account ${name}`,
          'another field manager has written to it',
        );
      }
      await write(scope, step, () =>
        api.deleteServiceAccount(namespace, serviceAccount, {
          uid,
          resourceVersion,
        }),
      );
      return `Deleted the service account ${name}`;
    },
  };
}

export function deleteProbePod(scope: Scope, podName: string): Deed {
  return {
    ...deed('delete', `the probe pod ${podName}`),
    run: async step => {
      const api = await openForWrites(scope);
      await write(scope, step, () =>
        api.deletePod(scope.ref.namespace, podName),
      );
    },
  };
}
