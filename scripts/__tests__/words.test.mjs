import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsIn } from '../lib/words.mjs';

test('a word that was thrown out is found in code, comments and pages', () => {
  const text = "// Whoever asks.\nsay('of its own accord');\n";
  assert.deepEqual(
    wordsIn('plugins/a/src/b.ts', text).map(one => one.slice(0, 32)),
    ['plugins/a/src/b.ts:1 says "Whoev', 'plugins/a/src/b.ts:2 says "of it'],
  );
  assert.equal(wordsIn('docs/a.md', 'Ask whoever it is.').length, 1);
  assert.deepEqual(wordsIn('packages/a/CHANGELOG.md', text), []);
});

test('a sentence of the engine that only a portal can say is found', () => {
  const file = 'packages/engine/src/verification/a.ts';
  for (const text of [
    "say('The portal is not allowed');",
    "say(`Check ${clock} of the portal's host`);",
    'say(`Run "Give a component an AWS identity" for ${it}`);',
  ]) {
    assert.equal(wordsIn(file, text).length, 1, text);
    assert.deepEqual(wordsIn('plugins/a/src/a.ts', text), []);
  }
  assert.deepEqual(wordsIn(file, "// The portal reads.\nread('portal');"), []);
});

test('words of others stay', () => {
  const text = "say('it may not be set anew');\n";
  assert.equal(wordsIn('packages/sandbox/src/core/a.ts', text).length, 2);
  assert.equal(wordsIn('packages/sandbox/src/kubernetes/a.ts', text).length, 1);
  assert.deepEqual(wordsIn('plugins/a/migrations/1_a.js', text), []);
});
