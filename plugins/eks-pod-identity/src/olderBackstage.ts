import * as framework from '@backstage/frontend-plugin-api';
import { useLocation, useNavigate, useSearchParams } from 'react-router-dom';
import { podIdentityTranslationRef } from './translation';

/**
 * All that this package takes from Backstage 1.57 alone, with what stands in for it in 1.55. Bundlers warn of an import that
 * is missing, so the framework is asked for it while the app runs.
 */
const { useAppLocation, useAppNavigate, useAppSearchParams } =
  framework as Partial<typeof framework>;

const location = useAppLocation ?? useLocation;
const navigate: typeof framework.useAppNavigate = useAppNavigate ?? useNavigate;
const searchParams: typeof framework.useAppSearchParams =
  useAppSearchParams ?? useSearchParams;

export {
  location as useAppLocation,
  navigate as useAppNavigate,
  searchParams as useAppSearchParams,
};

/** A title in the language of the user, or in English where Backstage takes no translated titles of pages yet. */
export const titleOf = (key => {
  const ref: unknown = podIdentityTranslationRef;
  return typeof ref === 'function'
    ? ref(key)
    : (
        ref as { getDefaultMessages(): Record<string, string> }
      ).getDefaultMessages()[key];
}) as typeof podIdentityTranslationRef;
