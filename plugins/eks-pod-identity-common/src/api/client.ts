import { ResponseError } from '@backstage/errors';
import type { AnyEndpoint, Method } from './endpoint';
import { endpoints } from './endpoints';
import { followEvents } from './following';
import type { OperationEvent } from './operationEvents';
import type {
  FollowOptions,
  PodIdentityRequestOptions,
} from './requestOptions';
import { pathOf, queryString } from './urls';

type Endpoints = typeof endpoints;

/** A method for each endpoint that answers with JSON. @public */
export type EndpointMethods = {
  [Name in keyof Endpoints as Exclude<
    Name,
    'followOperation' | 'getReportBundle'
  >]: Method<Endpoints[Name]>;
};

/** The suite's HTTP API, typed. @public */
export interface PodIdentityApi extends EndpointMethods {
  /** Yields every event in order until the operation has finished. */
  followOperation(
    id: string,
    options?: FollowOptions,
  ): AsyncGenerator<OperationEvent, void, undefined>;
  /** The facts behind a report, as the text of a file; for administrators. */
  getReportBundle(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string>;
}

/** Has the methods of the endpoints. @public */
export interface PodIdentityClient extends PodIdentityApi {}

/** Client of the `eks-pod-identity` backend plugin, for browsers and for Node.js. @public */
export class PodIdentityClient {
  readonly #discovery: { getBaseUrl(pluginId: string): Promise<string> };
  readonly #fetch: typeof fetch;

  constructor(options: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  }) {
    this.#discovery = options.discoveryApi;
    this.#fetch = options.fetchApi.fetch;
  }

  static {
    for (const [name, endpoint] of Object.entries<AnyEndpoint>(endpoints)) {
      if (name in PodIdentityClient.prototype) continue;
      Object.defineProperty(PodIdentityClient.prototype, name, {
        configurable: true,
        writable: true,
        value(this: PodIdentityClient, ...values: unknown[]) {
          return this.#call(endpoint, values);
        },
      });
    }
  }

  async getReportBundle(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string> {
    const request = { at: id, options };
    return (await this.#request(endpoints.getReportBundle, request)).text();
  }

  followOperation(
    id: string,
    options: FollowOptions = {},
  ): AsyncGenerator<OperationEvent, void, undefined> {
    const endpoint = endpoints.followOperation;
    return followEvents(
      {
        stream: (after, request) =>
          this.#request(
            endpoint,
            { at: id, query: { after }, options: request },
            'text/event-stream',
          ),
        poll: async (after, request) => {
          const query = { poll: 'true' as const, after };
          const response = await this.#request(endpoint, {
            at: id,
            query,
            options: request,
          });
          return endpoint.answer.parse(await response.json());
        },
      },
      options,
    );
  }

  /** With values in the order of {@link Method}. */
  async #call(endpoint: AnyEndpoint, values: unknown[]): Promise<unknown> {
    const left = [...values] as any[];
    const at = endpoint.at && left.shift();
    const body = endpoint.body && left.shift();
    const asked = endpoint.query && !body ? left.shift() : undefined;
    const [options] = left;
    const query = body ? pick(options, endpoint.query) : asked;
    const response = await this.#request(endpoint, {
      at,
      body,
      query,
      options,
    });
    const answer = endpoint.answer.parse(await response.json());
    return endpoint.only ? answer[endpoint.only] : answer;
  }

  async #request(
    endpoint: AnyEndpoint,
    { at, query, body, options }: Request,
    accept = 'application/json',
  ): Promise<Response> {
    const base = await this.#discovery.getBaseUrl('eks-pod-identity');
    const [method, path] = endpoint.route.split(' ');
    const address = pathOf(path, endpoint.at?.write(at)) + queryString(query);
    const response = await this.#fetch(`${base}${address}`, {
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

interface Request {
  at?: unknown;
  query?: object;
  body?: unknown;
  options?: PodIdentityRequestOptions;
}

/** Of the options, those that the query asks for. */
function pick(options: object | undefined, query: AnyEndpoint['query']) {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(
      ([key]) => key in (query?.shape ?? {}),
    ),
  );
}
