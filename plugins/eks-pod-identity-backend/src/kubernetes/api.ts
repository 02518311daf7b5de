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
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
  type V1Pod,
} from '@kubernetes/client-node';
import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../clock';
import {
  isKubernetesError,
  KubernetesError,
  type KubernetesCall,
} from './errors';
import {
  KubernetesTransport,
  raceAbort,
  type TransportOptions,
  type TransportRequest,
} from './transport';
import type { KubernetesApi, KubernetesCallOptions } from './types';
import { watchPod } from './watch';

export interface KubernetesApiOptions extends TransportOptions {
  clock: Clock;
  retryPauseMs: number;
}

/** Objects a page of a list holds; what a list holds in all is not limited. */
const PAGE = 500;

interface Page<T> {
  items: T[];
  metadata?: { _continue?: string; resourceVersion?: string };
}

type Send = (
  call: KubernetesCall,
  options?: KubernetesCallOptions & { freshTo?: string },
) => any;

function answerOf(status: number, text: string, headers = {}): ResponseContext {
  return new ResponseContext(status, headers, {
    text: async () => text,
    binary: async () => Buffer.from(text),
    stream: () => null,
  });
}

/** 404 becomes undefined. */
async function found<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Every error of a call as a `KubernetesError`: an answer whose body cannot be read is one too. */
async function typed<T>(call: KubernetesCall, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new KubernetesError({
        ...call,
        kind: 'server',
        message: `the answer to ${call.verb} ${call.resource} is not whole JSON`,
        cause: error,
      });
    }
    throw error;
  }
}

async function pages<T>(
  load: (token: string | undefined) => Promise<Page<T>>,
): Promise<{ items: T[]; resourceVersion?: string }> {
  let items: T[] = [];
  let token: string | undefined;
  for (;;) {
    let page: Page<T>;
    try {
      page = await load(token);
    } catch (error) {
      // The list grew too old between two pages: from the start again.
      if (!token || !isKubernetesError(error, 'gone')) throw error;
      items = [];
      token = undefined;
      continue;
    }
    items = items.concat(page.items);
    token = page.metadata?._continue || undefined;
    if (!token) {
      return { items, resourceVersion: page.metadata?.resourceVersion };
    }
  }
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

  /** Per-call options for the typed APIs: they make the request, our transport sends it. */
  const via: Send = (call, callOptions = {}) => ({
    httpApi: wrapHttpLibrary({
      send: async context => {
        const answer = await transport.send({
          call,
          method: context.getHttpMethod() as TransportRequest['method'],
          path: context.getUrl().slice(endpoint.length),
          body: context.getBody() as string | undefined,
          headers: lowerCase(context.getHeaders()),
          signal: callOptions.signal,
          freshTo: callOptions.freshTo,
        });
        return answerOf(answer.status, answer.text, answer.headers);
      },
    }),
  });

  /** The typed API's own decoder on a JSON object that came another way (a watch). */
  const decodePod = (json: unknown): Promise<V1Pod> =>
    core.readNamespacedPod({ name: 'x', namespace: 'x' }, {
      httpApi: wrapHttpLibrary({
        send: async () =>
          answerOf(200, JSON.stringify(json), {
            'content-type': 'application/json',
          }),
      }),
    } as any);

  const run = <T>(
    call: KubernetesCall,
    work: (viaOptions: any) => Promise<T>,
    callOptions?: KubernetesCallOptions & { freshTo?: string },
  ): Promise<T> => typed(call, work(via(call, callOptions)));

  const list = async <T>(
    call: KubernetesCall,
    load: (
      page: { limit: number; _continue?: string },
      viaOptions: any,
    ) => Promise<Page<T>>,
    callOptions?: KubernetesCallOptions,
  ) =>
    pages(token =>
      run(
        call,
        viaOptions =>
          load(
            { limit: PAGE, ...(token ? { _continue: token } : {}) },
            viaOptions,
          ),
        callOptions,
      ),
    );

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
    listNamespaces: async o =>
      (
        await list(
          { verb: 'list', resource: 'namespaces' },
          (page, v) => core.listNamespace(page, v),
          o,
        )
      ).items,

    readServiceAccount: (namespace, name, o) =>
      found(
        run(
          { verb: 'get', resource: 'serviceaccounts', namespace, name },
          v => core.readNamespacedServiceAccount({ namespace, name }, v),
          o,
        ),
      ),
    listServiceAccounts: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'serviceaccounts', namespace },
          (page, v) =>
            core.listNamespacedServiceAccount({ namespace, ...page }, v),
          o,
        )
      ).items,
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
        o,
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

    listEvents: async (namespace, query, o) =>
      (
        await list(
          { verb: 'list', resource: 'events', namespace },
          (page, v) =>
            core.listNamespacedEvent({ namespace, ...query, ...page }, v),
          o,
        )
      ).items,
    listNodes: async o =>
      (
        await list(
          { verb: 'list', resource: 'nodes' },
          (page, v) => core.listNode(page, v),
          o,
        )
      ).items,
    listDaemonSets: async ({ namespace, labelSelector }, o) =>
      (
        await list(
          { verb: 'list', resource: 'daemonsets', namespace },
          (page, v) =>
            namespace
              ? apps.listNamespacedDaemonSet(
                  { namespace, labelSelector, ...page },
                  v,
                )
              : apps.listDaemonSetForAllNamespaces(
                  { labelSelector, ...page },
                  v,
                ),
          o,
        )
      ).items,
    listDeployments: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'deployments', namespace },
          (page, v) => apps.listNamespacedDeployment({ namespace, ...page }, v),
          o,
        )
      ).items,
    listStatefulSets: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'statefulsets', namespace },
          (page, v) =>
            apps.listNamespacedStatefulSet({ namespace, ...page }, v),
          o,
        )
      ).items,
    listNamespaceDaemonSets: (namespace, o) =>
      api.listDaemonSets({ namespace }, o),
    listJobs: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'jobs', namespace },
          (page, v) => batch.listNamespacedJob({ namespace, ...page }, v),
          o,
        )
      ).items,
    listCronJobs: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'cronjobs', namespace },
          (page, v) => batch.listNamespacedCronJob({ namespace, ...page }, v),
          o,
        )
      ).items,
    listNetworkPolicies: async (namespace, o) =>
      (
        await list(
          { verb: 'list', resource: 'networkpolicies', namespace },
          (page, v) =>
            networking.listNamespacedNetworkPolicy({ namespace, ...page }, v),
          o,
        )
      ).items,
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

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
