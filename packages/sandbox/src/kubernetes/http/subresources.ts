import { resourceOf } from '../api/resources';
import {
  ApiError,
  badRequest,
  fieldErrors,
  forbidden,
  invalid,
  methodNotAllowed,
  noSuchResource,
  success,
} from '../api/status';
import { applyMergePatch } from '../patch/mergePatch';
import { isoTime, KubeObject } from '../types';
import { readBody, readPatch } from './body';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange, ObjectHandlers, targetOf } from './objects';
import { API_AUDIENCE } from '../auth/authenticator';

const SHORTEST_TOKEN_SECONDS = 600;

/** The container that a log or exec request means. */
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
  spec: { replicas: object.spec.replicas ?? 0 },
  status: {
    replicas: object.status?.replicas ?? 0,
    selector: Object.entries(object.spec.selector?.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  },
});

/** log, eviction, scale, token; status goes the way of objects. */
export class SubresourceHandlers {
  constructor(
    private readonly deps: ApiServerDependencies,
    private readonly objects: ObjectHandlers,
  ) {}

  async handle(exchange: Exchange): Promise<Answer> {
    const { def, subresource } = exchange.resource;
    if (!def.subresources.some(s => s.name === subresource)) {
      throw noSuchResource();
    }
    switch (subresource) {
      case 'status':
        return this.objects.handle(exchange);
      case 'scale':
        return this.scale(exchange);
      case 'log':
        return this.log(exchange);
      case 'eviction':
        return this.evict(exchange);
      case 'token':
        return this.token(exchange);
      default:
        throw badRequest(
          'unable to upgrade: the sandbox serves exec over WebSocket (v5.channel.k8s.io) only',
        );
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
      return readBody(request);
    }
    if (resource.verb !== 'patch') {
      throw methodNotAllowed(resource.verb);
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

  private async evict(exchange: Exchange): Promise<Answer> {
    const { def, namespace, name } = exchange.resource;
    const body = ((await readBody(exchange.request)) ?? {}) as any;
    await this.deps.registry.delete(
      { def, namespace, name: name! },
      body.deleteOptions ?? {},
      exchange.context,
    );
    return { code: 201, body: success() };
  }

  private async token(exchange: Exchange): Promise<Answer> {
    const { def, namespace, name } = exchange.resource;
    const account = this.deps.registry.get(def, namespace, name!);
    const body = ((await readBody(exchange.request)) ?? {}) as any;
    const seconds = body.spec?.expirationSeconds ?? 3600;
    if (seconds < SHORTEST_TOKEN_SECONDS) {
      throw invalid('authentication.k8s.io', 'TokenRequest', '', [
        fieldErrors.invalid(
          'spec.expirationSeconds',
          seconds,
          'may not specify a duration less than 10 minutes',
        ),
      ]);
    }
    const spec = {
      audiences: body.spec?.audiences?.length
        ? body.spec.audiences
        : [API_AUDIENCE],
      expirationSeconds: seconds,
      boundPod: this.boundPod(namespace!, name!, body.spec?.boundObjectRef),
    };
    const { token, expiresAt } = await this.deps.tokens.issue(account, spec);
    return {
      code: 201,
      body: {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: {
          name,
          namespace,
          creationTimestamp: isoTime(this.deps.core.clock.now()),
        },
        spec: {
          audiences: spec.audiences,
          expirationSeconds: seconds,
          boundObjectRef: body.spec?.boundObjectRef ?? null,
        },
        status: { token, expirationTimestamp: isoTime(expiresAt.getTime()) },
      },
    };
  }

  private boundPod(namespace: string, account: string, ref: any) {
    if (!ref) {
      return undefined;
    }
    if (ref.kind !== 'Pod') {
      throw new ApiError(
        400,
        'BadRequest',
        `cannot bind token for serviceaccount "${account}" to a ${ref.kind}: only pods are bound here`,
      );
    }
    const pods = resourceOf('pods');
    const pod = this.deps.registry.get(pods, namespace, ref.name);
    if (pod.spec.serviceAccountName !== account) {
      throw badRequest(
        `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
      );
    }
    if (ref.uid && ref.uid !== pod.metadata.uid) {
      throw forbidden(
        pods,
        ref.name,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    return { name: pod.metadata.name, uid: pod.metadata.uid! };
  }
}
