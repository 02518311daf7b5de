import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';

const CLASSES: Record<string, new (message: string, cause?: Error) => Error> = {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ServiceUnavailableError,
};

/** The error that happened in the engine, as the same class with the same sentence. */
export function errorFromEngine(error: {
  name: string;
  message: string;
}): Error {
  const Class = CLASSES[error.name];
  if (Class) return new Class(error.message);
  const other = new Error(error.message);
  other.name = error.name;
  return other;
}

function backendMissing(cause?: Error): Error {
  return new NotImplementedError(
    'This portal has no EKS Pod Identity backend: the action only orders the work, the plugin "eks-pod-identity" does it. Add backstage-plugin-eks-pod-identity-backend to the backend, or point discovery.endpoints to where it runs',
    cause,
  );
}

function isConnectionProblem(error: Error): boolean {
  return error.name === 'TypeError' && error.message === 'fetch failed';
}

function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message
    ? cause.message
    : error.message;
}

/**
 * What went wrong on the way to the engine, as a sentence a template's user can act on.
 *
 * The engine answers with Backstage's JSON error body. A 404 without one comes from the portal's root router:
 * nobody serves that path, so the plugin is not installed.
 */
export function errorFromRequest(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (ResponseError.is(error)) {
    const { cause, statusCode } = error;
    if (statusCode === 404 && cause.name !== 'NotFoundError') {
      return backendMissing(error);
    }
    if (CLASSES[cause.name]) return errorFromEngine(cause);
    return new ServiceUnavailableError(
      `The EKS Pod Identity backend answered ${statusCode}: ${cause.message}`,
      error,
    );
  }
  if (isConnectionProblem(error)) {
    return new ServiceUnavailableError(
      `The EKS Pod Identity backend cannot be reached: ${reasonOf(error)}`,
      error,
    );
  }
  return error;
}
