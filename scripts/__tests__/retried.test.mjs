import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import Retried from '../jest/retried.cjs';
import { root } from '../lib/paths.mjs';
import { readReport } from '../stages/jest.mjs';
import { temporaryFolder } from './helpers.mjs';

const folder = temporaryFolder();

/** What the run says of three tests of a file with this text, two of which had failed at first. */
function told(text) {
  const file = join(folder, 'flaky.test.ts');
  writeFileSync(file, text);
  const outputFile = join(folder, 'unit.json');
  const frames = [
    `    at Object.<anonymous> (${file}:3:36)`,
    `    at run (${root}/node_modules/jest-circus/build/index.js:1:1)`,
  ].join('\n');
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
  const assertionResults = [
    { fullName: 'passes at once', status: 'passed' },
    { fullName: 'passes then', status: 'passed' },
    {
      fullName: 'fails twice',
      status: 'failed',
      failureMessages: ['Error: second'],
    },
  ];
  const outcome = readReport(
    { testResults: [{ name: file, status: 'failed', assertionResults }] },
    retried,
  );
  return { ...outcome, file, title: relative(root, file) };
}

test('why a test had failed that was tried again is told, whatever became of it', () => {
  const outcome = told(
    '// Retry: its server is on the moon\njest.retryTimes(1);',
  );
  assert.deepEqual([outcome.passed, outcome.failed], [2, 1]);
  assert.deepEqual(outcome.secondAttempts, [
    `${outcome.title} › passes then: Error: slow`,
  ]);
  assert.equal(
    outcome.failures[0].text,
    `Error: first\n    at Object.<anonymous> (${outcome.file}:3:36)\n\nTried again:\n\nError: second`,
  );
});

test('what this machine lacks for a test is told, beside the count', () => {
  const name = join(folder, 'shell.test.ts');
  const assertionResults = [
    { fullName: 'read by fish (LEFT OUT: no fish)', status: 'pending' },
    { fullName: 'that nobody asked for', status: 'pending' },
  ];
  const outcome = readReport(
    { testResults: [{ name, status: 'passed', assertionResults }] },
    [],
  );
  assert.equal(outcome.skipped, 2);
  assert.deepEqual(outcome.leftOut, [
    { file: relative(root, name), why: 'no fish' },
  ]);
});

test('a second attempt that its file does not give a reason for is a failure', () => {
  const outcome = told('jest.retryTimes(1);\n// Retry:');
  assert.deepEqual([outcome.passed, outcome.failed], [1, 2]);
  assert.deepEqual(outcome.secondAttempts, []);
  const [{ name, text }] = outcome.failures;
  assert.equal(name, `${outcome.title} › passes then`);
  assert.match(text, /^Error: slow\n.*Tried again:.*no line "\/\/ Retry: …"/s);
});
