import { IncomingMessage, ServerResponse } from 'node:http';
import { DeleteOptions } from '../api/deletion';
import { Target } from '../api/registry';
import { apiVersionOf, storeKey } from '../model/resources';
import { fieldSelector, labelSelector, Matcher } from '../model/selectors';
import {
  ApiError,
  badRequest,
  methodNotAllowed,
  Status,
  success,
  unsupportedMediaType,
} from '../model/status';
import { applyMergePatch } from '../patch/mergePatch';
import { serverSideApply } from '../patch/serverSideApply';
import { applyStrategicMerge } from '../patch/strategicMerge';
import { decodeObject } from '../schema/decode';
import { KubeObject, RequestContext } from '../types';
import { contentTypeOf, readBody, readPatch } from './body';
import { ApiServerDependencies } from './dependencies';
import { RequestInfo, ResourceRequest } from './requestInfo';
import {
  IncludeObject,
  partialMetadata,
  tableOf,
  wantsPartialMetadata,
  wantsTable,
} from './table';
import { serveWatch } from './watch';

export const targetOf = ({ resource }: Exchange): Target => ({
  def: resource.def,
  namespace: resource.namespace,
  name: resource.name!,
  subresource: resource.subresource,
});

const includeObject = (query: URLSearchParams) =>
  (query.get('includeObject') ?? 'Metadata') as IncludeObject;

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  resource: ResourceRequest;
  context: RequestContext;
}

/** A handler's answer; undefined when it wrote the response itself. */
export type Answer = { code: number; body: unknown } | undefined;

/** Handles the verbs on stored objects. */
export class ObjectHandlers {
  constructor(private readonly deps: ApiServerDependencies) {}

  async handle(exchange: Exchange): Promise<Answer> {
    switch (exchange.resource.verb) {
      case 'get':
        return this.get(exchange);
      case 'list':
        return this.list(exchange);
      case 'watch':
        return this.watch(exchange);
      case 'create':
        return this.create(exchange);
      case 'update':
        return this.update(exchange);
      case 'patch':
        return this.patch(exchange);
      case 'delete':
        return this.delete(exchange);
      case 'deletecollection':
        return this.deleteCollection(exchange);
      default:
        throw methodNotAllowed(exchange.info.method);
    }
  }

  private get(exchange: Exchange): Answer {
    const { def, namespace, name } = exchange.resource;
    const object = this.deps.registry.get(def, namespace, name!);
    return { code: 200, body: this.renderOne(exchange, object) };
  }

  private list(exchange: Exchange): Answer {
    const { def, namespace } = exchange.resource;
    const { query } = exchange.info;
    const matches = this.matcher(exchange);
    const all = this.deps.store.list(storeKey(def), namespace).filter(matches);
    const page = paginate(all, query, this.deps.store.revision);
    const metadata = { resourceVersion: page.resourceVersion, ...page.rest };
    const accept = exchange.request.headers.accept;
    if (wantsTable(accept)) {
      return {
        code: 200,
        body: tableOf(def, page.items, {
          now: this.deps.core.clock.now(),
          include: includeObject(query),
          metadata,
        }),
      };
    }
    if (wantsPartialMetadata(accept)) {
      return {
        code: 200,
        body: {
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
          items: page.items.map(partialMetadata),
        },
      };
    }
    return {
      code: 200,
      body: {
        kind: `${def.kind}List`,
        apiVersion: apiVersionOf(def),
        metadata,
        items: page.items.map(({ apiVersion, kind, ...item }) => item),
      },
    };
  }

  private watch(exchange: Exchange): Answer {
    const { def, namespace } = exchange.resource;
    const { query } = exchange.info;
    const { accept } = exchange.request.headers;
    const table = wantsTable(accept);
    const partial = wantsPartialMetadata(accept);
    const timeout = Number(query.get('timeoutSeconds'));
    serveWatch(this.deps.store, exchange.response, {
      def,
      namespace,
      matches: this.matcher(exchange),
      resourceVersion: query.get('resourceVersion') ?? undefined,
      sendInitialEvents: query.get('sendInitialEvents') === 'true',
      bookmarks: query.get('allowWatchBookmarks') === 'true' && !table,
      ...(timeout > 0 && { timeoutSeconds: timeout }),
      render: (object, first) => {
        if (table) {
          return tableOf(def, [object], {
            now: this.deps.core.clock.now(),
            include: includeObject(query),
            metadata: { resourceVersion: object.metadata.resourceVersion },
            withColumns: first,
          });
        }
        return partial ? partialMetadata(object) : object;
      },
    });
    return undefined;
  }

  private async create(exchange: Exchange): Promise<Answer> {
    const { def, namespace } = exchange.resource;
    const body = decodeObject(
      await readBody(exchange.request),
      def,
      exchange.context,
    );
    const object = await this.deps.registry.create(
      def,
      namespace,
      body,
      exchange.context,
    );
    return { code: 201, body: this.renderOne(exchange, object) };
  }

  private async update(exchange: Exchange): Promise<Answer> {
    const body = decodeObject(
      await readBody(exchange.request),
      exchange.resource.def,
      exchange.context,
    );
    const { object } = await this.deps.registry.update(
      targetOf(exchange),
      () => body,
      exchange.context,
    );
    return { code: 200, body: this.renderOne(exchange, object) };
  }

