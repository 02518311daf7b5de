import {
  CustomErrorBase,
  isError,
  NotImplementedError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  errorClassTable,
  type IdentityStatus,
  isResponseError,
  requestProblemOf,
} from 'backstage-plugin-eks-pod-identity-common';

/** The engine's class for what is refused until something else has ended. */
const TOO_MANY = 'TooManyRequestsError';

/**
 * An expected error, without its stack. The scaffolder writes the stack to the task's log, where it would push the
 * sentence, the only part a reader can use, out of sight.
 */
export function asAnswer<T extends Error>(error: T): T {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** The step fails because of what the report says, not because the verification could not be done. */
export class VerificationFailedError extends CustomErrorBase {
  name = 'VerificationFailedError' as const;

  constructor(readonly status: IdentityStatus, message: string) {
    super(message);
  }
}

/** An error of the engine, as the same class with the same sentence. */
export function errorFromEngine(error: {
  name: string;
  message: string;
}): Error {
  const Class = errorClassTable[error.name];
  if (Class) return asAnswer(new Class(error.message));
  const other = new Error(error.message);
  other.name = error.name;
  return asAnswer(other);
}

function backendMissing(): Error {
  return asAnswer(
    new NotImplementedError(
      'This portal has no EKS Pod Identity backend: the action only requests the work, the plugin "eks-pod-identity" does it. Add backstage-plugin-eks-pod-identity-backend to the backend, or point discovery.endpoints to where it runs',
    ),
  );
}

/** `fetch failed` hides the reason in its cause; for a name with two addresses that is an aggregate of errors. */
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

/** What went wrong on the way to the engine, as a sentence that the user of a template can act on. */
export function errorFromRequest(error: unknown): Error {
  if (!isError(error)) return new Error(String(error));
  const problem = requestProblemOf(error);
  if (problem === 'missing-backend') return backendMissing();
  if (problem === 'unreachable') {
    return asAnswer(
      new ServiceUnavailableError(
        `The EKS Pod Identity backend cannot be reached: ${reasonOf(error)}`,
      ),
    );
  }
  if (!isResponseError(error)) return error;
  const { cause, statusCode } = error;
  if (errorClassTable[cause.name] || cause.name === TOO_MANY) {
    return errorFromEngine(cause);
  }
  return asAnswer(
    new ServiceUnavailableError(
      `The EKS Pod Identity backend answered ${statusCode}: ${cause.message}`,
    ),
  );
}
