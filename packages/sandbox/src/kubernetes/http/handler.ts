import { IncomingMessage, ServerResponse } from 'node:http';
import {
  accessRequestOf,
  operationOf,
  parseRequest,
  RequestInfo,
} from './requestInfo';
import {
  ApiError,
  forbidden,
  internalError,
  methodNotAllowed,
  noSuchResource,
  Status,
} from '../model/status';
import { FaultKind } from '../../core/contract';
import type { PassingWrite } from '../../core/holds';
import { RequestContext, UserInfo } from '../types';
import { readBytes } from './body';
import { ApiServerDependencies } from './dependencies';
import { contextOf } from './context';
import * as discovery from './discovery';
import { cutOff, refuse } from './faults';
import { mediaTypeFor, textOf } from './negotiation';
import { Answer, Exchange, ObjectHandlers } from './objects';
import { openApiIndex, openApiText } from './openapi';
import { ReviewHandlers } from './reviews';
import { SubresourceHandlers } from './subresources';

const READ_VERBS = new Set(['get', 'list', 'watch']);

/** Whether it changes stored state. */
function isWrite(
  { resource }: RequestInfo,
  context: RequestContext | undefined,
): boolean {
  return (
    resource !== undefined &&
    !READ_VERBS.has(resource.verb) &&
    !context?.dryRun &&
    !resource.def.virtual
  );
}

/** Takes a request through authentication, authorisation and its handler; counts it and applies latency. */
export class RequestHandler {
  readonly #objects: ObjectHandlers;
  readonly #reviews: ReviewHandlers;
  readonly #subresources: SubresourceHandlers;

  constructor(private readonly deps: ApiServerDependencies) {
    this.#objects = new ObjectHandlers(deps);
    this.#reviews = new ReviewHandlers(deps);
    this.#subresources = new SubresourceHandlers(deps, this.#objects);
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    apiServer: number,
  ): Promise<void> {
    let info: RequestInfo | undefined;
    let user: UserInfo | undefined;
    let context: RequestContext | undefined;
    let fault: FaultKind | undefined;
    let answer: Answer;
    response.setHeader('audit-id', crypto.randomUUID());
    const { skewMs } = this.deps.core.faults;
    if (skewMs !== 0) {
      response.setHeader('date', new Date(Date.now() + skewMs).toUTCString());
    }
    response.setHeader('cache-control', 'no-cache, private');
    try {
      user = await this.authenticate(request, apiServer);
      info = parseRequest(request.method ?? 'GET', request.url ?? '/');
      await this.slowDown(info);
      fault = this.deps.core.faults.next('kubernetes', operationOf(info));
      const refused = fault && refuse(response, fault);
      if (refused !== undefined) {
        request.resume();
        this.count(info, user, context, refused, fault);
        return;
      }
      this.authorize(user, info);
      context = contextOf(request, info, user, apiServer);
      const write = await this.writeOf(request, info, context);
      const { holds } = this.deps.core;
      if (write && !(await holds.pass('before', write))) {
        fault = 'reset';
        refuse(response, fault);
        this.count(info, user, context, 0, fault);
        return;
      }
      answer = await this.dispatch(request, response, info, context);
      if (write && !(await holds.pass('after', write))) fault = 'lost-answer';
    } catch (caught) {
      const error = this.asApiError(caught);
      answer = { code: error.code, body: error.toStatus() };
      request.resume();
      if (response.headersSent) {
        response.destroy();
      }
    }
    if (answer && !response.headersSent) {
      context?.warnings.forEach(text =>
        response.appendHeader('warning', `299 - ${JSON.stringify(text)}`),
      );
    }
    if (fault) {
      cutOff(response, fault, answer);
    } else if (answer && !response.headersSent) {
      send(response, answer);
    }
    const status = answer?.code ?? response.statusCode;
    this.count(info, user, context, status, fault);
  }

  /** Authenticates and authorises an upgrade request. */
  async admitUpgrade(
    request: IncomingMessage,
  ): Promise<{ info: RequestInfo; user: UserInfo }> {
    const user = await this.authenticate(request);
    const info = parseRequest(request.method ?? 'GET', request.url ?? '/');
    await this.slowDown(info);
    this.authorize(user, info);
    return { info, user };
  }

  count(
    info: RequestInfo | undefined,
    user: UserInfo | undefined,
    context: RequestContext | undefined,
    status: number,
    fault?: FaultKind,
  ) {
    const { core, cluster } = this.deps;
    core.calls.record({
      service: 'kubernetes',
      operation: info ? operationOf(info) : 'unauthenticated',
      write: info !== undefined && isWrite(info, context),
      ...(user?.principalArn && { principalArn: user.principalArn }),
      cluster: cluster.name,
      status,
      ...(fault && { fault }),
      internal: user?.username.startsWith('system:serviceaccount:') ?? false,
      at: core.clock.now(),
    });
  }

  asApiError(caught: unknown): ApiError {
    if (caught instanceof ApiError) {
      return caught;
    }
    const error = caught as Error;
    this.deps.core.log(
      `Kubernetes API of ${this.deps.cluster.name}: ${error.stack ?? error}`,
    );
    return internalError(error.message ?? String(error));
  }

  private async authenticate(
    request: IncomingMessage,
    apiServer?: number,
  ): Promise<UserInfo> {
    // Its caller would otherwise act as itself.
    if (Object.keys(request.headers).some(h => h.startsWith('impersonate-'))) {
      throw internalError('the sandbox does not impersonate users');
    }
    return this.deps.authenticator.authenticate(
      request.headers.authorization,
      apiServer,
    );
  }

