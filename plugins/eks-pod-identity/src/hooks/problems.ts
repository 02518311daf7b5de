import { isError, ResponseError } from '@backstage/errors';

/** Why something could not be loaded; each has its own look. */
export type Problem =
  | { kind: 'forbidden' }
  | { kind: 'unauthorized' }
  | { kind: 'missing-backend' }
  | { kind: 'unknown-entity' }
  | { kind: 'error'; message: string };

/** `fetch` of Chromium, Firefox, WebKit and Node.js when nobody answered. */
const NOBODY = /failed to fetch|networkerror|load failed|fetch failed/i;

/** The backend's own sentence where it gave one, without the wrapping of the request; else what to make of it. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ResponseError) {
    const { cause, statusCode, statusText } = error;
    // Not the backend's words: a gateway or the like answered, maybe with a whole page.
    return /^request failed with status/i.test(cause.message)
      ? `The backend, or something in front of it, answered ${`${statusCode} ${statusText}`.trim()}. Try again in a moment.`
      : cause.message;
  }
  if (!isError(error)) return String(error);
  if (error.name === 'ZodError' || error.name === 'SyntaxError') {
    return 'The answer of the backend could not be read. Its version may not fit this page: ask the platform team.';
  }
  if (error.name === 'TypeError' && NOBODY.test(error.message)) {
    return 'The backend could not be reached. Check your connection, or try again in a moment.';
  }
  return error.message;
}

/**
 * A backend without the plugin answers 404 with a body that names no error; the plugin itself says
 * `NotFoundError` for an entity it does not know.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof ResponseError) {
    if (error.statusCode === 401) return { kind: 'unauthorized' };
    if (error.statusCode === 403) return { kind: 'forbidden' };
    if (error.statusCode === 404) {
      return error.cause?.name === 'NotFoundError' &&
        !/^request failed/i.test(error.cause.message)
        ? { kind: 'unknown-entity' }
        : { kind: 'missing-backend' };
    }
  }
  return { kind: 'error', message: sentenceOf(error) };
}
