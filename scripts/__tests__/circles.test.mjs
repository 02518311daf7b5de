import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circlesAmong, picture } from '../lib/circles.mjs';

const inSource = (...imports) =>
  imports.map(ends => ends.map(file => `src/${file}`));
const among = (...imports) => circlesAmong(inSource(...imports));
const drawn = (...imports) => {
  const within = inSource(...imports);
  const { floors, upward, ...counts } = picture('src', within.flat(), within);
  return {
    ...counts,
    circles: counts.circles.length,
    floors: floors.map(rooms => rooms.sort().join(' ')),
    upward,
  };
};

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

test('a picture has the rooms by floor, and each arrow once', () => {
  assert.deepEqual(
    drawn(
      ['index.ts', 'top/x.ts'],
      ['top/x.ts', 'low/y.ts'],
      ['top/x.ts', 'low/z.ts'],
      ['top/x.ts', 'top/v.ts'],
      ['index.ts', 'low/y.ts'],
    ),
    {
      rooms: 3,
      floors: ['low', 'top', 'index.ts'],
      arrows: 3,
      upward: [],
      circles: 0,
    },
  );
});

test('upward are the fewest arrows that leave no circle', () => {
  const { upward, circles, floors } = drawn(
    ['a/x.ts', 'b/x.ts'],
    ['a/x.ts', 'c/x.ts'],
    ['b/x.ts', 'c/x.ts'],
    ['c/x.ts', 'a/x.ts'],
    ['c/x.ts', 'd/x.ts'],
  );
  assert.deepEqual(
    { upward, circles, floors },
    { upward: ['c → a'], circles: 1, floors: ['d', 'c', 'b', 'a'] },
  );
});
