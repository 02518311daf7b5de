import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { type Caller, found } from './caller';
import type { V1Pod } from './objects';
import type { KubernetesTransport } from './transport';
import type { KubernetesApi } from './types';
import { watchPod } from './watch';

type PodCalls = Pick<
  KubernetesApi,
  | 'listPods'
  | 'podPages'
  | 'readPod'
  | 'createPod'
  | 'dryRunPod'
  | 'deletePod'
  | 'watchPod'
>;

/** Calls about pods. */
export function podCalls(
  { run, list, items, pages }: Caller,
  options: {
    transport: KubernetesTransport;
    clock: Clock;
    retryPauseMs: number;
  },
): PodCalls {
  const resource = 'pods';
  const create = (
    namespace: string,
    body: V1Pod,
    query: { dryRun?: 'All' },
    callOptions: { signal?: AbortSignal; freshTo?: string },
  ) =>
    run<V1Pod>(
      { verb: 'create', resource, namespace, name: body.metadata?.name },
      { body, query: { ...query, fieldManager: FIELD_MANAGER } },
      callOptions,
    );

  return {
    listPods: ({ namespace, ...selectors }, o) =>
      items({ verb: 'list', resource, namespace }, selectors, o),
    podPages: o => pages({ verb: 'list', resource }, o),
    readPod: (namespace, name, o) =>
      found(run<V1Pod>({ verb: 'get', resource, namespace, name }, {}, o)),
    createPod: (namespace, body, o) =>
      create(namespace, body, {}, { signal: o?.signal, freshTo: o?.address }),
    dryRunPod: (namespace, body, o) =>
      create(
        namespace,
        body,
        { dryRun: 'All' },
        { signal: o?.signal, freshTo: o?.address ?? '' },
      ),
    deletePod: async (namespace, name, o) => {
      await found(
        run(
          { verb: 'delete', resource, namespace, name },
          { query: { gracePeriodSeconds: o?.gracePeriodSeconds } },
          o,
        ),
      );
    },
    watchPod: (namespace, name, o) =>
      watchPod(
        {
          ...options,
          listPods: ({ signal, namespace: where, ...selectors }) =>
            list({ verb: 'list', resource, namespace: where }, selectors, {
              signal,
            }),
        },
        namespace,
        name,
        o,
      ),
  };
}
