import { ResponseError, toError } from '@backstage/errors';
import type { TranslationFunction } from '@backstage/frontend-plugin-api';
import type { formFieldsTranslationRef } from '../translation';

/** The form fields’ texts. */
export type Translate = TranslationFunction<typeof formFieldsTranslationRef.T>;

/** Why something could not be loaded, as one sentence: the backend’s own where it gave one. */
export function sentenceOf(error: unknown, t: Translate): string {
  if (error instanceof ResponseError) {
    if (error.statusCode === 401) return t('problem.signedOut');
    if (isMissingBackend(error)) return t('problem.missingBackend');
    return error.cause.message;
  }
  const { name, message } = toError(error);
  // What browsers throw when nobody answers
  if (name === 'TypeError') return t('problem.unreachable');
  if (name === 'ZodError') return t('problem.otherVersion');
  return message;
}

/** A backend without the plugin answers 404 with a body that names no error of its own. */
function isMissingBackend(error: ResponseError): boolean {
  return (
    error.statusCode === 404 &&
    (error.cause.name !== 'NotFoundError' ||
      /^request failed/i.test(error.cause.message))
  );
}
