import { ServerResponse } from 'node:http';
import { FaultKind } from '../../core/contract';
import { ApiError, internalError } from '../model/status';

/** Seconds that API Priority and Fairness first asks a client to wait. */
const RETRY_AFTER = '1';

const UNAVAILABLE = new ApiError(
  503,
  'ServiceUnavailable',
  'the server is currently unable to handle the request',
);

const ETCD_SLOW = internalError('etcdserver: request timed out');

/**
 * Refuses a request before it is processed.
 *
 * @returns the status for the record, 0 when the connection is closed; undefined when the fault comes later
 */
export function refuse(
  response: ServerResponse,
  kind: FaultKind,
): number | undefined {
  switch (kind) {
    case 'throttle':
      // Text, not a Status: `tooManyRequests` of the API server writes it so.
      return answer(response, 429, 'text/plain; charset=utf-8', {
        text: 'Too many requests, please try again later.\n',
        headers: { 'retry-after': RETRY_AFTER },
      });
    case 'server-error':
    case 'unavailable': {
      const error = kind === 'unavailable' ? UNAVAILABLE : ETCD_SLOW;
      return answer(response, error.code, 'application/json', {
        text: `${JSON.stringify(error.toStatus())}\n`,
      });
    }
    case 'reset':
      response.destroy();
      return 0;
    default:
      return undefined;
  }
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  { text, headers }: { text: string; headers?: Record<string, string> },
): number {
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(text);
  return status;
}

/** Closes the connection in place of the answer, or in the middle of its body. */
export function cutOff(
  response: ServerResponse,
  kind: FaultKind,
  answered?: { code: number; body: unknown },
) {
  if (kind !== 'truncate' || !answered || response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(`${JSON.stringify(answered.body)}\n`);
  response.writeHead(answered.code, {
    'content-type': 'application/json',
    'content-length': body.length,
  });
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}
