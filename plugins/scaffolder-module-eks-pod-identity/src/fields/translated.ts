import { translationApiRef } from '@backstage/frontend-plugin-api';
import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import type { Translate } from '../api/problems';
import { formFieldsTranslationRef } from '../translation';

type ApiHolder = Parameters<CustomFieldValidator<unknown>>[2]['apiHolder'];

/** The texts in the language of the app, where there are no hooks. */
export async function translated(apiHolder: ApiHolder): Promise<Translate> {
  // Without this API the fields themselves could not be shown
  const api = apiHolder.get(translationApiRef)!;
  const now = api.getTranslation(formFieldsTranslationRef);
  if (now.ready) return now.t;
  let stop = () => {};
  await new Promise<void>(resolve => {
    const subscription = api
      .translation$(formFieldsTranslationRef)
      // Words that cannot be loaded are those of the default language
      .subscribe({ next: () => resolve(), error: () => resolve() });
    stop = () => subscription.unsubscribe();
  });
  stop();
  return translated(apiHolder);
}
