import type { Permission } from '@backstage/plugin-permission-common';
import { z } from 'zod/v3';
import type { PodIdentityRequestOptions } from './requestOptions';

/** What the parameters of a path stand for. @public */
export interface Place<At> {
  /** By the name of a parameter, what it may be. */
  params: Record<string, z.ZodTypeAny>;
  /** What they name together, as an error says it. */
  what: string;
  schema: z.ZodType<At>;
  write(at: At): Record<string, string>;
  /** What the schema parses. */
  read(params: Record<string, string>): unknown;
}

/** What an endpoint is, apart from its types. @public */
export interface EndpointFacts {
  route: `${'GET' | 'POST' | 'DELETE'} /v1/${string}`;
  /** Of a caller; the description says on what, and what else it takes. */
  needs: readonly Permission[];
  summary: string;
  description: string;
  /** Statuses of its failures, besides 401. */
  failures: readonly number[];
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** What the body is, as an error names it. */
  sends?: string;
  /** The answer has an ETag; a caller that has it already gets 304. */
  cached?: boolean;
  /** Also answers with server-sent events. */
  stream?: boolean;
  /**
   * Every name in the answer was chosen for its reader when it was built. Without this, names that are not for the
   * reader are left out of the answer, as its schema says.
   */
  chosen?: boolean;
}

/** @public */
export type QuerySchema<Query> = z.ZodObject<any, any, any, Query, any>;

/** An endpoint of the HTTP API: client, router, document and disclosure follow from it. `void`: it takes none. @public */
export interface Endpoint<At, Query, Body, Answer, Given>
  extends EndpointFacts {
  at?: Place<At>;
  query?: QuerySchema<Query>;
  body?: z.ZodType<Body>;
  answer: z.ZodType<Answer>;
  /** The field of the answer that the client gives to its caller; default the whole. */
  only?: string;
  /** The type of that; there is no value. */
  given?: Given;
}

/** @public */
export type AnyEndpoint = Endpoint<any, any, any, any, any>;

/** States an endpoint; its types follow from its schemas. */
export function endpoint<
  Answer,
  At = void,
  Query = void,
  Body = void,
  Only extends keyof Answer | undefined = undefined,
>(
  facts: EndpointFacts & {
    at?: Place<At>;
    query?: QuerySchema<Query>;
    body?: z.ZodType<Body>;
    answer: z.ZodType<Answer>;
    only?: Only & string;
  },
): Endpoint<
  At,
  Query,
  Body,
  Answer,
  Only extends keyof Answer ? Answer[Only] : Answer
> {
  return facts;
}

type Taken<T> = [T] extends [void]
  ? []
  : Partial<T> extends T
  ? [value?: T]
  : [value: T];

/**
 * The client's method for an endpoint: takes where it is, what is sent, and what is asked, as far as there is such a
 * thing. What is asked beside a body is one of the options.
 *
 * @public
 */
export type Method<E> = E extends Endpoint<
  infer At,
  infer Query,
  infer Body,
  any,
  infer Given
>
  ? [Body] extends [void]
    ? (
        ...args: [
          ...Taken<At>,
          ...Taken<Query>,
          options?: PodIdentityRequestOptions,
        ]
      ) => Promise<Given>
    : (
        ...args: [
          ...Taken<At>,
          body: Body,
          options?: PodIdentityRequestOptions &
            ([Query] extends [void] ? unknown : Query),
        ]
      ) => Promise<Given>
  : never;
