import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circlesAmong } from '../lib/circles.mjs';

const among = (...imports) =>
  circlesAmong(
    'src',
    imports.map(([file, target]) => ({
      file: `src/${file}`,
      target: `src/${target}`,
    })),
  );

test('folders that import each other through a third are a circle, named with its imports', () => {
  assert.deepEqual(
    among(['a/x.ts', 'b/y.ts'], ['b/y.ts', 'c/z.ts'], ['c/w.ts', 'a/v.ts']),
    [
      'The folders of src import each other in a circle: src/a/x.ts imports src/b/y.ts; src/b/y.ts imports src/c/z.ts; src/c/w.ts imports src/a/v.ts',
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

test('files beside folders may be imported by them and import from them', () => {
  assert.deepEqual(
    among(
      ['index.ts', 'a/x.ts'],
      ['a/x.ts', 'types.ts'],
      ['a/b/y.ts', 'a/x.ts'],
      ['a/x.ts', 'a/b/y.ts'],
    ),
    [],
  );
});
