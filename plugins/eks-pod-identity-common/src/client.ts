import { ResponseError } from '@backstage/errors';
import { z } from 'zod/v3';
import { followEvents } from './following';
import {
  Operation,
  OperationEvent,
  operationEventSchema,
  operationSchema,
  PlanRequest,
  StartOperation,
} from './operations';
import { Plan, planSchema } from './plan';
import { ServiceAccountRef } from './ref';
import { VerificationReport, verificationReportSchema } from './report';
import {
  AssociationPage,
  associationPageSchema,
  AssociationQuery,
  ClusterOverview,
  clustersSchema,
  EntityIdentities,
  entityIdentitiesSchema,
  PolicyChoice,
  policyChoiceSchema,
  ReportPage,
  reportPageSchema,
} from './status';

/** Options of every request. @public */
export interface PodIdentityRequestOptions {
  /** Bearer token, for callers whose fetch does not add one. */
  token?: string;
  signal?: AbortSignal;
}

/** Options of following an operation. @public */
export interface FollowOptions extends PodIdentityRequestOptions {
  /** Only events with a greater `seq`. */
  after?: number;
  /** `stream` reads server-sent events and resumes after a dropped connection; `poll` asks again and again. Default `stream`. */
  mode?: 'stream' | 'poll';
  /** Between two polls, and before a dropped stream is resumed; milliseconds, default 1000. */
  intervalMs?: number;
  /** How long polls may fail in a row, as while the backend restarts, before following gives up; milliseconds, default 120 000. */
  patienceMs?: number;
  /** A connection on which nothing came for so long counts as lost; milliseconds, default 30 000. The backend says something every 15 s. */
  silenceMs?: number;
  /** Called before each request, for tokens that expire. */
  getToken?: () => Promise<string | undefined>;
}

/** The suite's HTTP API, typed. @public */
export interface PodIdentityApi {
  plan(
    request: PlanRequest,
    options?: PodIdentityRequestOptions,
  ): Promise<Plan>;
  startOperation(
    request: StartOperation,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation>;
  getOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation>;
  cancelOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation>;
  /** Every event in order until the operation has finished. */
  followOperation(
    id: string,
    options?: FollowOptions,
  ): AsyncGenerator<OperationEvent, void, undefined>;
  getReport(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<VerificationReport>;
  /** What a card shows of one entity; from the portal's database alone. */
  getEntityIdentities(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ): Promise<EntityIdentities>;
  /** History of one ServiceAccount, newest first. */
  listReports(
    ref: ServiceAccountRef,
    page?: { cursor?: string; limit?: number },
    options?: PodIdentityRequestOptions,
  ): Promise<ReportPage>;
  /** The fleet, page by page. */
  listAssociations(
    query?: AssociationQuery,
    options?: PodIdentityRequestOptions,
  ): Promise<AssociationPage>;
  listClusters(options?: PodIdentityRequestOptions): Promise<ClusterOverview[]>;
  /** Namespaces of a cluster in which the caller may give an identity. */
  listNamespaces(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string[]>;
  /** ServiceAccounts of a namespace to which the caller may give an identity. */
  listServiceAccounts(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ): Promise<string[]>;
  /** Managed policies that the portal’s guardrails name, refused ones with the reason. */
  listPolicies(
    query?: { q?: string; cluster?: string },
    options?: PodIdentityRequestOptions,
  ): Promise<PolicyChoice[]>;
}

const eventPageSchema = z.object({
  operation: operationSchema,
  events: z.array(operationEventSchema),
});

const namesSchema = z.object({ items: z.array(z.string()) });
const policiesSchema = z.object({ items: z.array(policyChoiceSchema) });

const path = (...segments: string[]) =>
  segments.map(encodeURIComponent).join('/');

function queryString(
  query: Record<string, string | number | boolean | undefined>,
): string {
  const entries = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return entries.length
    ? `?${new URLSearchParams(
        entries.map(([key, value]) => [key, `${value}`]),
      )}`
    : '';
}

/** Client of the `eks-pod-identity` backend plugin, for browsers and for Node.js. @public */
export class PodIdentityClient implements PodIdentityApi {
  readonly #discovery: { getBaseUrl(pluginId: string): Promise<string> };
  readonly #fetch: typeof fetch;

  constructor(options: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  }) {
    this.#discovery = options.discoveryApi;
    this.#fetch = options.fetchApi.fetch;
  }

  async plan(request: PlanRequest, options?: PodIdentityRequestOptions) {
    return planSchema.parse(
      await this.#json('POST', '/v1/plans', options, request),
    );
  }

  async startOperation(
    request: StartOperation,
    options?: PodIdentityRequestOptions,
  ) {
    return operationSchema.parse(
      await this.#json('POST', '/v1/operations', options, request),
    );
  }

  async getOperation(id: string, options?: PodIdentityRequestOptions) {
    return operationSchema.parse(
      await this.#json(
        'GET',
        `/v1/operations/${encodeURIComponent(id)}`,
        options,
      ),
    );
  }

  async cancelOperation(id: string, options?: PodIdentityRequestOptions) {
    return operationSchema.parse(
      await this.#json(
        'DELETE',
        `/v1/operations/${encodeURIComponent(id)}`,
        options,
      ),
    );
  }

