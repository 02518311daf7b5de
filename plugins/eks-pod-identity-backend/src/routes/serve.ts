import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  type AnyEndpoint,
  type Endpoint,
  ruleOf,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Request, Response, Router } from 'express';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { alreadyShown, Reader } from '../permissions/Reader';
import { turns } from '../turns';
import { sendCacheable, sendJson } from './http';
import { parseInput } from './validate';

export interface ServeOptions {
  authorizer: Pick<Authorizer, 'readable'>;
  catalog: CatalogService;
  httpAuth: HttpAuthService;
  logger: LoggerService;
}

/** A request whose parts have been parsed by the schemas of its endpoint. */
interface Call<At, Query, Body> {
  at: At;
  query: Query;
  body: Body;
  caller: Caller;
  /** Knows which names are for the caller. */
  reader: Reader;
  request: Request;
  response: Response;
}

/** Answers a call; with nothing where it has answered itself, or the caller has left. */
type Handler<E> = E extends Endpoint<
  infer At,
  infer Query,
  infer Body,
  infer Answer,
  any
>
  ? (call: Call<At, Query, Body>) => Promise<Answer | undefined>
  : never;

/** One for each endpoint: a new one does not compile without. */
export type Handlers<Group> = { [Name in keyof Group]: Handler<Group[Name]> };

/**
 * Serves endpoints as their contracts say: who calls, what is asked, the shape of the answer, what of it is for the
 * caller, and whether the caller has it already.
 */
export function serve<Group extends Record<string, AnyEndpoint>>(
  router: Router,
  options: ServeOptions,
  group: Group,
  handlers: Handlers<Group>,
): void {
  for (const name of Object.keys(group)) {
    serveOne(
      router,
      options,
      group[name],
      handlers[name] as Handler<AnyEndpoint>,
    );
  }
}

function serveOne(
  router: Router,
  options: ServeOptions,
  endpoint: AnyEndpoint,
  handle: Handler<AnyEndpoint>,
) {
  // An answer without a rule keeps the portal from starting; no reader meets it
  if (!endpoint.chosen) ruleOf(endpoint.answer);
  const [method, path] = endpoint.route.split(' ');
  const verb = method.toLowerCase() as 'get' | 'post' | 'delete';
  router[verb](path.replace(/\{(\w+)\}/g, ':$1'), async (request, response) => {
    const caller = await options.httpAuth.credentials(request, {
      allow: ['user', 'service'],
    });
    const reader = new Reader(options, caller);
    const input = inputOf(endpoint, request);
    const made = await handle({ ...input, caller, reader, request, response });
    if (made === undefined) return;
    const turn = turns();
    const answer = endpoint.answer.parse(made);
    await turn();
    const shown = endpoint.chosen
      ? alreadyShown(answer)
      : await reader.show(endpoint.answer, answer);
    await turn();
    response.status(endpoint.status ?? 200);
    if (endpoint.cached) sendCacheable(request, response, shown, caller);
    else sendJson(response, shown);
  });
}

function inputOf(
  { at, body, query, sends = 'body' }: AnyEndpoint,
  request: Request,
) {
  return {
    at: at && parseInput(at.schema, at.read(request.params), at.what),
    body: body && parseInput(body, request.body, sends),
    query: query && parseInput(query, request.query, 'query'),
  };
}
