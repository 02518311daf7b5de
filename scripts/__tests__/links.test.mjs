import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { brokenLinks } from '../lib/links.mjs';
import { root } from '../lib/paths.mjs';

const page = join(root, 'docs/index.md');

test('a link to a file or heading that is not there is found', () => {
  const text = [
    '[a](permissions.md#aws-reading) [b](gone.md) [c](permissions.md#gone)',
    '[d](https://example.com/x) `[e](in-code.md)`',
    '```md',
    '[f](in-a-block.md)',
    '```',
  ].join('\n');
  assert.deepEqual(brokenLinks(page, text), ['gone.md', 'permissions.md#gone']);
});
