import { ResponseError } from '@backstage/errors';
import { createParser, EventSourceMessage } from 'eventsource-parser';
import { z } from 'zod/v3';
import {
  isFinished,
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
}

const eventPageSchema = z.object({
  operation: operationSchema,
  events: z.array(operationEventSchema),
});

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

/** A pause that ends early, and rejects, when the signal aborts. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const listening = new AbortController();
    const timer = setTimeout(() => {
      listening.abort();
      resolve();
    }, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true, signal: listening.signal },
    );
  });
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

  async *followOperation(
    id: string,
    options: FollowOptions = {},
  ): AsyncGenerator<OperationEvent, void, undefined> {
    const interval = options.intervalMs ?? 1000;
    const tokenNow = async () => ({
      signal: options.signal,
      token: options.getToken ? await options.getToken() : options.token,
    });
    let after = options.after ?? 0;
    let streaming = (options.mode ?? 'stream') === 'stream';
    let dropped = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      if (streaming) {
        try {
          let received = false;
          for await (const event of this.#stream(id, after, await tokenNow())) {
            received = true;
            after = event.seq;
            yield event;
            if (event.type === 'state' && isFinished(event.data.state)) return;
          }
          dropped = received ? 0 : dropped + 1;
        } catch (error) {
          if (options.signal?.aborted) throw options.signal.reason;
          if (
            error instanceof ResponseError &&
            error.statusCode >= 400 &&
            error.statusCode < 500
          ) {
            throw error;
          }
          dropped += 1;
        }
        // A proxy that swallows event streams must not keep anyone from seeing the end.
        if (dropped >= 3) streaming = false;
      } else {
        const page = eventPageSchema.parse(
          await this.#json(
            'GET',
            `/v1/operations/${encodeURIComponent(
              id,
            )}/events?poll=true&after=${after}`,
            await tokenNow(),
          ),
        );
        for (const event of page.events) {
          after = event.seq;
          yield event;
          if (event.type === 'state' && isFinished(event.data.state)) return;
        }
        if (isFinished(page.operation.state) && after >= page.operation.lastSeq)
          return;
      }
      await pause(interval, options.signal);
    }
  }

  async *#stream(
    id: string,
    after: number,
    options: PodIdentityRequestOptions,
  ): AsyncGenerator<OperationEvent, void, undefined> {
    const response = await this.#request(
      'GET',
      `/v1/operations/${encodeURIComponent(id)}/events?after=${after}`,
      options,
      undefined,
      'text/event-stream',
    );
    const pending: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: event => pending.push(event) });
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        parser.feed(decoder.decode(value, { stream: true }));
        for (const message of pending.splice(0)) {
          yield operationEventSchema.parse(JSON.parse(message.data));
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
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
