import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);

const isProduct = name => !/^__\w+__$|\.test\.ts$|^setupTests\.ts$/.test(name);

for (const [name, folder] of [
  ['packages/engine', '.'],
  ['packages/engine', 'verification'],
  ['plugins/eks-pod-identity-backend', '.'],
]) {
  test(`all that stands in ${join(name, 'src', folder)} has a floor`, () => {
    const { overrides } = require(join(root, name, '.eslintrc.js'));
    const [, { zones }] = overrides
      .map(({ rules }) => rules['import/no-restricted-paths'])
      .find(Boolean);
    const named = zones
      .flatMap(({ target, from }) => [...target, ...from])
      .filter(path => path.startsWith(`./${folder}/`))
      .map(path => path.slice(`./${folder}/`.length));
    const present = readdirSync(join(root, name, 'src', folder));
    assert.deepEqual(
      [...new Set(named)].sort(),
      present.filter(isProduct).sort(),
    );
  });
}
