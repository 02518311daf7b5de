import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '@backstage/config';
import { isLoopbackHost } from './loopback';

/** The name in a Host header; undefined when it is none. */
function hostnameOf(host: string): string | undefined {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return undefined;
  }
}

/**
 * Lets through only requests that name this machine or the portal's configured address. The demo signs everybody in as
 * whom they choose, so a web page elsewhere must not reach it by a name that it lets point to loopback (DNS rebinding).
 */
export function hostGuard(
  config: Config,
): (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void {
  const configured = ['app.baseUrl', 'backend.baseUrl'].flatMap(key => {
    const url = config.getOptionalString(key);
    return url ? [new URL(url).hostname] : [];
  });
  return (request, response, next) => {
    const hostname = hostnameOf(request.headers.host ?? '');
    if (
      hostname &&
      (isLoopbackHost(hostname) || configured.includes(hostname))
    ) {
      next();
      return;
    }
    response.writeHead(421, { 'content-type': 'text/plain' });
    response.end(
      'This sandbox portal answers only as localhost, or at the address that app.baseUrl and backend.baseUrl in app-config name\n',
    );
  };
}
