import { type Retries, withRetries } from '../async/retryRule';
import { isKubernetesError, KubernetesError } from './errors';
import type { KubernetesCall } from './paths';
import { pathOf, type Query } from './paths';
import { prospectOf, retryAfterMsOf } from './retries';
import type { KubernetesTransport, TransportRequest } from './transport';
import type { KubernetesCallOptions, ListPage } from './types';

/** Page size of a list; the number of pages is not limited. */
const PAGE = 500;

/** How often a list restarts because it expired between two pages. */
const RESTARTS = 2;

const METHODS: Record<string, TransportRequest['method']> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  patch: 'PATCH',
  delete: 'DELETE',
};

/**
 * A list as rows of cells, the first of which is the name. `PartialObjectMetadata` would still hold the annotations, which
 * can be 256 kB of each object. An API server that gives no table answers with the objects.
 */
const AS_TABLE =
  'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';

/** A list of the metadata of objects alone. */
export const AS_METADATA =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface TablePage extends Omit<Page<V1Object>, 'items'> {
  rows?: { cells: unknown[] }[] | null;
  items?: V1Object[] | null;
}

interface V1Object {
  metadata?: { name?: string };
}

/** A list as the API server sends it. */
interface Page<T> {
  /** Null when there are none. */
  items: T[] | null;
  metadata?: {
    continue?: string;
    resourceVersion?: string;
    remainingItemCount?: number;
  };
}

function namesOf({ rows, items }: TablePage): string[] {
  return items
    ? items.map(({ metadata }) => metadata?.name ?? '')
    : (rows ?? []).map(({ cells }) => String(cells[0]));
}

interface Asked {
  query?: Query;
  body?: unknown;
  accept?: string;
}

type CallOptions = KubernetesCallOptions & { freshTo?: string };

/** Turns a 404 into undefined. */
export async function found<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Reports an answer whose body cannot be read as a server error. */
function parse<T>(call: KubernetesCall, text: string): T {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubernetesError({
      ...call,
      kind: 'server',
      message: `the answer to ${call.verb} ${call.resource} is not whole JSON`,
      cause: error,
    });
  }
}

async function allPages<T>(
  load: (token: string | undefined) => Promise<Page<T>>,
): Promise<{ items: T[]; resourceVersion?: string }> {
  let items: T[] = [];
  let token: string | undefined;
  let restarts = 0;
  for (;;) {
    let page: Page<T>;
    try {
      page = await load(token);
    } catch (error) {
      if (
        !token ||
        !isKubernetesError(error, 'gone') ||
        ++restarts > RESTARTS
      ) {
        throw error;
      }
      items = [];
      token = undefined;
      continue;
    }
    items = items.concat(page.items ?? []);
    token = page.metadata?.continue || undefined;
    if (!token) {
      return { items, resourceVersion: page.metadata?.resourceVersion };
    }
  }
}

/** Makes calls of their descriptions and reads the answers; the transport sends them. */
export function createCaller(
  transport: KubernetesTransport,
  timing: Pick<Retries, 'clock' | 'retryPauseMs'>,
) {
  const send = (
    call: KubernetesCall,
    { query, body, accept }: Asked,
    { signal, freshTo }: CallOptions = {},
  ): Promise<string> =>
    transport.send({
      call,
      method: METHODS[call.verb],
      path: pathOf(call, query),
      body: body === undefined ? undefined : JSON.stringify(body),
      accept,
      signal,
      freshTo,
    });

  /**
   * One call, made again after a failure in passing. Writes too: each names its object and its preconditions, so a
   * second one does nothing more than the first, or says that the object is there (409) or gone (404).
   */
  const run = <T>(
    call: KubernetesCall,
    asked: Asked = {},
    options?: CallOptions,
  ): Promise<T> =>
    withRetries(
      { ...timing, prospectOf, retryAfterMsOf, signal: options?.signal },
      async () => parse(call, await send(call, asked, options)),
    );

  /** Reads the pages of one list. One that is too long is read again with fewer objects, as are those that follow. */
  function pager(call: KubernetesCall, asked: Asked, options?: CallOptions) {
    let limit = PAGE;
    return async <T>(token: string | undefined): Promise<T> => {
      for (;;) {
        const query = { ...asked.query, limit, continue: token };
        try {
          return await run<T>(call, { ...asked, query }, options);
        } catch (error) {
          if (limit === 1 || !isKubernetesError(error, 'too-long')) throw error;
          limit = Math.ceil(limit / 10);
        }
      }
    };
  }

  /** All pages of a list. */
  const list = <T>(
    call: KubernetesCall,
    query: Query = {},
    options?: CallOptions,
  ): Promise<{ items: T[]; resourceVersion?: string }> =>
    allPages<T>(pager(call, { query }, options));

  /** Names of all objects of a list. */
  const names = async (
    call: KubernetesCall,
    options?: CallOptions,
  ): Promise<string[]> => {
    const asked = { query: { includeObject: 'None' }, accept: AS_TABLE };
    const read = pager(call, asked, options);
    const { items } = await allPages(async token => {
      const page = await read<TablePage>(token);
      return { ...page, items: namesOf(page) };
    });
    return items;
  };

  /** A list page by page, so that nothing has to be kept but what is wanted of it. */
  async function* pages<T>(
    call: KubernetesCall,
    options?: CallOptions,
    accept?: string,
  ): AsyncGenerator<ListPage<T>, void, undefined> {
    const read = pager(call, { accept }, options);
    let token: string | undefined;
    do {
      const page: Page<T> = await read(token);
      const { remainingItemCount = 1 } = page.metadata ?? {};
      token = page.metadata?.continue || undefined;
      yield {
        items: page.items ?? [],
        // Pages may have become smaller on the way.
        pagesLeft: token
          ? Math.ceil(remainingItemCount / (page.items?.length || PAGE))
          : 0,
      };
    } while (token);
  }

  return {
    run,
    /** The object that a call names; undefined where it is not there. */
    read: <T>(
      call: Omit<KubernetesCall, 'verb'>,
      options?: CallOptions,
    ): Promise<T | undefined> =>
      found(run<T>({ ...call, verb: 'get' }, {}, options)),
    /** One call whose answer is text; it is not made again. */
    text: (call: KubernetesCall, query: Query, options?: CallOptions) =>
      send(call, { query }, options),
    list,
    names,
    pages,
    /** As `list`, but only the objects. */
    items: async <T>(
      call: KubernetesCall,
      query?: Query,
      options?: CallOptions,
    ): Promise<T[]> => (await list<T>(call, query, options)).items,
  };
}

/** Makes the calls that the other files describe. */
export type Caller = ReturnType<typeof createCaller>;
