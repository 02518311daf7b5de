import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSection } from '../../packages/trials/src/bench/lib/document.mjs';
import {
  median,
  withSpread,
} from '../../packages/trials/src/bench/lib/statistics.mjs';

const page = `# Performance

<!-- bench:lab -->

old

<!-- /bench:lab -->

By hand.

<!-- bench:sweep -->
<!-- /bench:sweep -->
`;

test('a section replaces what stands between its markers, and nothing else', () => {
  assert.equal(
    withSection(withSection(page, 'lab', 'new $& text'), 'sweep', 'first'),
    `# Performance

<!-- bench:lab -->

new $& text

<!-- /bench:lab -->

By hand.

<!-- bench:sweep -->

first

<!-- /bench:sweep -->
`,
  );
});

test('a page without the markers is an error that names them', () => {
  assert.throws(
    () => withSection(page, 'limit', 'text'),
    /<!-- bench:limit -->/,
  );
});

test('figures are the median and what it lies between', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(withSpread([1.26, 1.1, 1.4]), '1.3 (1.1–1.4)');
  assert.equal(withSpread([12, 11, 14], 0), '12 (11–14)');
});
