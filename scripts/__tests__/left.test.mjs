import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { programs, repository, runToEnd } from './helpers.mjs';

const file = text => `/** @needs kubectl */\n${text}`;

test('a test file that leaves something running fails, with what it is; a failure has the word', async () => {
  const folder = repository({
    installed: true,
    files: {
      'packages/sandbox/src/leaves.lab.test.ts': file(
        `it('is fine', () => { setInterval(() => {}, 50); });`,
      ),
      'packages/sandbox/src/polls.lab.test.ts': file(
        `it('is fine', () => { (function poll() { setTimeout(poll, 50); })(); });`,
      ),
      'packages/sandbox/src/ends.lab.test.ts': file(
        `it('is fine', () => { setTimeout(() => {}, 50); });`,
      ),
      'packages/sandbox/src/fails.lab.test.ts': file(
        `it('is wrong', () => { setInterval(() => {}, 50); throw new Error('for its own reason'); });`,
      ),
    },
  });
  const { code, output } = await runToEnd(join(folder, 'scripts/test.mjs'), {
    args: ['lab'],
    env: {
      EKS_TEST_LEFT_TURNS: '100',
      PATH: programs({
        aws: 'echo aws-cli/2.23.6',
        kubectl: 'echo Client Version: v1.32.3',
      }),
    },
  });
  assert.equal(code, 1);
  assert.match(output, /✗ packages\/sandbox\/src\/leaves\.lab\.test\.ts$/m);
  assert.match(output, /✗ packages\/sandbox\/src\/polls\.lab\.test\.ts$/m);
  assert.match(output, /This file leaves something running: Timeout\.$/m);
  assert.match(
    output,
    /✗ packages\/sandbox\/src\/fails\.lab\.test\.ts › is wrong/,
  );
  assert.match(output, /for its own reason/);
  assert.match(output, /^1 passed, 3 failed$/m);
});
