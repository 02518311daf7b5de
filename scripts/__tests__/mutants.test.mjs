import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { instrumented, readSource } = createRequire(import.meta.url)(
  '../lib/mutation/mutants.cjs',
);

const mutated = source =>
  readSource(source).mutants.map(
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

test('every fault compiles, also where ?? stands beside ??', () => {
  const all = mutated('x = a ?? b ?? c;');
  assert.deepEqual(all, ['x = ((a ?? b) && (c));', 'x = ((a) && (b)) ?? c;']);
  for (const source of all) assert.doesNotThrow(() => new Function(source));
});

test('texts, types and what is only logged are not', () => {
  assert.deepEqual(
    mutated("type A = true; interface B { c: false } const d = 'a < b';"),
    [],
  );
  assert.deepEqual(mutated('this.#logger?.warn(a === b ? c : d);'), []);
});

test('a fault has the number of the innermost block that it lies in', () => {
  const source =
    'x = a < b; const f = y => !y; function g() { if (c) { h(!d); } }';
  const blocks = readSource(source).mutants.map(({ from, block }) => [
    from,
    block,
  ]);
  assert.deepEqual(blocks, [
    ['<', undefined],
    ['!y', 0],
    ['c', 1],
    ['c', 1],
    ['!d', 2],
  ]);
});

test('an instrumented source does the same and says which blocks it comes to', () => {
  const source =
    'const f = a => b => ({ sum: a + b }); function g(c) { if (c) { return f(1)(2).sum; } return 0; }';
  const hits = [];
  const run = new Function(
    '__hit',
    `${instrumented(source, 'x')} return [g(true), g(false)];`,
  );
  assert.deepEqual(
    run(block => hits.push(block)),
    [3, 0],
  );
  assert.deepEqual(hits, ['x:2', 'x:3', 'x:0', 'x:1', 'x:2']);
});
