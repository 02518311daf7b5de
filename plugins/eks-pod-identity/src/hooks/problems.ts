import { ResponseError } from '@backstage/errors';

/** Why something could not be loaded; each has its own look. */
export type Problem =
  | { kind: 'forbidden' }
  | { kind: 'unauthorized' }
  | { kind: 'missing-backend' }
  | { kind: 'unknown-entity' }
  | { kind: 'error'; message: string };

/** The backend's own sentence where it gave one, without the wrapping of the request. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ResponseError) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
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
