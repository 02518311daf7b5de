import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circlesAmong } from '../lib/circles.mjs';

const inSource = (...imports) =>
  imports.map(ends => ends.map(file => `src/${file}`));
const among = (...imports) => circlesAmong(inSource(...imports));

test('folders that import each other through a third are a circle, named with its imports', () => {
  assert.deepEqual(
    among(['a/x.ts', 'b/y.ts'], ['b/y.ts', 'c/z.ts'], ['c/w.ts', 'a/v.ts']),
    [
      'The rooms of src import each other in a circle: src/a/x.ts imports src/b/y.ts; src/b/y.ts imports src/c/z.ts; src/c/w.ts imports src/a/v.ts',
    ],
  );
});

test('folders within a folder are judged among themselves', () => {
  assert.equal(
    among(['a/one/x.ts', 'a/two/y.ts'], ['a/two/y.ts', 'a/one/z.ts']).length,
    1,
  );
  assert.deepEqual(
    among(['a/one/x.ts', 'b/two/y.ts'], ['b/two/y.ts', 'c/one/z.ts']),
    [],
  );
});

test('a file beside folders is a room too', () => {
  assert.deepEqual(among(['index.ts', 'a/x.ts'], ['a/x.ts', 'types.ts']), []);
  assert.equal(among(['a/x.ts', 'types.ts'], ['types.ts', 'a/y.ts']).length, 1);
  assert.equal(among(['a/x.ts', 'a/y.ts'], ['a/y.ts', 'a/x.ts']).length, 1);
});

test('each circle is named once, with no import that leads out of it', () => {
  assert.deepEqual(
    among(
      ['a/x.ts', 'b/x.ts'],
      ['a/x.ts', 'c/x.ts'],
      ['b/x.ts', 'c/x.ts'],
      ['c/x.ts', 'a/x.ts'],
      ['c/x.ts', 'd/x.ts'],
    ),
    [
      'The rooms of src import each other in a circle: src/a/x.ts imports src/b/x.ts; src/a/x.ts imports src/c/x.ts; src/b/x.ts imports src/c/x.ts; src/c/x.ts imports src/a/x.ts',
    ],
  );
});
