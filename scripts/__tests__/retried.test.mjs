import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Retried from '../jest/retried.cjs';
import { root } from '../lib/paths.mjs';
import { readReport } from '../stages/jest.mjs';

const file = join(root, 'plugins/some/src/flaky.test.ts');
const frames = [
  `    at Object.<anonymous> (${file}:3:36)`,
  `    at run (${root}/node_modules/jest-circus/build/index.js:1:1)`,
].join('\n');

test('why a test had failed that was tried again is told, whatever became of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'retried-'));
  const outputFile = join(folder, 'unit.json');
  const reporter = new Retried({ outputFile });
  reporter.onTestResult(undefined, {
    testFilePath: file,
    testResults: [
      { fullName: 'passes at once', retryReasons: [] },
      { fullName: 'passes then', retryReasons: [`Error: slow\n${frames}`] },
      { fullName: 'fails twice', retryReasons: [`Error: first\n${frames}`] },
    ],
  });
  reporter.onRunComplete();
  const retried = JSON.parse(readFileSync(Retried.beside(outputFile), 'utf8'));
  rmSync(folder, { recursive: true });
  const outcome = readReport(
    {
      testResults: [
        {
          name: file,
          status: 'failed',
          assertionResults: [
            { fullName: 'passes at once', status: 'passed' },
            { fullName: 'passes then', status: 'passed' },
            {
              fullName: 'fails twice',
              status: 'failed',
              failureMessages: ['Error: second'],
            },
          ],
        },
      ],
    },
    retried,
  );
  assert.deepEqual([outcome.passed, outcome.failed], [2, 1]);
  assert.deepEqual(outcome.secondAttempts, [
    'plugins/some/src/flaky.test.ts › passes then: Error: slow',
  ]);
  assert.equal(
    outcome.failures[0].text,
    `Error: first\n    at Object.<anonymous> (${file}:3:36)\n\nTried again:\n\nError: second`,
  );
});
