import {
  discoveryApiRef,
  fetchApiRef,
  translationApiRef,
  type TranslationApi,
} from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { Stepper } from '@backstage/plugin-scaffolder-react/alpha';
import { screen } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { eksClusterPicker } from '../fields/EksClusterPicker';
import { eksNamespacePicker } from '../fields/EksNamespacePicker';
import { eksPlanPreview } from '../fields/EksPlanPreview';
import { eksServiceAccountPicker } from '../fields/EksServiceAccountPicker';
import { iamPolicyPicker } from '../fields/IamPolicyPicker';
import { formFieldsTranslationRef } from '../translation';
import type { FakeBackend } from './FakeBackend';

type Json = Record<string, any>;

const allFields = [
  eksClusterPicker,
  eksNamespacePicker,
  eksServiceAccountPicker,
  iamPolicyPicker,
  eksPlanPreview,
];

/** The form, as a test uses it. */
interface ShownForm {
  unmount(): void;
  user: UserEvent;
  /** What the scaffolder was given to start tasks with. */
  created: Json[];
  submit(): Promise<void>;
}

/** The scaffolder’s own form with one page, and what it would start a task with. */
export function showForm(options: {
  backend: FakeBackend;
  properties: Json;
  required?: string[];
  values?: Json;
  theme?: 'mui' | 'bui';
  /** Fields that the app has; default all of ours. */
  fields?: unknown[];
  /** The app’s own words for our texts; what they leave out is shown as its key. */
  words?: Record<string, string>;
}): ShownForm {
  const { backend, properties, required = [], values = {} } = options;
  const created: Json[] = [];
  const { unmount } = renderInTestApp(
    <Stepper
      manifest={{
        title: 'A template',
        steps: [
          {
            title: 'The only page',
            schema: { type: 'object', required, properties },
          },
        ],
      }}
      extensions={(options.fields ?? allFields) as any}
      initialState={values}
      formProps={{ EXPERIMENTAL_theme: options.theme ?? 'mui' }}
      onCreate={async input => {
        created.push(input);
      }}
    />,
    {
      apis: [
        [discoveryApiRef, backend.discoveryApi],
        [fetchApiRef, backend.fetchApi],
        [translationApiRef, translationApi(options.words)],
      ],
    },
  );
  const user = userEvent.setup({ delay: null });
  return {
    unmount,
    user,
    created,
    async submit() {
      await user.click(screen.getByText('Review', { selector: 'button *' }));
      await user.click(
        await screen.findByText('Create', { selector: 'button *' }),
      );
    },
  };
}

function translationApi(words?: Record<string, string>): TranslationApi {
  const english = mockApis.translation();
  return {
    translation$: ref => english.translation$(ref),
    getTranslation: (ref): any =>
      words && ref.id === formFieldsTranslationRef.id
        ? { ready: true, t: (key: string) => words[key] ?? key }
        : english.getTranslation(ref),
  };
}
