import { ServerResponse } from 'node:http';
import { ResourceDef, storeKey, apiVersionOf } from '../model/resources';
import { Matcher } from '../model/selectors';
import { ApiError, expired, invalid } from '../model/status';
import { resourceVersionError } from './listOptions';
import { Store, StoreEvent, atRevision } from '../store/store';
import { KubeObject } from '../types';

export interface WatchOptions {
  def: ResourceDef;
  namespace?: string;
  matches: Matcher;
  /** Undefined or '0' to start with all existing objects. */
  resourceVersion?: string;
  sendInitialEvents: boolean;
  bookmarks: boolean;
  timeoutSeconds?: number;
  /** Renders an object for the client: itself, metadata only, or a Table of one row. */
  render(object: KubeObject, first: boolean): unknown;
}

/** Wall milliseconds between bookmarks, as the API server's watch cache sends them. */
const BOOKMARK_INTERVAL_MS = 60_000;

/** The API server ends every watch after between one and two times this long. */
const LONGEST_WATCH_SECONDS = 1_800;

const INITIAL_END = 'k8s.io/initial-events-end';

/** Streams changes as newline-delimited JSON until the client disconnects, the timeout passes or the server stops. */
export function serveWatch(
  store: Store,
  response: ServerResponse,
  options: WatchOptions,
) {
  const { def, namespace, matches, bookmarks } = options;
  const resource = storeKey(def);
  const error =
    options.resourceVersion && resourceVersionError(options.resourceVersion);
  if (error) {
    throw invalid(def.group, def.resource, '', [error]);
  }
  let first = true;
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'transfer-encoding': 'chunked',
  });
  response.flushHeaders();

  const write = (type: string, object: unknown) =>
    !response.writableEnded &&
    response.write(`${JSON.stringify({ type, object })}\n`);
  const send = (type: string, object: KubeObject) => {
    write(type, options.render(object, first));
    first = false;
  };
  const inScope = (object: KubeObject) =>
    namespace === undefined || object.metadata.namespace === namespace;

  const onEvent = ({ type, object, previous, ...event }: StoreEvent) => {
    if (event.resource !== resource || !inScope(object)) {
      return;
    }
    const before = previous !== undefined && matches(previous);
    const now = type !== 'DELETED' && matches(object);
    if (now) {
      send(before ? 'MODIFIED' : 'ADDED', object);
    } else if (before) {
      send(
        'DELETED',
        type === 'DELETED' ? object : atRevision(previous!, event.revision),
      );
    }
  };

  const bookmark = (annotations?: Record<string, string>) =>
    write('BOOKMARK', {
      kind: def.kind,
      apiVersion: apiVersionOf(def),
      metadata: {
        resourceVersion: String(store.revision),
        creationTimestamp: null,
        ...(annotations && { annotations }),
      },
    });

  const from = startRevision(store, options);
  if (from instanceof ApiError) {
    write('ERROR', from.toStatus());
    response.end();
    return;
  }
  if (from === undefined) {
    store
      .list(resource, namespace)
      .filter(matches)
      .forEach(object => send('ADDED', object));
    if (options.sendInitialEvents) {
      bookmark({ [INITIAL_END]: 'true' });
    }
  } else {
    store.since(resource, from).forEach(onEvent);
  }

  const unsubscribe = store.subscribe(onEvent);
  const ticking = bookmarks
    ? setInterval(() => bookmark(), BOOKMARK_INTERVAL_MS)
    : undefined;
  const seconds = options.timeoutSeconds ?? LONGEST_WATCH_SECONDS;
  const timeout = setTimeout(() => {
    unsubscribe();
    response.end();
  }, seconds * 1000);
  ticking?.unref();
  timeout.unref();
  response.on('close', () => {
    unsubscribe();
    clearInterval(ticking);
    clearTimeout(timeout);
  });
}

/** The revision to start from; undefined for the current state. */
function startRevision(
  store: Store,
  { resourceVersion, sendInitialEvents }: WatchOptions,
): number | undefined | ApiError {
  if (!resourceVersion || resourceVersion === '0' || sendInitialEvents) {
    return undefined;
  }
  const from = Number(resourceVersion);
  return from < store.oldestRevision
    ? expired(resourceVersion, store.oldestRevision)
    : from;
}
