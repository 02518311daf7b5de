import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Translate } from '../api/problems';
import { formFieldsTranslationRef } from '../translation';

/** The texts of this plugin, as the app translates them. */
export const useTexts = (): { t: Translate } =>
  useTranslationRef(formFieldsTranslationRef);
