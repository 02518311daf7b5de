import type {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import type { Request, Response } from 'express';
import { hashOf } from '../operations/canonical';
import { initiatorOf } from '../operations/initiator';

/** Whoever may call our routes. */
export type Caller = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

/** Nobody gets an answer that was made for somebody else, not even as "not modified". */
export function cacheHeaders(
  answer: object,
  caller: Caller,
): Record<string, string> {
  return {
    etag: `"${hashOf([initiatorOf(caller), answer])}"`,
    'cache-control': 'private, no-cache',
    vary: 'Authorization, Cookie',
  };
}

/** Answers with JSON, or with 304 where the caller already has it. */
export function sendCacheable(
  request: Request,
  response: Response,
  answer: object,
  caller: Caller,
) {
  response.set(cacheHeaders(answer, caller));
  if (request.fresh) response.status(304).end();
  else response.json(answer);
}
