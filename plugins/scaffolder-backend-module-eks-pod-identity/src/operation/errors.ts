import {
  ConflictError,
  InputError,
  isError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';

const CLASSES: Record<string, new (message: string) => Error> = {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ServiceUnavailableError,
};

/** The engine's own class for what is refused until something has ended. */
const TOO_MANY = 'TooManyRequestsError';

/**
 * An error that is an answer, not an accident. The scaffolder writes an error's stack to the task's log; here it would
 * only push the sentence, which is all its reader can use, out of sight.
 */
export function asAnswer<T extends Error>(error: T): T {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** The error that happened in the engine, as the same class with the same sentence. */
export function errorFromEngine(error: {
  name: string;
  message: string;
}): Error {
  const Class = CLASSES[error.name];
  if (Class) return asAnswer(new Class(error.message));
  const other = new Error(error.message);
  other.name = error.name;
  return asAnswer(other);
}

function backendMissing(): Error {
  return asAnswer(
    new NotImplementedError(
      'This portal has no EKS Pod Identity backend: the action only orders the work, the plugin "eks-pod-identity" does it. Add backstage-plugin-eks-pod-identity-backend to the backend, or point discovery.endpoints to where it runs',
    ),
  );
}

function isConnectionProblem(error: Error): boolean {
  return error.name === 'TypeError' && error.message === 'fetch failed';
}

/** `fetch failed` hides the reason in its cause, which for a name with two addresses is a bundle of errors. */
function reasonOf(error: Error): string {
  const { cause } = error;
  if (!isError(cause)) return error.message;
  if (Array.isArray(cause.errors)) {
    return cause.errors
      .filter(isError)
      .map(one => one.message)
      .join(', ');
  }
  return cause.message || error.message;
}

/**
 * What went wrong on the way to the engine, as a sentence a template's user can act on.
 *
 * The engine answers with Backstage's JSON error body. A 404 without one comes from the portal's root router:
 * nobody serves that path, so the plugin is not installed.
 */
export function errorFromRequest(error: unknown): Error {
  if (!isError(error)) return new Error(String(error));
  if (ResponseError.is(error)) {
    const { cause, statusCode } = error;
    if (statusCode === 404 && cause.name !== 'NotFoundError') {
      return backendMissing();
    }
    if (CLASSES[cause.name] || cause.name === TOO_MANY) {
      return errorFromEngine(cause);
    }
    return asAnswer(
      new ServiceUnavailableError(
        `The EKS Pod Identity backend answered ${statusCode}: ${cause.message}`,
      ),
    );
  }
  if (isConnectionProblem(error)) {
    return asAnswer(
      new ServiceUnavailableError(
        `The EKS Pod Identity backend cannot be reached: ${reasonOf(error)}`,
      ),
    );
  }
  return error;
}
