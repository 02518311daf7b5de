import {
  badRequest,
  fieldErrors,
  invalid,
  methodNotAllowed,
  noSuchResource,
} from '../model/status';
import { applyMergePatch } from '../patch/mergePatch';
import { KubeObject } from '../types';
import { createToken } from './accountTokens';
import { readObject, readPatch } from './body';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange, ObjectHandlers, targetOf } from './objects';
import { bind, evict } from './podSubresources';

/** The container of a log or exec request. */
export function containerOf(pod: KubeObject, asked: string | null): string {
  const names: string[] = [
    ...(pod.spec.containers ?? []),
    ...(pod.spec.initContainers ?? []),
  ].map((c: any) => c.name);
  if (asked) {
    if (!names.includes(asked)) {
      throw badRequest(
        `container ${asked} is not valid for pod ${pod.metadata.name}`,
      );
    }
    return asked;
  }
  const containers: string[] = pod.spec.containers.map((c: any) => c.name);
  if (containers.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${
        pod.metadata.name
      }, choose one of: [${containers.join(' ')}]`,
    );
  }
  return containers[0];
}

const scaleOf = (object: KubeObject) => ({
  kind: 'Scale',
  apiVersion: 'autoscaling/v1',
  metadata: {
    name: object.metadata.name,
    namespace: object.metadata.namespace,
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    creationTimestamp: object.metadata.creationTimestamp,
  },
  // Go leaves a zero out.
  spec: object.spec.replicas ? { replicas: object.spec.replicas } : {},
  status: {
    replicas: object.status?.replicas ?? 0,
    selector: Object.entries(object.spec.selector?.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  },
});

/** Handles `log` and `scale`; the object handlers handle `status`. */
export class SubresourceHandlers {
  constructor(
    private readonly deps: ApiServerDependencies,
    private readonly objects: ObjectHandlers,
  ) {}

  async handle(exchange: Exchange): Promise<Answer> {
    const { def, subresource, verb } = exchange.resource;
    const served = def.subresources.find(s => s.name === subresource);
    if (!served) {
      throw noSuchResource();
    }
    if (!served.verbs.includes(verb)) {
      throw methodNotAllowed();
    }
    switch (subresource) {
      case 'status':
      case 'ephemeralcontainers':
      case 'finalize':
        return this.objects.handle(exchange);
      case 'token':
        return createToken(this.deps, exchange);
      case 'eviction':
        return evict(this.deps, exchange);
      case 'binding':
        return bind(this.deps, exchange);
      case 'scale':
        return this.scale(exchange);
      case 'log':
        return this.log(exchange);
      default:
        throw badRequest('Upgrade request required');
    }
  }

  private async scale(exchange: Exchange): Promise<Answer> {
    const { def, namespace, name, verb } = exchange.resource;
    const object = this.deps.registry.get(def, namespace, name!);
    if (verb === 'get') {
      return { code: 200, body: scaleOf(object) };
    }
    const scale: any = await this.wantedScale(exchange, object);
    const replicas = scale?.spec?.replicas ?? 0;
    if (!Number.isInteger(replicas) || replicas < 0) {
      throw invalid('autoscaling', 'Scale', name!, [
        fieldErrors.invalid(
          'spec.replicas',
          replicas,
          'must be greater than or equal to 0',
        ),
      ]);
    }
    const { object: scaled } = await this.deps.registry.update(
      { ...targetOf(exchange), subresource: 'scale' },
      current => ({ ...current!, spec: { ...current!.spec, replicas } }),
      exchange.context,
    );
    return { code: 200, body: scaleOf(scaled) };
  }

  private async wantedScale(
    { request, resource }: Exchange,
    object: KubeObject,
  ) {
    if (resource.verb === 'update') {
      return readObject(request, 'Scale');
    }
    return applyMergePatch(scaleOf(object), await readPatch(request));
  }

  private async log({
    request,
    response,
    info,
    resource,
  }: Exchange): Promise<Answer> {
    const { def, namespace, name } = resource;
    const { query } = info;
    const pod = this.deps.registry.get(def, namespace, name!);
    if (!pod.spec.nodeName) {
      // No kubelet keeps a log of it yet.
      containerOf(pod, query.get('container'));
      request.resume();
      response.writeHead(204);
      response.end();
      return undefined;
    }
    const tail = query.get('tailLines');
    const since = query.get('sinceSeconds');
    const sinceTime = query.get('sinceTime');
    const limit = query.get('limitBytes');
    const now = this.deps.core.clock.now();
    const aborted = new AbortController();
    response.on('close', () => aborted.abort());
    const lines = this.deps.kubelet.logs(
      pod,
      {
        container: containerOf(pod, query.get('container')),
        follow: query.get('follow') === 'true',
        previous: query.get('previous') === 'true',
        timestamps: query.get('timestamps') === 'true',
        ...(tail !== null && { tailLines: Number(tail) }),
        ...(since !== null && { sinceMs: now - Number(since) * 1000 }),
        ...(sinceTime !== null && { sinceMs: Date.parse(sinceTime) }),
        ...(limit !== null && { limitBytes: Number(limit) }),
      },
      aborted.signal,
    );
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    for await (const text of lines) {
      response.write(text);
    }
    response.end();
    return undefined;
  }
}
