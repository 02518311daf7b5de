import { AwsError } from '../errors';
import { AwsReply, AwsRequest } from './request';
import { XmlValue, element } from './xml';

/** Parameters of a query-protocol call: `Tags.member.1.Key` becomes `{ Tags: [{ Key }] }`. */
export interface QueryParameters {
  [name: string]: QueryValue;
}
/** A parameter's value. */
export type QueryValue = string | QueryParameters | QueryValue[];

/** Decodes a form body or query string, in which `+` is a space. */
export function parseForm(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

function place(target: QueryParameters, path: string[], value: string): void {
  let node: QueryParameters = target;
  path.forEach((step, index) => {
    if (index === path.length - 1) {
      node[step] = value;
      return;
    }
    const next = node[step];
    if (typeof next !== 'object' || Array.isArray(next)) {
      node[step] = Object.create(null);
    }
    node = node[step] as QueryParameters;
  });
}

/** Turns the numbered `member` levels into lists, in the order of their numbers. */
function listsOf(value: QueryValue): QueryValue {
  if (typeof value === 'string' || Array.isArray(value)) {
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'member') {
    const inner = value.member;
    if (typeof inner === 'object' && !Array.isArray(inner)) {
      return Object.keys(inner)
        .sort((a, b) => Number(a) - Number(b))
        .map(key => listsOf(inner[key]));
    }
    return [];
  }
  const result: QueryParameters = Object.create(null);
  for (const key of keys) {
    result[key] = listsOf(value[key]);
  }
  return result;
}

/** Turns flat parameters into a structure, without `Action` and `Version`. */
export function structure(flat: Record<string, string>): QueryParameters {
  const tree: QueryParameters = Object.create(null);
  for (const [key, value] of Object.entries(flat)) {
    if (key !== 'Action' && key !== 'Version' && !key.startsWith('X-Amz-')) {
      place(tree, key.split('.'), value);
    }
  }
  return listsOf(tree) as QueryParameters;
}

/** The flat parameters of a query-protocol request, from its body or its URL. */
export function queryParameters(request: AwsRequest): Record<string, string> {
  const fromUrl = Object.fromEntries(
    Object.entries(request.query).map(([key, value]) => [key, String(value)]),
  );
  return { ...fromUrl, ...parseForm(request.body.toString('utf8')) };
}

/** The refusal of an action that the service does not have. */
export function unknownAction(request: AwsRequest): AwsError {
  const { Action, Version = 'NO_VERSION_SPECIFIED' } = queryParameters(request);
  return Action
    ? new AwsError(
        'InvalidAction',
        `Could not find operation ${Action} for version ${Version}`,
        400,
      )
    : new AwsError('MissingAction', 'Missing Action', 400);
}

/** A successful response. The result is undefined for operations without one. */
export function queryReply(options: {
  namespace: string;
  operation: string;
  requestId: string;
  result?: XmlValue;
}): AwsReply {
  const { namespace, operation, requestId, result } = options;
  const body = `<${operation}Response xmlns="${namespace}">${element(
    `${operation}Result`,
    result,
  )}${element('ResponseMetadata', {
    RequestId: requestId,
  })}</${operation}Response>`;
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body,
  };
}

/** An error response. */
export function queryErrorReply(
  error: AwsError,
  namespace: string,
  requestId: string,
): AwsReply {
  const body = `<ErrorResponse xmlns="${namespace}">${element('Error', {
    Type: error.statusCode >= 500 ? 'Receiver' : 'Sender',
    Code: error.code,
    Message: error.message,
  })}${element('RequestId', requestId)}</ErrorResponse>`;
  return {
    status: error.statusCode,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body,
  };
}
