import { ResponseError, toError } from '@backstage/errors';
import type { TranslationFunction } from '@backstage/frontend-plugin-api';
import { requestProblemOf } from 'backstage-plugin-eks-pod-identity-common';
import type { formFieldsTranslationRef } from '../translation';

/** The form fields’ texts. */
export type Translate = TranslationFunction<typeof formFieldsTranslationRef.T>;

/** Why something could not be loaded, as one sentence: the backend’s own if it gave one. */
export function sentenceOf(error: unknown, t: Translate): string {
  if (toError(error).name === 'TimeoutError') return t('problem.unreachable');
  switch (requestProblemOf(error)) {
    case 'signed-out':
      return t('problem.signedOut');
    case 'missing-backend':
      return t('problem.missingBackend');
    case 'unreachable':
      return t('problem.unreachable');
    case 'unreadable':
      return t('problem.otherVersion');
    default:
      return error instanceof ResponseError
        ? error.cause.message
        : toError(error).message;
  }
}
