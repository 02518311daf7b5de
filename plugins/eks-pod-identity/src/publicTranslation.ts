import type { TranslationRef } from '@backstage/frontend-plugin-api';
import { podIdentityTranslationRef } from './translation';

/**
 * Every text of the card, the tab and the fleet page, for translations.
 *
 * The messages are left out of its type: the compiler writes their keys in an order of its own choosing, which no API
 * report can hold.
 *
 * @public
 */
export const publicTranslationRef =
  podIdentityTranslationRef as unknown as TranslationRef<'plugin.eks-pod-identity'>;