  private async slowDown(info: RequestInfo) {
    const { latency } = this.deps.core;
    await latency.holding('kubernetes', operationOf(info))();
  }

  private authorize(user: UserInfo, info: RequestInfo) {
    const access = accessRequestOf(info);
    if (this.deps.authorizer.authorize(user, access).allowed) {
      if (user.principalArn && info.resource) {
        this.deps.core.rights.use(user.principalArn, operationOf(info));
      }
      return;
    }
    const who = `User ${JSON.stringify(user.username)} cannot ${access.verb}`;
    if (!info.resource) {
      throw new ApiError(
        403,
        'Forbidden',
        `forbidden: ${who} path ${JSON.stringify(info.path)}`,
        {},
      );
    }
    const { def, name, subresource } = info.resource;
    const resource = subresource
      ? `${def.resource}/${subresource}`
      : def.resource;
    const scope = access.namespace
      ? `in the namespace ${JSON.stringify(access.namespace)}`
      : 'at the cluster scope';
    throw forbidden(
      def,
      name,
      `${who} resource ${JSON.stringify(
        resource,
      )} in API group ${JSON.stringify(def.group)} ${scope}`,
    );
  }

  private async writeOf(
    request: IncomingMessage,
    info: RequestInfo,
    context: RequestContext,
  ): Promise<PassingWrite | undefined> {
    if (!isWrite(info, context)) return undefined;
    return {
      service: 'kubernetes',
      operation: operationOf(info),
      text: `${info.path}\n${await readBytes(request)}`,
    };
  }

  private async dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
    context: RequestContext,
  ): Promise<Answer> {
    if (!info.resource) {
      request.resume();
      return this.nonResource(request, response, info);
    }
    const exchange: Exchange = {
      request,
      response,
      info,
      resource: info.resource,
      context,
    };
    const { def, subresource, verb } = info.resource;
    if (def.unserved) {
      request.resume();
      return discovery.isServed(def) ? notServed() : pageNotFound(response);
    }
    if (subresource) {
      return this.#subresources.handle(exchange);
    }
    const isRoute = exchange.resource.name === undefined || verb !== 'create';
    if (!def.verbs.includes(verb) || !isRoute) {
      request.resume();
      throw methodNotAllowed();
    }
    const mediaType = mediaTypeFor(request.headers.accept, {
      isList: verb === 'list',
    });
    const answer = await (def.virtual
      ? this.#reviews.handle(exchange)
      : this.#objects.handle(exchange));
    return answer && { ...answer, mediaType };
  }

  private nonResource(
    request: IncomingMessage,
    response: ServerResponse,
    { path, method }: RequestInfo,
  ): Answer {
    if (method !== 'GET' && method !== 'HEAD') {
      throw methodNotAllowed();
    }
    const group = path.match(/^\/(?:api\/v1|apis\/([^/]+)(\/v1)?)$/);
    if (path === '/api' || path === '/apis') {
      return this.discoveryRoot(request, response, path === '/api');
    }
    if (group) {
      return discoveryOfGroup(group[1] ?? '', path) ?? pageNotFound(response);
    }
    if (['/healthz', '/livez', '/readyz'].includes(path)) {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('ok');
      return undefined;
    }
    if (path === '/version') {
      return { code: 200, body: this.version() };
    }
    if (path === '/openapi/v3') {
      return { code: 200, body: openApiIndex() };
    }
    const document = openApiText(path);
    if (document) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(document);
      return undefined;
    }
    return pageNotFound(response);
  }

  private discoveryRoot(
    request: IncomingMessage,
    response: ServerResponse,
    core: boolean,
  ): Answer {
    if (discovery.wantsAggregated(request.headers.accept)) {
      response.setHeader('content-type', discovery.AGGREGATED);
      return { code: 200, body: discovery.aggregatedDiscovery(core) };
    }
    const host = request.headers.host ?? '';
    return {
      code: 200,
      body: core ? discovery.apiVersions(host) : discovery.apiGroupList(),
    };
  }

  private version() {
    const [major, minor] = this.deps.version.split('.');
    return {
      major,
      minor,
      gitVersion: `v${this.deps.version}.0-eks-5ca49cb`,
      gitCommit: '0000000000000000000000000000000000000000',
      gitTreeState: 'clean',
      buildDate: '2025-01-01T00:00:00Z',
      goVersion: 'go1.23.4',
      compiler: 'gc',
      platform: 'linux/amd64',
    };
  }
}

function discoveryOfGroup(group: string, path: string): Answer {
  const list = discovery.resourceList(group);
  if (!list) {
    return undefined;
  }
  const whole = group && !path.endsWith('/v1');
  return {
    code: 200,
    body: whole
      ? { kind: 'APIGroup', apiVersion: 'v1', ...discovery.apiGroup(group) }
      : list,
  };
}

function notServed(): never {
  throw noSuchResource();
}

/** What a path answers that belongs to no API. */
function pageNotFound(response: ServerResponse): Answer {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end('404 page not found\n');
  return undefined;
}

function send(
  response: ServerResponse,
  { code, body, mediaType = 'application/json' }: NonNullable<Answer>,
) {
  if (!response.hasHeader('content-type')) {
    response.setHeader('content-type', mediaType);
  }
  const after = (body as Partial<Status> | undefined)?.details
    ?.retryAfterSeconds;
  if (code >= 400 && after) {
    response.setHeader('retry-after', String(after));
  }
  response.statusCode = code;
  response.end(textOf(mediaType, body));
}
