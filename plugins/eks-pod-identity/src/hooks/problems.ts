import { ResponseError, toError } from '@backstage/errors';
import { requestProblemOf } from 'backstage-plugin-eks-pod-identity-common';

/** Why something could not be loaded; the pages show each kind differently. */
export type Problem =
  | { kind: 'forbidden' }
  | { kind: 'unauthorized' }
  | { kind: 'missing-backend' }
  | { kind: 'unknown-entity' }
  | { kind: 'error'; message: string };

/** The backend's own sentence if it gave one, without the prefix of the failed request; else an explanation. */
export function sentenceOf(error: unknown): string {
  switch (requestProblemOf(error)) {
    case 'unreadable':
      return 'The answer of the backend could not be read. Its version might not fit this page: ask the platform team.';
    case 'unreachable':
      return 'The backend could not be reached. Check your connection, or try again in a moment.';
    default:
      return error instanceof ResponseError
        ? sentenceOfResponse(error)
        : toError(error).message;
  }
}

function sentenceOfResponse({ cause, statusCode, statusText }: ResponseError) {
  // A gateway answered, perhaps with a whole HTML page
  return /^request failed with status/i.test(cause.message)
    ? `The backend, or something in front of it, answered ${`${statusCode} ${statusText}`.trim()}. Try again in a moment.`
    : cause.message;
}

export function toProblem(error: unknown): Problem {
  switch (requestProblemOf(error)) {
    case 'signed-out':
      return { kind: 'unauthorized' };
    case 'forbidden':
      return { kind: 'forbidden' };
    case 'missing-backend':
      return { kind: 'missing-backend' };
    case 'not-found':
      return { kind: 'unknown-entity' };
    default:
      return { kind: 'error', message: sentenceOf(error) };
  }
}
