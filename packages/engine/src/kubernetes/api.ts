import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  createConfiguration,
  NetworkingV1Api,
  ServerConfiguration,
  type V1Pod,
} from '@kubernetes/client-node';
import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { raceAbort } from '../async/raceAbort';
import { createCaller, found, type Page } from './caller';
import { KubernetesError } from './errors';
import { KubernetesTransport, type TransportOptions } from './transport';
import type { KubernetesApi, KubernetesCallOptions } from './types';
import { watchPod } from './watch';

export interface KubernetesApiOptions extends TransportOptions {
  clock: Clock;
  retryPauseMs: number;
}

/**
 * The engine's client of one cluster under one role: the typed APIs of `@kubernetes/client-node` over a
 * transport of our own, which keeps connections, can open fresh ones to a chosen address, re-signs its token, and
 * ends at a deadline or an abort.
 */
export function createKubernetesApi(
  options: KubernetesApiOptions,
): KubernetesApi & { close(): Promise<void> } {
  const transport = new KubernetesTransport(options);
  const endpoint = options.endpoint.replace(/\/+$/, '');
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(endpoint, {}),
    authMethods: {},
  });
  const core = new CoreV1Api(configuration);
  const apps = new AppsV1Api(configuration);
  const batch = new BatchV1Api(configuration);
  const networking = new NetworkingV1Api(configuration);
  const authorization = new AuthorizationV1Api(configuration);
  const admission = new AdmissionregistrationV1Api(configuration);

  const { run, list, items, decoding } = createCaller(transport, endpoint);

  /** The typed API's own decoder on a JSON object that came another way (a watch). */
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

  const api: KubernetesApi & { close(): Promise<void> } = {
    async addresses({ signal } = {}) {
      const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
      if (isIP(host)) return [host];
      const deadline = AbortSignal.timeout(options.requestTimeoutMs);
      try {
        const answers = await raceAbort(
          lookup(host, { all: true }),
          signal ? AbortSignal.any([signal, deadline]) : deadline,
        );
        return [...new Set(answers.map(({ address }) => address))];
      } catch (error) {
        throw new KubernetesError({
          kind: signal?.aborted ? 'aborted' : 'unreachable',
          reason: (error as any)?.code,
          message: signal?.aborted
            ? 'the call was cancelled'
            : `the name ${host} could not be resolved`,
          cause: error,
        });
      }
    },

    readNamespace: (name, o) =>
      found(
        run(
          { verb: 'get', resource: 'namespaces', name },
          v => core.readNamespace({ name }, v),
          o,
        ),
      ),
    createNamespace: (body, o) =>
      run(
        { verb: 'create', resource: 'namespaces', name: body.metadata?.name },
        v => core.createNamespace({ body, fieldManager: FIELD_MANAGER }, v),
        o,
      ),
    listNamespaces: o =>
      items(
        { verb: 'list', resource: 'namespaces' },
        (page, v) => core.listNamespace(page, v),
        o,
      ),

    readServiceAccount: (namespace, name, o) =>
      found(
        run(
          { verb: 'get', resource: 'serviceaccounts', namespace, name },
          v => core.readNamespacedServiceAccount({ namespace, name }, v),
          o,
        ),
      ),
    listServiceAccounts: (namespace, o) =>
      items(
        { verb: 'list', resource: 'serviceaccounts', namespace },
        (page, v) =>
          core.listNamespacedServiceAccount({ namespace, ...page }, v),
        o,
      ),
    createServiceAccount: (body, o) => {
      const namespace = body.metadata?.namespace ?? '';
      return run(
        {
          verb: 'create',
          resource: 'serviceaccounts',
          namespace,
          name: body.metadata?.name,
        },
        v =>
          core.createNamespacedServiceAccount(
            { namespace, body, fieldManager: FIELD_MANAGER },
            v,
          ),
        o,
      );
    },
    deleteServiceAccount: async (namespace, name, preconditions, o) => {
      await found(
        run(
          { verb: 'delete', resource: 'serviceaccounts', namespace, name },
          v =>
            core.deleteNamespacedServiceAccount(
              {
                namespace,
                name,
                body: {
                  apiVersion: 'v1',
                  kind: 'DeleteOptions',
                  preconditions,
                },
              },
              v,
            ),
          o,
        ),
      );
    },

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
          transport,
          clock: options.clock,
          retryPauseMs: options.retryPauseMs,
          listPods: ({ signal, ...query }) =>
            listPodsWithVersion(query, { signal }),
          decodePod,
        },
        namespace,
        name,
        o?.signal,
      ),

    listEvents: (namespace, query, o) =>
      items(
        { verb: 'list', resource: 'events', namespace },
        (page, v) =>
          core.listNamespacedEvent({ namespace, ...query, ...page }, v),
        o,
      ),
    listNodes: o =>
      items(
        { verb: 'list', resource: 'nodes' },
        (page, v) => core.listNode(page, v),
        o,
      ),
    listDaemonSets: ({ namespace, labelSelector }, o) =>
      items(
        { verb: 'list', resource: 'daemonsets', namespace },
        (page, v) =>
          namespace
            ? apps.listNamespacedDaemonSet(
                { namespace, labelSelector, ...page },
                v,
              )
            : apps.listDaemonSetForAllNamespaces({ labelSelector, ...page }, v),
        o,
      ),
    listDeployments: (namespace, o) =>
      items(
        { verb: 'list', resource: 'deployments', namespace },
        (page, v) => apps.listNamespacedDeployment({ namespace, ...page }, v),
        o,
      ),
    listStatefulSets: (namespace, o) =>
      items(
        { verb: 'list', resource: 'statefulsets', namespace },
        (page, v) => apps.listNamespacedStatefulSet({ namespace, ...page }, v),
        o,
      ),
    listJobs: (namespace, o) =>
      items(
        { verb: 'list', resource: 'jobs', namespace },
        (page, v) => batch.listNamespacedJob({ namespace, ...page }, v),
        o,
      ),
    listCronJobs: (namespace, o) =>
      items(
        { verb: 'list', resource: 'cronjobs', namespace },
        (page, v) => batch.listNamespacedCronJob({ namespace, ...page }, v),
        o,
      ),
    listNetworkPolicies: (namespace, o) =>
      items(
        { verb: 'list', resource: 'networkpolicies', namespace },
        (page, v) =>
          networking.listNamespacedNetworkPolicy({ namespace, ...page }, v),
        o,
      ),
    readMutatingWebhookConfiguration: (name, o) =>
      found(
        run(
          { verb: 'get', resource: 'mutatingwebhookconfigurations', name },
          v => admission.readMutatingWebhookConfiguration({ name }, v),
          o,
        ),
      ),
    canI: async (attributes, o) => {
      const { status } = await run(
        { verb: 'create', resource: 'selfsubjectaccessreviews' },
        v =>
          authorization.createSelfSubjectAccessReview(
            {
              body: {
                apiVersion: 'authorization.k8s.io/v1',
                kind: 'SelfSubjectAccessReview',
                spec: { resourceAttributes: attributes },
              },
            },
            v,
          ),
        o,
      );
      return {
        allowed: status?.allowed ?? false,
        ...(status?.reason ? { reason: status.reason } : {}),
      };
    },
    close: () => transport.close(),
  };
  return api;
}
