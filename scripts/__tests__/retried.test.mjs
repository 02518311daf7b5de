import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { readReport } from '../stages/jest.mjs';
import { programs, repository, runToEnd, temporaryFolder } from './helpers.mjs';

test('a test that passes only when it is tried again has failed', async () => {
  const folder = repository({
    installed: true,
    files: {
      'packages/sandbox/src/flaky.lab.test.ts': `/** @needs kubectl */
jest.retryTimes(1);
let attempts = 0;
it('passes at once', () => {});
it('passes then', () => {
  attempts += 1;
  if (attempts === 1) throw new Error('slow');
});
it('fails twice', () => { throw new Error('wrong'); });`,
    },
  });
  const { code, output } = await runToEnd(join(folder, 'scripts/test.mjs'), {
    args: ['lab'],
    env: {
      PATH: programs({
        aws: 'echo aws-cli/2.23.6',
        kubectl: 'echo Client Version: v1.32.3',
      }),
    },
  });
  assert.equal(code, 1, output);
  assert.match(
    output,
    /› passes then\n.*It failed at first\. A test is tried once/,
  );
  assert.match(output, /› fails twice\n.*Error: wrong/);
  assert.doesNotMatch(output, /node_modules\/jest-circus/);
  assert.match(output, /^1 passed, 2 failed$/m);
});

test('the run says what this machine lacks for a test, beside the count', () => {
  const name = join(temporaryFolder(), 'shell.test.ts');
  const assertionResults = [
    { fullName: 'read by fish (LEFT OUT: no fish)', status: 'pending' },
    { fullName: 'that nobody asked for', status: 'pending' },
  ];
  const outcome = readReport({
    testResults: [{ name, status: 'passed', assertionResults }],
  });
  assert.equal(outcome.skipped, 2);
  assert.deepEqual(outcome.leftOut, [
    { file: relative(root, name), why: 'no fish' },
  ]);
});
