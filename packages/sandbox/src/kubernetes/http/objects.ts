import { IncomingMessage, ServerResponse } from 'node:http';
import { DeleteOptions } from '../api/deletion';
import { Target } from '../api/registry';
import { apiVersionOf, storeKey } from '../model/resources';
import { fieldSelector, labelSelector, Matcher } from '../model/selectors';
import {
  badRequest,
  fieldErrors,
  invalid,
  methodNotAllowed,
  Status,
  success,
} from '../model/status';
import { serverSideApply } from '../patch/serverSideApply';
import { decodeObject } from '../schema/decode';
import { KubeObject, RequestContext } from '../types';
import { contentTypeOf, readObject, readOptions, readPatch } from './body';
import { ApiServerDependencies } from './dependencies';
import { deleteOptionsOf } from './deleteOptions';
import { isTrue, listOptionsOf, pageOf } from './listOptions';
import { APPLY, applyPatch, assertPatchType } from './patches';
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

/** Kinds whose deletion answers the object; for others it answers a Status. */
const ANSWERS_DELETED = new Set([
  'Namespace',
  'Pod',
  'ResourceQuota',
  'ServiceAccount',
]);

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
export type Answer =
  | { code: number; body: unknown; mediaType?: string }
  | undefined;

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
        throw methodNotAllowed();
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
    const page = pageOf(
      this.deps.store,
      {
        resource: storeKey(def),
        namespace,
        matches: this.matcher(exchange),
        selective: query.has('labelSelector') || query.has('fieldSelector'),
      },
      listOptionsOf(query, false),
    );
    const { metadata } = page;
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
    const options = listOptionsOf(query, true);
    serveWatch(this.deps.store, exchange.response, {
      def,
      namespace,
      matches: this.matcher(exchange),
      resourceVersion: options.resourceVersion,
      sendInitialEvents: options.sendInitialEvents ?? false,
      bookmarks: isTrue(query.get('allowWatchBookmarks')) && !table,
      ...(options.timeoutSeconds > 0 && {
        timeoutSeconds: options.timeoutSeconds,
      }),
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
      await readObject(exchange.request, def.kind),
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
    const { def } = exchange.resource;
    const body = decodeObject(
      await readObject(exchange.request, def.kind),
      def,
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
    assertPatchType(type);
    const patch = await readPatch(exchange.request);
    if (type === APPLY) {
      return this.apply(exchange, patch);
    }
    if (info.query.has('force')) {
      throw invalid('meta.k8s.io', 'PatchOptions', '', [
        fieldErrors.forbidden(
          'force',
          'may not be specified for non-apply patch',
        ),
      ]);
    }
    const { object } = await this.deps.registry.update(
      targetOf(exchange),
      current => applyPatch(type, current!, patch, def, context),
      context,
    );
    return { code: 200, body: this.renderOne(exchange, object) };
  }

  private async apply(exchange: Exchange, patch: unknown): Promise<Answer> {
    const { def, subresource, name, namespace } = exchange.resource;
    const { context, info } = exchange;
    if (!info.query.get('fieldManager')) {
      throw invalid('meta.k8s.io', 'PatchOptions', '', [
        fieldErrors.required('fieldManager', 'is required for apply patch'),
      ]);
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
    if (ANSWERS_DELETED.has(def.kind) || !gone) {
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
        items: chosen.map(({ apiVersion, kind, ...item }) => item),
      },
    };
  }

  /** Reads the options from the body or, for simple clients, from the query. */
  private async deleteOptions({
    request,
    info: { query },
    context,
  }: Exchange): Promise<DeleteOptions> {
    const body: any = (await readOptions(request, 'DeleteOptions')) ?? {};
    const options = deleteOptionsOf(body, query);
    context.dryRun ||= Boolean(body.dryRun?.includes('All'));
    return options;
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
