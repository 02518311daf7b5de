import type { TranslationRef } from '@backstage/frontend-plugin-api';
import { podIdentityTranslationRef } from './translation';

/**
 * Every text of the card, the tab and the fleet page, for translations.
 *
 * Its type leaves out the messages: the compiler emits their keys in no stable order, which would change the API report.
 *
 * @public
 */
export const publicTranslationRef =
  podIdentityTranslationRef as unknown as TranslationRef<'plugin.eks-pod-identity'>;
