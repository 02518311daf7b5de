import { formatSeconds } from './progress.mjs';

/**
 * What came of a stage.
 *
 * @typedef {object} Outcome
 * @property {number} passed - test cases; a check such as lint counts as one
 * @property {number} failed
 * @property {number} skipped
 * @property {{ name: string, text: string }[]} failures - what failed and why, for people
 * @property {{ name: string, seconds: number }[]} [tests] - how long each test took
 * @property {FileTimes[]} [files] - where the time of each test file went
 * @property {string[]} [secondAttempts] - tests that passed only when they were tried again, with why they had failed
 * @property {string} [note] - one phrase worth knowing
 * @property {{ file: string, why: string }[]} [leftOut] - test files that could not run here
 */

/**
 * Seconds of a test file: of wall time, of the processor (also for the programs that it ran), and in the queue for a core.
 *
 * @typedef {{ file: string, wall: number, processor: number, queued: number }} FileTimes
 */

/** @returns {Outcome} */
export function passed(note) {
  return { passed: 1, failed: 0, skipped: 0, failures: [], note };
}

/** @returns {Outcome} */
export function failed(name, text) {
  return { passed: 0, failed: 1, skipped: 0, failures: [{ name, text }] };
}

/**
 * A stage that nothing of what changed touches.
 *
 * @type {Outcome}
 */
export const untouched = {
  ...passed('what changed does not touch it'),
  passed: 0,
};

/**
 * A stage whose tool is not available. On a developer's machine this is not a failure; in CI it is, where the line would
 * go unread.
 *
 * @returns {Outcome}
 */
export function skipped(name, reason) {
  const text = `SKIPPED: ${reason}`;
  return isCi()
    ? { ...failed(name, text), note: text }
    : { passed: 0, failed: 0, skipped: 1, failures: [], note: text };
}

/**
 * The outcome of a stage some of whose test files could not run, for want of a program. As with `skipped`, that is a
 * failure in CI.
 *
 * @param {Outcome} outcome
 * @param {{ file: string, why: string }[]} leftOut
 * @returns {Outcome}
 */
export function withLeftOut(outcome, leftOut) {
  return isCi()
    ? {
        ...outcome,
        failed: outcome.failed + leftOut.length,
        failures: [
          ...outcome.failures,
          ...leftOut.map(({ file, why }) => ({
            name: file,
            text: `LEFT OUT: ${why}`,
          })),
        ],
      }
    : { ...outcome, skipped: outcome.skipped + leftOut.length, leftOut };
}

function isCi() {
  return Boolean(process.env.CI) && process.env.CI !== 'false';
}

export function printOutcome(name, outcome, elapsed) {
  const counts =
    outcome.passed + outcome.failed + outcome.skipped > 1
      ? ` ${countsOf(outcome)}`
      : '';
  const note = outcome.note ? `  ${outcome.note}` : '';
  console.log(
    `${verdictOf(outcome).padEnd(7)}${name.padEnd(12)}${formatSeconds(
      elapsed,
    ).padStart(12)} ${counts}${note}`,
  );
  printLeftOut(outcome.leftOut ?? []);
  for (const failure of outcome.failures) {
    printFailure(failure);
  }
}

function printLeftOut(leftOut) {
  for (const reason of new Set(leftOut.map(({ why }) => why))) {
    console.log(`       LEFT OUT: ${reason}`);
    for (const { file } of leftOut.filter(({ why }) => why === reason)) {
      console.log(`         ${file}`);
    }
  }
}

function verdictOf(outcome) {
  if (outcome.failed > 0) {
    return 'FAILED';
  }
  return outcome.passed > 0 ? 'ok' : '–';
}

function printFailure({ name, text }) {
  console.log(`\n  ✗ ${name}`);
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, 60);
  for (const line of shown) {
    console.log(`    ${line}`);
  }
  if (lines.length > shown.length) {
    console.log(`    … ${lines.length - shown.length} more lines`);
  }
  console.log('');
}

function countsOf({ passed: good, failed: bad, skipped: left }) {
  const tail = left > 0 ? `, ${left} skipped` : '';
  return `${good} passed, ${bad} failed${tail}`;
}

/**
 * The end of a run: seconds per stage, the ten slowest tests, the five files that waited longest, what failed, and the
 * counts alone on the last line.
 *
 * @param {{ name: string, outcome: Outcome, seconds: number, processor: number, idle: number }[]} results
 * @param {{ seconds: number, idle: number, cores: number }} whole
 */
export function printSummary(results, whole) {
  console.log('\nSeconds per stage   wall   processor   cores idle meanwhile');
  const row = (name, { seconds, processor, idle }) =>
    `  ${name.padEnd(14)}${[
      [seconds, 8],
      [processor, 12],
      [idle, 12],
    ]
      .map(([value, width]) => value.toFixed(1).padStart(width))
      .join('')}`;
  for (const result of results) {
    console.log(row(result.name, result));
  }
  const processor = results.reduce((sum, result) => sum + result.processor, 0);
  console.log(
    `${row('wall time', { ...whole, processor })} of ${(
      whole.seconds * whole.cores
    ).toFixed(0)}`,
  );
  printSlowest(results.flatMap(({ outcome }) => outcome.tests ?? []));
  printWaiting(results.flatMap(({ outcome }) => outcome.files ?? []));
  const failures = results.flatMap(({ name, outcome }) =>
    outcome.failures.map(failure => `${name}: ${failure.name}`),
  );
  const retried = results.flatMap(({ name, outcome }) =>
    (outcome.secondAttempts ?? []).map(test => `${name}: ${test}`),
  );
  if (retried.length > 0) {
    console.log('\nPassed at the second attempt');
    for (const test of retried) {
      console.log(`  ${test}`);
    }
  }
  if (failures.length > 0) {
    console.log('\nFailed');
    for (const failure of failures) {
      console.log(`  ✗ ${failure}`);
    }
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) {
    for (const key of Object.keys(total)) {
      total[key] += outcome[key];
    }
  }
  console.log(`\n${countsOf(total)}`);
  return total;
}

function printSlowest(tests) {
  if (tests.length === 0) {
    return;
  }
  console.log('\nThe ten slowest tests');
  for (const test of [...tests]
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 10)) {
    console.log(`${test.seconds.toFixed(2).padStart(8)} s  ${test.name}`);
  }
}

/** Neither at work nor in the queue for a core: on a timer, a socket, another program. */
const waited = ({ wall, processor, queued }) =>
  Math.max(0, wall - processor - queued);

function printWaiting(files) {
  if (files.length === 0) {
    return;
  }
  console.log('\nThe five test files that waited longest');
  for (const one of [...files]
    .sort((a, b) => waited(b) - waited(a))
    .slice(0, 5)) {
    console.log(
      `${waited(one).toFixed(2).padStart(8)} s  ${
        one.file
      } (processor ${one.processor.toFixed(1)} s)`,
    );
  }
}