  private async patch(exchange: Exchange): Promise<Answer> {
    const { def } = exchange.resource;
    const { context, info } = exchange;
    const type = contentTypeOf(exchange.request);
    const patch = await readPatch(exchange.request);
    if (type === 'application/apply-patch+yaml') {
      return this.apply(exchange, patch);
    }
    if (info.query.has('force')) {
      throw new ApiError(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
      );
    }
    const { object } = await this.deps.registry.update(
      targetOf(exchange),
      current =>
        decodeObject(
          applyPatch(type, current!, patch, def.schema),
          def,
          context,
        ),
      context,
    );
    return { code: 200, body: this.renderOne(exchange, object) };
  }

  private async apply(exchange: Exchange, patch: unknown): Promise<Answer> {
    const { def, subresource, name, namespace } = exchange.resource;
    const { context, info } = exchange;
    if (!info.query.get('fieldManager')) {
      throw new ApiError(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    }
    const applied = decodeObject(patch, def, context);
    if (applied.metadata.managedFields?.length) {
      throw badRequest('metadata.managedFields must be nil');
    }
    applied.metadata = {
      ...applied.metadata,
      name: applied.metadata.name ?? name!,
      ...(def.namespaced && { namespace }),
    };
    const manager = {
      ...this.deps.registry.manager(def, context),
      operation: 'Apply' as const,
      subresource,
    };
    const force = info.query.get('force') === 'true';
    const { object, created } = await this.deps.registry.update(
      targetOf(exchange),
      current => serverSideApply(current, applied, def.schema, manager, force),
      context,
      { apply: true },
    );
    return {
      code: created ? 201 : 200,
      body: this.renderOne(exchange, object),
    };
  }

  private async delete(exchange: Exchange): Promise<Answer> {
    const { def, name } = exchange.resource;
    const options = await this.deleteOptions(exchange);
    const { object, gone } = await this.deps.registry.delete(
      targetOf(exchange),
      options,
      exchange.context,
    );
    if (def.kind === 'Pod' || def.kind === 'Namespace' || !gone) {
      return { code: 200, body: this.renderOne(exchange, object) };
    }
    const status: Status = success({
      name,
      ...(def.group && { group: def.group }),
      kind: def.resource,
      uid: object.metadata.uid,
    });
    return { code: 200, body: status };
  }

  private async deleteCollection(exchange: Exchange): Promise<Answer> {
    const { def, namespace } = exchange.resource;
    const options = await this.deleteOptions(exchange);
    const chosen = this.deps.store
      .list(storeKey(def), namespace)
      .filter(this.matcher(exchange));
    for (const { metadata } of chosen) {
      await this.deps.registry.delete(
        { def, namespace: metadata.namespace, name: metadata.name },
        options,
        exchange.context,
      );
    }
    return {
      code: 200,
      body: {
        kind: `${def.kind}List`,
        apiVersion: apiVersionOf(def),
        metadata: { resourceVersion: String(this.deps.store.revision) },
        items: chosen,
      },
    };
  }

  /** Reads the options from the body or, for simple clients, from the query. */
  private async deleteOptions({
    request,
    info,
    context,
  }: Exchange): Promise<DeleteOptions> {
    const body = ((await readBody(request)) ?? {}) as DeleteOptions & {
      dryRun?: string[];
    };
    if (body.dryRun?.includes('All')) {
      context.dryRun = true;
    }
    const grace = info.query.get('gracePeriodSeconds');
    return {
      gracePeriodSeconds:
        body.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace)),
      propagationPolicy:
        body.propagationPolicy ??
        ((info.query.get('propagationPolicy') ??
          undefined) as DeleteOptions['propagationPolicy']),
      preconditions: body.preconditions,
    };
  }

  private matcher({ info, resource }: Exchange): Matcher {
    const byLabel = labelSelector(info.query.get('labelSelector'));
    const byField = fieldSelector(
      info.query.get('fieldSelector'),
      resource.def,
    );
    return object => byLabel(object) && byField(object);
  }

  renderOne(
    { request, info, resource }: Exchange,
    object: KubeObject,
  ): unknown {
    const { accept } = request.headers;
    if (wantsTable(accept)) {
      return tableOf(resource.def, [object], {
        now: this.deps.core.clock.now(),
        include: includeObject(info.query),
        metadata: { resourceVersion: object.metadata.resourceVersion },
      });
    }
    return wantsPartialMetadata(accept) ? partialMetadata(object) : object;
  }
}

function applyPatch(
  type: string,
  current: KubeObject,
  patch: unknown,
  model: string,
): unknown {
  switch (type) {
    case 'application/merge-patch+json':
      return applyMergePatch(current, patch);
    case 'application/strategic-merge-patch+json':
      return applyStrategicMerge(current, patch, model);
    default:
      throw unsupportedMediaType([
        'application/merge-patch+json',
        'application/strategic-merge-patch+json',
        'application/apply-patch+yaml',
      ]);
  }
}

const keyOf = ({ metadata }: KubeObject) =>
  `${metadata.namespace ?? ''}/${metadata.name}`;

/** Applies `limit` and `continue`; the token holds the last key and the revision of the first page. */
function paginate(all: KubeObject[], query: URLSearchParams, revision: number) {
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue');
  let start: { rv: string; after: string } | undefined;
  if (token) {
    try {
      start = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    } catch {
      throw badRequest(`continue key is not valid: ${token}`);
    }
  }
  const left = start ? all.filter(o => keyOf(o) > start!.after) : all;
  const resourceVersion = start?.rv ?? String(revision);
  if (!limit || left.length <= limit) {
    return { items: left, resourceVersion, rest: {} };
  }
  const items = left.slice(0, limit);
  const next = { rv: resourceVersion, after: keyOf(items[items.length - 1]) };
  return {
    items,
    resourceVersion,
    rest: {
      continue: Buffer.from(JSON.stringify(next)).toString('base64url'),
      remainingItemCount: left.length - limit,
    },
  };
}
