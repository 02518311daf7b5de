import {
  ScaffolderFieldExtensions,
  useCustomFieldExtensions,
} from '@backstage/plugin-scaffolder-react';
import { renderInTestApp } from '@backstage/test-utils';
import { screen } from '@testing-library/react';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
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

it('a Developer Hub gets every field, by the names of docs/developer-hub.md', () => {
  const page = readFileSync(
    resolve(__dirname, '../../../docs/developer-hub.md'),
    'utf8',
  );
  const named = [...page.matchAll(/importName: (\w+FieldExtension)$/gm)];
  const { ScaffolderFieldExtensions: _, ...fields } = legacy;
  expect(named.map(([, name]) => name)).toEqual(Object.keys(fields).sort());
  const folder = resolve(__dirname, '..');
  const { scalprum } = JSON.parse(
    readFileSync(resolve(folder, 'package.json'), 'utf8'),
  );
  expect(resolve(folder, scalprum.exposedModules.PluginRoot)).toBe(
    require.resolve('./legacy'),
  );
  expect(page).toContain(`frontend:\n          ${scalprum.name}:\n`);
});
