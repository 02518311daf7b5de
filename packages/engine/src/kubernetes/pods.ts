import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { type Caller, found } from './caller';
import { isKubernetesError } from './errors';
import type { V1Pod } from './objects';
import type { KubernetesTransport } from './transport';
import type { KubernetesApi } from './types';
import { watchPod } from './watch';

type PodCalls = Pick<
  KubernetesApi,
  | 'listPods'
  | 'podPages'
  | 'readPod'
  | 'readPodLog'
  | 'createPod'
  | 'dryRunPod'
  | 'deletePod'
  | 'watchPod'
>;

/** Bytes of a log that are read at most. */
const LONGEST_LOG = 4_096;

/** Whether a pod carries all labels of another one, such as the id of its run. */
function hasLabels(pod: V1Pod, { metadata }: V1Pod): boolean {
  return Object.entries(metadata?.labels ?? {}).every(
    ([key, value]) => pod.metadata?.labels?.[key] === value,
  );
}

/**
 * Creates a pod; if that takes long, reads it beside. A read passes no admission webhook, so an answer to it tells an API
 * whose webhooks are slow from one that is dead.
 *
 * @throws KubernetesError with `slowAdmissionMs` where only the creation got no answer
 */
async function withSignOfLife<T>(
  clock: Clock,
  afterMs: number,
  read: () => Promise<unknown>,
  create: () => Promise<T>,
): Promise<T> {
  let alive = false;
  const ended = new AbortController();
  clock
    .sleep(afterMs, ended.signal)
    .then(read)
    .then(
      () => {
        alive = true;
      },
      error => {
        alive = isKubernetesError(error) && error.status !== undefined;
      },
    );
  try {
    return await create();
  } catch (error) {
    if (alive && isKubernetesError(error, 'timeout') && !error.givenUp) {
      throw error.asSlowAdmission(afterMs * 2);
    }
    throw error;
  } finally {
    ended.abort();
  }
}

/** Calls about pods. */
export function podCalls(
  { run, read, text, list, items, pages }: Caller,
  options: {
    transport: KubernetesTransport;
    clock: Clock;
    retryPauseMs: number;
    requestTimeoutMs: number;
  },
): PodCalls {
  const resource = 'pods';
  const create = (
    namespace: string,
    body: V1Pod,
    query: { dryRun?: 'All' },
    callOptions: { signal?: AbortSignal; freshTo?: string },
  ) =>
    withSignOfLife(
      options.clock,
      options.requestTimeoutMs / 2,
      () =>
        read({ resource, namespace, name: body.metadata?.name }, callOptions),
      () =>
        run<V1Pod>(
          { verb: 'create', resource, namespace, name: body.metadata?.name },
          { body, query: { ...query, fieldManager: FIELD_MANAGER } },
          callOptions,
        ),
    );

  return {
    listPods: ({ namespace, ...selectors }, o) =>
      items({ verb: 'list', resource, namespace }, selectors, o),
    podPages: o => pages({ verb: 'list', resource }, o),
    readPod: (namespace, name, o) => read({ resource, namespace, name }, o),
    readPodLog: (namespace, name, { container, tailLines }, o) =>
      text(
        { verb: 'get', resource, namespace, name, subresource: 'log' },
        { container, tailLines, limitBytes: LONGEST_LOG },
        o,
      ),
    createPod: async (namespace, body, o) => {
      const callOptions = { signal: o?.signal, freshTo: o?.address };
      try {
        return await create(namespace, body, {}, callOptions);
      } catch (error) {
        if (!isKubernetesError(error, 'conflict')) throw error;
        // Each pod has a name of its own, so this one was made by a try whose answer was lost.
        const { name = '' } = body.metadata ?? {};
        const made = await run<V1Pod>(
          { verb: 'get', resource, namespace, name },
          {},
          callOptions,
        );
        if (!hasLabels(made, body)) throw error;
        return made;
      }
    },
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
