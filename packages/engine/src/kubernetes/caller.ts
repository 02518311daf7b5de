import { ResponseContext, wrapHttpLibrary } from '@kubernetes/client-node';
import {
  isKubernetesError,
  KubernetesError,
  type KubernetesCall,
} from './errors';
import type { KubernetesTransport, TransportRequest } from './transport';
import type { KubernetesCallOptions } from './types';

/** Page size of a list; the number of pages is not limited. */
const PAGE = 500;

/** How often a list restarts because it expired between two pages. */
const RESTARTS = 2;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  metadata?: { _continue?: string; resourceVersion?: string };
}

type CallOptions = KubernetesCallOptions & { freshTo?: string };

/** Per-call options of the typed APIs; their type is as wide as the library's own. */
type Via = any;

/** Requests one page of a list. */
export type PageLoader<T> = (
  page: { limit: number; _continue?: string },
  viaOptions: Via,
) => Promise<Page<T>>;

function answerOf(status: number, text: string, headers = {}): ResponseContext {
  return new ResponseContext(status, headers, {
    text: async () => text,
    binary: async () => Buffer.from(text),
    stream: () => null,
  });
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

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
async function typed<T>(call: KubernetesCall, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new KubernetesError({
        ...call,
        kind: 'server',
        message: `the answer to ${call.verb} ${call.resource} is not whole JSON`,
        cause: error,
      });
    }
    throw error;
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
    items = items.concat(page.items);
    token = page.metadata?._continue || undefined;
    if (!token) {
      return { items, resourceVersion: page.metadata?.resourceVersion };
    }
  }
}

/** The typed APIs of `@kubernetes/client-node` build requests and decode answers; our transport sends them. */
export function createCaller(transport: KubernetesTransport, endpoint: string) {
  const via = (call: KubernetesCall, options: CallOptions = {}): Via => ({
    httpApi: wrapHttpLibrary({
      send: async context => {
        const answer = await transport.send({
          call,
          method: context.getHttpMethod() as TransportRequest['method'],
          path: context.getUrl().slice(endpoint.length),
          body: context.getBody() as string | undefined,
          headers: lowerCase(context.getHeaders()),
          signal: options.signal,
          freshTo: options.freshTo,
        });
        return answerOf(answer.status, answer.text, answer.headers);
      },
    }),
  });

  /** One call. */
  const run = <T>(
    call: KubernetesCall,
    work: (viaOptions: Via) => Promise<T>,
    options?: CallOptions,
  ): Promise<T> => typed(call, work(via(call, options)));

  /** All pages of a list. */
  const list = <T>(
    call: KubernetesCall,
    load: PageLoader<T>,
    options?: CallOptions,
  ): Promise<{ items: T[]; resourceVersion?: string }> =>
    allPages(token =>
      run(
        call,
        v => load({ limit: PAGE, ...(token ? { _continue: token } : {}) }, v),
        options,
      ),
    );

  return {
    run,
    list,
    /** As `list`, but only the objects. */
    items: async <T>(
      call: KubernetesCall,
      load: PageLoader<T>,
      options?: CallOptions,
    ): Promise<T[]> => (await list<T>(call, load, options)).items,
    /** Per-call options that decode `json` with the typed API instead of sending a request. */
    decoding: (json: unknown): Via => ({
      httpApi: wrapHttpLibrary({
        send: async () =>
          answerOf(200, JSON.stringify(json), {
            'content-type': 'application/json',
          }),
      }),
    }),
  };
}

/** Sends the requests that the typed APIs build. */
export type Caller = ReturnType<typeof createCaller>;
