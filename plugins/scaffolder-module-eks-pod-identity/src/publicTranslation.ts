import type { TranslationRef } from '@backstage/frontend-plugin-api';
import { formFieldsTranslationRef } from './translation';

/**
 * Every text of the form fields that does not come from a template, for translations.
 *
 * Its type leaves out the messages: the compiler emits their keys in no stable order, which would change the API report.
 *
 * @public
 */
export const publicTranslationRef =
  formFieldsTranslationRef as unknown as TranslationRef<'scaffolder.eks-pod-identity'>;
