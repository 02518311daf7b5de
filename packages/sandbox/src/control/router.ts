import { AwsReply, AwsRequest, decode } from '../aws/protocol/request';
import { ControlError } from '../core/controlError';

/** One route of the control API: path parameters and JSON body in, JSON out. */
export type ControlRoute = (input: {
  path: Record<string, string>;
  query: AwsRequest['query'];
  body: Record<string, unknown>;
}) => unknown | Promise<unknown>;

/** Where the control API lives on the AWS side's port. */
const CONTROL_PREFIX = '/_sandbox';

function jsonReply(status: number, value: unknown): AwsReply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value ?? null),
  };
}

function readBody(request: AwsRequest): Record<string, unknown> {
  if (request.body.length === 0) {
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new ControlError('The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ControlError('The body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Allows only programs on this machine, not web pages in a browser. */
function assertLocalProgram(request: AwsRequest): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  if (!local || request.headers.origin !== undefined) {
    throw new ControlError(
      'The control API answers only programs on this machine.',
      403,
    );
  }
}

/** Makes a handler of `METHOD /path/{name}` → route. */
export function controlHandler(
  routes: Record<string, ControlRoute>,
): (request: AwsRequest) => Promise<AwsReply | undefined> {
  const compiled = Object.entries(routes).map(([route, handler]) => {
    const [method, path] = route.split(' ');
    return {
      method,
      handler,
      names: [...path.matchAll(/\{(\w+)\}/g)].map(found => found[1]),
      expression: new RegExp(
        `^${CONTROL_PREFIX}${path.replace(/\{\w+\}/g, '([^/]+)')}/?$`,
      ),
    };
  });
  return async request => {
    const inside =
      request.rawPath === CONTROL_PREFIX ||
      request.rawPath.startsWith(`${CONTROL_PREFIX}/`);
    if (!inside) {
      return undefined;
    }
    try {
      assertLocalProgram(request);
      for (const route of compiled) {
        const found =
          route.method === request.method
            ? route.expression.exec(request.rawPath)
            : undefined;
        if (found) {
          const path: Record<string, string> = {};
          route.names.forEach((name, index) => {
            path[name] = decode(found[index + 1]);
          });
          const body = readBody(request);
          const answer = await route.handler({
            path,
            query: request.query,
            body,
          });
          return jsonReply(200, answer);
        }
      }
      throw new ControlError(
        `The control API has no ${request.method} ${request.rawPath}.`,
        404,
      );
    } catch (error) {
      const status = error instanceof ControlError ? error.status : 400;
      return jsonReply(status, {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };
}
