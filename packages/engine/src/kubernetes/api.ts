import { trimEnd } from '../text/search';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Deadline } from '../async/deadline';
import { raceAbort } from '../async/raceAbort';
import { createCaller } from './caller';
import { KubernetesError } from './errors';
import type { V1SelfSubjectAccessReview } from './objects';
import { podCalls } from './pods';
import { reaching } from './givingUp';
import { serviceAccountCalls } from './serviceAccounts';
import { KubernetesTransport, type TransportOptions } from './transport';
import type { KubernetesApi } from './types';
import { workloadCalls } from './workloads';

/** Several, as the proxy may choose the same one again; the name need not be known here. */
const CHOSEN_BY_PROXY = ['', '', ''];

export interface KubernetesApiOptions extends TransportOptions {
  /** Before a call that failed in passing is made again. */
  retryPauseMs: number;
}

/**
 * The engine's client of one cluster under one role: typed calls over our own transport, which keeps connections, can
 * open fresh ones to a chosen address, re-signs its token, and ends at a deadline or an abort.
 */
export function createKubernetesApi(
  options: KubernetesApiOptions,
): KubernetesApi & { close(): Promise<void> } {
  const transport = new KubernetesTransport(options);
  const endpoint = trimEnd(options.endpoint, '/');
  const caller = createCaller(transport, options);
  const { run, read, items } = caller;

  return {
    ...serviceAccountCalls(caller),
    ...podCalls(caller, {
      transport,
      clock: options.clock,
      // Between a failed watch and the next one the pod is listed.
      retryPauseMs: 4 * options.retryPauseMs,
      requestTimeoutMs: options.requestTimeoutMs,
    }),
    ...workloadCalls(caller),

    async addresses({ signal } = {}) {
      if (transport.behindProxy) return CHOSEN_BY_PROXY;
      const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
      if (isIP(host)) return [host];
      const reach = reaching(endpoint, {
        signal,
        clock: options.clock,
        patienceMs: options.requestTimeoutMs,
        toOneAddress: false,
      });
      const deadline = new Deadline(options.clock, reach.signal);
      try {
        const answers = await raceAbort(
          lookup(host, { all: true }),
          deadline.start(options.requestTimeoutMs).signal,
        );
        return [...new Set(answers.map(({ address }) => address))];
      } catch (error) {
        throw reach.failed(
          new KubernetesError({
            kind: signal?.aborted ? 'aborted' : 'unreachable',
            reason: (error as any)?.code,
            message: signal?.aborted
              ? 'the call was cancelled'
              : `the name ${host} could not be resolved`,
            cause: error,
          }),
        );
      } finally {
        deadline.cancel();
      }
    },

    listEvents: (namespace, query, o) =>
      items({ verb: 'list', resource: 'events', namespace }, query, o),
    listNodes: o => items({ verb: 'list', resource: 'nodes' }, {}, o),
    readMutatingWebhookConfiguration: (name, o) =>
      read({ resource: 'mutatingwebhookconfigurations', name }, o),
    listMutatingWebhookConfigurations: o =>
      items({ verb: 'list', resource: 'mutatingwebhookconfigurations' }, {}, o),
    listValidatingWebhookConfigurations: o =>
      items(
        { verb: 'list', resource: 'validatingwebhookconfigurations' },
        {},
        o,
      ),
    readAdmissionPolicy: (name, o) =>
      read({ resource: 'validatingadmissionpolicies', name }, o),
    readAdmissionPolicyBinding: (name, o) =>
      read({ resource: 'validatingadmissionpolicybindings', name }, o),
    canI: async (attributes, o) => {
      const { status } = await run<V1SelfSubjectAccessReview>(
        { verb: 'create', resource: 'selfsubjectaccessreviews' },
        {
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: attributes },
          },
        },
        o,
      );
      return {
        allowed: status?.allowed ?? false,
        ...(status?.reason ? { reason: status.reason } : {}),
      };
    },
    close: () => transport.close(),
  };
}
