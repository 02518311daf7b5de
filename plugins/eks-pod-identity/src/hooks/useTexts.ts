import {
  type TranslationFunction,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { podIdentityTranslationRef } from '../translation';

/** The texts of this plugin, as the app translates them. */
export const useTexts = (): {
  t: TranslationFunction<typeof podIdentityTranslationRef.T>;
} => useTranslationRef(podIdentityTranslationRef);
