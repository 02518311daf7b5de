import type { TranslationRef } from '@backstage/frontend-plugin-api';
import { formFieldsTranslationRef } from './translation';

/**
 * Every text of the form fields that no template gives, for translations.
 *
 * The messages are left out of its type: the compiler writes their keys in an order of its own choosing, which no API
 * report can hold.
 *
 * @public
 */
export const publicTranslationRef =
  formFieldsTranslationRef as unknown as TranslationRef<'scaffolder.eks-pod-identity'>;
