import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { Shown } from '../permissions/Reader';

/** Aborts when the client goes before it has its answer. */
export function clientLeft(response: Response): AbortSignal {
  const left = new AbortController();
  const leave = () => {
    if (response.writableFinished) return;
    left.abort(new Error('The client left before it had its answer'));
  };
  if (response.closed) leave();
  else response.on('close', leave);
  return left.signal;
}

/** Answers with JSON that nothing keeps. */
export function sendJson(response: Response, answer: Shown<object>) {
  response.json(answer);
}

/**
 * Answers with JSON and an ETag that only this caller can have, or with 304 where the caller already has it: an
 * answer that was made for another caller never counts as "not modified".
 *
 * The comparison is our own: `fetch` adds "no-cache" to requests that carry If-None-Match, and that would switch
 * Express' own off.
 */
export function sendCacheable(
  request: Request,
  response: Response,
  answer: Shown<object>,
  caller: Caller,
) {
  const text = JSON.stringify(answer);
  const etag = `"${createHash('sha256')
    .update(JSON.stringify(initiatorOf(caller)))
    .update(text)
    .digest('hex')}"`;
  response.set({
    etag,
    'cache-control': 'private, no-cache',
    vary: 'Authorization, Cookie',
  });
  const known = (request.get('if-none-match') ?? '')
    .split(',')
    .map(one => one.trim().replace(/^W\//, ''));
  if (known.includes(etag)) {
    response.status(304).end();
  } else {
    response.type('json').send(text);
  }
}
