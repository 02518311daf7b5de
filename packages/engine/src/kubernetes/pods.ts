import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { type Caller, found, type Page } from './caller';
import type { KubernetesTransport } from './transport';
import type { KubernetesApi, KubernetesCallOptions } from './types';
import { watchPod } from './watch';

type PodCalls = Pick<
  KubernetesApi,
  'listPods' | 'readPod' | 'createPod' | 'dryRunPod' | 'deletePod' | 'watchPod'
>;

/** Calls about pods. */
export function podCalls(
  core: CoreV1Api,
  { run, list, decoding }: Caller,
  options: {
    transport: KubernetesTransport;
    clock: Clock;
    retryPauseMs: number;
  },
): PodCalls {
  /** Decodes a JSON object from a watch with the typed API. */
  const decodePod = (json: unknown): Promise<V1Pod> =>
    core.readNamespacedPod({ name: 'x', namespace: 'x' }, decoding(json));

  const listPodsWithVersion = (
    query: {
      namespace?: string;
      labelSelector?: string;
      fieldSelector?: string;
    },
    callOptions?: KubernetesCallOptions,
  ) => {
    const { namespace, ...selectors } = query;
    return list(
      { verb: 'list', resource: 'pods', namespace },
      (page, v): Promise<Page<V1Pod>> =>
        namespace
          ? core.listNamespacedPod({ namespace, ...selectors, ...page }, v)
          : core.listPodForAllNamespaces({ ...selectors, ...page }, v),
      callOptions,
    );
  };

  return {
    listPods: async (query, o) => (await listPodsWithVersion(query, o)).items,
    readPod: (namespace, name, o) =>
      found(
        run(
          { verb: 'get', resource: 'pods', namespace, name },
          v => core.readNamespacedPod({ namespace, name }, v),
          o,
        ),
      ),
    createPod: (namespace, body, o) =>
      run(
        {
          verb: 'create',
          resource: 'pods',
          namespace,
          name: body.metadata?.name,
        },
        v =>
          core.createNamespacedPod(
            { namespace, body, fieldManager: FIELD_MANAGER },
            v,
          ),
        { signal: o?.signal, freshTo: o?.address },
      ),
    dryRunPod: (namespace, body, o) =>
      run(
        {
          verb: 'create',
          resource: 'pods',
          namespace,
          name: body.metadata?.name,
        },
        v =>
          core.createNamespacedPod(
            { namespace, body, dryRun: 'All', fieldManager: FIELD_MANAGER },
            v,
          ),
        { signal: o?.signal, freshTo: o?.address ?? '' },
      ),
    deletePod: async (namespace, name, o) => {
      await found(
        run(
          { verb: 'delete', resource: 'pods', namespace, name },
          v =>
            core.deleteNamespacedPod(
              { namespace, name, gracePeriodSeconds: o?.gracePeriodSeconds },
              v,
            ),
          o,
        ),
      );
    },
    watchPod: (namespace, name, o) =>
      watchPod(
        {
          ...options,
          listPods: ({ signal, ...query }) =>
            listPodsWithVersion(query, { signal }),
          decodePod,
        },
        namespace,
        name,
        o?.signal,
      ),
  };
}
