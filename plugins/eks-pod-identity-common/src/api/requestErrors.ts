import {
  ConflictError,
  InputError,
  isError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  type ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';

/**
 * The classes of `@backstage/errors` that carry a sentence for users, by name: turns an error that crossed the wire
 * back into its class.
 *
 * @public
 */
export const errorClassTable: Readonly<
  Partial<Record<string, new (message: string) => Error>>
> = {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ServiceUnavailableError,
};

/**
 * Why a request to the backend failed.
 *
 * `signed-out` and `forbidden` are the statuses 401 and 403. `missing-backend` means that no plugin serves the path.
 * `not-found` and `refused` are the plugin's own errors, with a sentence in the cause of the `ResponseError`. `gateway`
 * is an HTTP error without such a sentence: something in front of the plugin answered. `unreadable` is an answer that
 * does not match the schema, `unreachable` a connection that failed, `other` anything else that was thrown.
 *
 * @public
 */
export type RequestProblem =
  | 'signed-out'
  | 'forbidden'
  | 'missing-backend'
  | 'not-found'
  | 'refused'
  | 'gateway'
  | 'unreadable'
  | 'unreachable'
  | 'other';

/** What `fetch` of Chromium, Firefox, WebKit and Node.js says when the connection failed. */
const FETCH_FAILED = /failed to fetch|networkerror|load failed|fetch failed/i;

/** What `ResponseError` says of an answer that has no error in its body. */
const NO_ERROR_IN_BODY = /^request failed with status/i;

/** What `ResponseError.is` tells, which Backstage 1.55 does not have. @public */
export function isResponseError(error: unknown): error is ResponseError {
  return (
    isError(error) &&
    error.name === 'ResponseError' &&
    typeof error.statusCode === 'number' &&
    isError(error.cause)
  );
}

/** Classifies what a call of the client threw. @public */
export function requestProblemOf(error: unknown): RequestProblem {
  if (isResponseError(error)) return problemOfResponse(error);
  if (!isError(error)) return 'other';
  if (error.name === 'ZodError' || error.name === 'SyntaxError') {
    return 'unreadable';
  }
  return error.name === 'TypeError' && FETCH_FAILED.test(error.message)
    ? 'unreachable'
    : 'other';
}

function problemOfResponse({
  statusCode,
  cause,
}: ResponseError): RequestProblem {
  if (statusCode === 401) return 'signed-out';
  if (statusCode === 403) return 'forbidden';
  const hasOwnError = !NO_ERROR_IN_BODY.test(cause.message);
  // The plugin itself says NotFoundError; a backend without the plugin answers 404 with a body that names no error
  if (statusCode === 404) {
    return hasOwnError && cause.name === 'NotFoundError'
      ? 'not-found'
      : 'missing-backend';
  }
  return hasOwnError ? 'refused' : 'gateway';
}
