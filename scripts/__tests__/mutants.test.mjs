import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { mutantsOf } = createRequire(import.meta.url)(
  '../lib/mutation/mutants.cjs',
);

const mutated = source =>
  mutantsOf(source).map(
    ({ start, end, replacement }) =>
      source.slice(0, start) + replacement + source.slice(end),
  );

test('operators, conditions, booleans, returns and filters are mutated one at a time', () => {
  assert.deepEqual(mutated('x = a === b && c;'), [
    'x = a === b || c;',
    'x = a !== b && c;',
  ]);
  assert.deepEqual(mutated('if (!a) b();'), [
    'if (true) b();',
    'if (false) b();',
    'if ((a)) b();',
  ]);
  assert.deepEqual(mutated('f = () => { return true; };'), [
    'f = () => { return undefined; };',
    'f = () => { return false; };',
  ]);
  assert.deepEqual(mutated('x = list.filter(f).some(g);'), [
    'x = list.filter(f).every(g);',
    'x = list.some(g);',
  ]);
});

test('texts and types are not', () => {
  assert.deepEqual(
    mutated("type A = true; interface B { c: false } const d = 'a < b';"),
    [],
  );
});
