import {
  ScaffolderFieldExtensions,
  useCustomFieldExtensions,
} from '@backstage/plugin-scaffolder-react';
import { renderInTestApp } from '@backstage/test-utils';
import { screen } from '@testing-library/react';
import * as legacy from './legacy';

const extensions = Object.values(legacy);

function Names() {
  const fields = useCustomFieldExtensions(
    <ScaffolderFieldExtensions>
      {extensions.map((Extension, index) => (
        <Extension key={index} />
      ))}
    </ScaffolderFieldExtensions>,
  );
  return (
    <ul>
      {fields.map(({ name, schema }) => (
        <li key={name}>
          {name} {Object.keys(schema ?? {}).join()}
        </li>
      ))}
    </ul>
  );
}

it('an app on the old frontend system gets every field, with its schema', async () => {
  await renderInTestApp(<Names />);
  expect(
    screen.getAllByRole('listitem').map(({ textContent }) => textContent),
  ).toEqual([
    'EksClusterPicker returnValue,uiOptions',
    'EksNamespacePicker returnValue,uiOptions',
    'EksPlanPreview returnValue,uiOptions',
    'EksServiceAccountPicker returnValue,uiOptions',
    'IamPolicyPicker returnValue,uiOptions',
    'IamRolePicker returnValue,uiOptions',
  ]);
});