  async getReport(id: string, options?: PodIdentityRequestOptions) {
    return verificationReportSchema.parse(
      await this.#json('GET', `/v1/reports/${encodeURIComponent(id)}`, options),
    );
  }

  async getEntityIdentities(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ) {
    return entityIdentitiesSchema.parse(
      await this.#json(
        'GET',
        `/v1/entities/${path(entity.kind, entity.namespace, entity.name)}`,
        options,
      ),
    );
  }

  async listReports(
    ref: ServiceAccountRef,
    page: { cursor?: string; limit?: number } = {},
    options?: PodIdentityRequestOptions,
  ) {
    return reportPageSchema.parse(
      await this.#json(
        'GET',
        `/v1/service-accounts/${path(
          ref.cluster,
          ref.namespace,
          ref.serviceAccount,
        )}/reports${queryString(page)}`,
        options,
      ),
    );
  }

  async listAssociations(
    query: AssociationQuery = {},
    options?: PodIdentityRequestOptions,
  ) {
    return associationPageSchema.parse(
      await this.#json(
        'GET',
        `/v1/associations${queryString({ ...query })}`,
        options,
      ),
    );
  }

  async listClusters(options?: PodIdentityRequestOptions) {
    return clustersSchema.parse(
      await this.#json('GET', '/v1/clusters', options),
    ).items;
  }

  async listNamespaces(cluster: string, options?: PodIdentityRequestOptions) {
    return namesSchema.parse(
      await this.#json(
        'GET',
        `/v1/clusters/${path(cluster)}/namespaces`,
        options,
      ),
    ).items;
  }

  async listServiceAccounts(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ) {
    const { cluster, namespace } = within;
    return namesSchema.parse(
      await this.#json(
        'GET',
        `/v1/clusters/${path(cluster)}/namespaces/${path(
          namespace,
        )}/service-accounts`,
        options,
      ),
    ).items;
  }

  async listPolicies(
    query: { q?: string; cluster?: string } = {},
    options?: PodIdentityRequestOptions,
  ) {
    return policiesSchema.parse(
      await this.#json('GET', `/v1/policies${queryString(query)}`, options),
    ).items;
  }

  followOperation(
    id: string,
    options: FollowOptions = {},
  ): AsyncGenerator<OperationEvent, void, undefined> {
    const events = `/v1/operations/${encodeURIComponent(id)}/events`;
    return followEvents(
      {
        stream: (after, request) =>
          this.#request(
            'GET',
            `${events}?after=${after}`,
            request,
            undefined,
            'text/event-stream',
          ),
        poll: async (after, request) =>
          eventPageSchema.parse(
            await this.#json(
              'GET',
              `${events}?poll=true&after=${after}`,
              request,
            ),
          ),
      },
      options,
    );
  }

  async #json(
    method: string,
    urlPath: string,
    options?: PodIdentityRequestOptions,
    body?: unknown,
  ): Promise<unknown> {
    const response = await this.#request(method, urlPath, options, body);
    return response.json();
  }

  async #request(
    method: string,
    urlPath: string,
    options?: PodIdentityRequestOptions,
    body?: unknown,
    accept = 'application/json',
  ): Promise<Response> {
    const base = await this.#discovery.getBaseUrl('eks-pod-identity');
    const response = await this.#fetch(`${base}${urlPath}`, {
      method,
      signal: options?.signal,
      headers: {
        accept,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options?.token ? { authorization: `Bearer ${options.token}` } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await ResponseError.fromResponse(response);
    return response;
  }
}
