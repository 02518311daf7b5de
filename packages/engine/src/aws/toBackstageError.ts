import {
  KubernetesError,
  toKubernetesBackstageError,
} from '../kubernetes/errors';
import { type AwsErrorContext, toAwsBackstageError } from './errors';

/**
 * Turns an error of AWS or of Kubernetes into an `@backstage/errors` class with a sentence a user can act on: what was
 * tried, what was answered, what to do next. Errors of such a class and aborts are returned unchanged.
 *
 * @public
 */
export function toBackstageError(
  error: unknown,
  context: AwsErrorContext,
): Error {
  return error instanceof KubernetesError
    ? toKubernetesBackstageError(error, context)
    : toAwsBackstageError(error, context);
}
