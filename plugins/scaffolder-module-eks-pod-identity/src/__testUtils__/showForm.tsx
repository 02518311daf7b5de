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
import { iamRolePicker } from '../fields/IamRolePicker';
import { formFieldsTranslationRef } from '../translation';
import type { FakeBackend } from './FakeBackend';

type Json = Record<string, any>;

const allFields = [
  eksClusterPicker,
  eksNamespacePicker,
  eksServiceAccountPicker,
  iamPolicyPicker,
  iamRolePicker,
  eksPlanPreview,
];

/** The rendered form, for tests. */
interface ShownForm {
  unmount(): void;
  user: UserEvent;
  /** The inputs with which tasks were started. */
  created: Json[];
  submit(): Promise<void>;
}

/** The scaffolder’s form with one page, and the inputs with which it would start tasks. */
export function showForm(options: {
  backend: FakeBackend;
  properties: Json;
  required?: string[];
  values?: Json;
  theme?: 'mui' | 'bui';
  /** Fields of the app; default: all of ours. */
  fields?: unknown[];
  /** The app’s translations; texts without one show their key. */
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
