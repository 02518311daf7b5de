import { translationApiRef } from '@backstage/frontend-plugin-api';
import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import type { Translate } from '../api/problems';
import { formFieldsTranslationRef } from '../translation';

type ApiHolder = Parameters<CustomFieldValidator<unknown>>[2]['apiHolder'];

/** The texts in the language of the app, for code outside React. */
export async function translated(apiHolder: ApiHolder): Promise<Translate> {
  // Every app that shows the fields has this API
  const api = apiHolder.get(translationApiRef)!;
  const now = api.getTranslation(formFieldsTranslationRef);
  if (now.ready) return now.t;
  let stop = () => {};
  await new Promise<void>(resolve => {
    const subscription = api
      .translation$(formFieldsTranslationRef)
      // If a translation cannot be loaded, the default language is used
      .subscribe({ next: () => resolve(), error: () => resolve() });
    stop = () => subscription.unsubscribe();
  });
  stop();
  return translated(apiHolder);
}
