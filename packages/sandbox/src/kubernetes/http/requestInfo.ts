import { AccessRequest } from '../auth/authorizer';
import { findResource, ResourceDef, unserved } from '../model/resources';
import { pinnedName } from '../model/selectors';
import { badRequest } from '../model/status';
import { isTrue } from './listOptions';

/** A request for a stored kind, or for one of its subresources. */
export interface ResourceRequest {
  def: ResourceDef;
  verb: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

export interface RequestInfo {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Absent for discovery, health, version and OpenAPI. */
  resource?: ResourceRequest;
}

const COLLECTION_VERBS: Record<string, string> = {
  GET: 'list',
  HEAD: 'list',
  POST: 'create',
  DELETE: 'deletecollection',
};

const OBJECT_VERBS: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const RESOURCE_PATH = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+)$/;

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(segment)}`);
  }
}

/** Reads method and path like the API server; the resource is undefined for other paths. */
export function parseRequest(method: string, url: string): RequestInfo {
  const { pathname, searchParams } = new URL(`https://cluster.local${url}`);
  const path = pathname.replace(/(.)\/+$/, '$1');
  const match = path.match(RESOURCE_PATH);
  const info: RequestInfo = { method, path, query: searchParams };
  if (!match) {
    return info;
  }
  const group = match[2] ?? '';
  const version = match[1] ?? match[3];
  const segments = match[4].split('/').map(decodeSegment);
  info.resource = parseResource(group, version, segments, info);
  return info;
}

function parseResource(
  group: string,
  version: string,
  segments: string[],
  { method, query }: RequestInfo,
): ResourceRequest {
  const namespaced = segments[0] === 'namespaces' && segments.length > 2;
  const finalizer = namespaced && ['status', 'finalize'].includes(segments[2]);
  const namespace = namespaced && !finalizer ? segments[1] : undefined;
  const [resource, name, subresource, ...tooMuch] =
    namespace === undefined ? segments : segments.slice(2);
  const served = findResource(group, version, resource);
  const isRoute =
    served &&
    tooMuch.length === 0 &&
    (served.namespaced
      ? name === undefined || namespace !== undefined
      : namespace === undefined);
  const def = isRoute
    ? served
    : unserved(group, version, resource, namespace !== undefined);
  const watching = isTrue(query.get('watch'));
  const verb =
    name === undefined
      ? (watching && method === 'GET' ? 'watch' : COLLECTION_VERBS[method]) ??
        method.toLowerCase()
      : OBJECT_VERBS[method] ?? method.toLowerCase();
  return {
    def,
    verb,
    namespace,
    name,
    subresource,
  };
}

/** The request in the form that authorisation needs. */
export function accessRequestOf({
  resource,
  method,
  path,
  query,
}: RequestInfo): AccessRequest {
  if (!resource) {
    return { verb: (OBJECT_VERBS[method] ?? method).toLowerCase(), path };
  }
  const { def, verb, namespace, name, subresource } = resource;
  return {
    verb,
    group: def.group,
    resource: def.resource,
    subresource,
    namespace: def.kind === 'Namespace' ? name : namespace,
    name: name ?? pinnedName(query.get('fieldSelector')),
  };
}

/** The name for counting and latency rules: `create pods`, `get pods/log`, `get /version`. */
export function operationOf({ resource, method, path }: RequestInfo): string {
  if (!resource) {
    return `${method.toLowerCase()} ${path}`;
  }
  const { verb, def, subresource } = resource;
  return `${verb} ${def.resource}${subresource ? `/${subresource}` : ''}`;
}
