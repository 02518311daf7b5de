import { formatSeconds } from './progress.mjs';

/**
 * What came of a stage.
 *
 * @typedef {object} Outcome
 * @property {number} passed - test cases; a check such as lint counts as one
 * @property {number} failed
 * @property {number} skipped
 * @property {{ name: string, text: string }[]} failures - what failed and why, for people
 * @property {{ name: string, seconds: number }[]} tests - how long each test took
 * @property {FileTimes[]} [files] - where the time of each test file went
 * @property {string} [note] - one phrase worth knowing
 * @property {{ file: string, why: string }[]} [leftOut] - test files that could not run here
 * @property {string[]} [night] - test files that were left to the night
 */

/**
 * Seconds of a test file: of wall time, of the processor (also for the programs that it ran), and in the queue for a core.
 *
 * @typedef {{ file: string, wall: number, processor: number, queued: number }} FileTimes
 */

/**
 * Of no test yet.
 *
 * @returns {Outcome}
 */
export const noOutcome = () => ({
  passed: 0,
  failed: 0,
  skipped: 0,
  failures: [],
  tests: [],
});

/**
 * Adds a test case to an outcome, which it answers.
 *
 * @param {Outcome} outcome
 * @param {'passed' | 'failed' | 'skipped'} result
 * @param {{ name?: string, seconds?: number, text?: string }} test - `text`: why it failed
 */
export function add(outcome, result, { name, seconds, text } = {}) {
  outcome[result] += 1;
  if (seconds !== undefined) outcome.tests.push({ name, seconds });
  if (result === 'failed') outcome.failures.push({ name, text });
  return outcome;
}

export const passed = note => ({ ...add(noOutcome(), 'passed'), note });

export const failed = (name, text) =>
  add(noOutcome(), 'failed', { name, text });

/** A stage that nothing of what changed touches. */
export const untouched = {
  ...noOutcome(),
  note: 'what changed does not touch it',
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
    : { ...add(noOutcome(), 'skipped'), note: text };
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
  if (!isCi()) {
    return { ...outcome, skipped: outcome.skipped + leftOut.length, leftOut };
  }
  return leftOut.reduce(
    (all, { file, why }) =>
      add(all, 'failed', { name: file, text: `LEFT OUT: ${why}` }),
    structuredClone(outcome),
  );
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
  const { leftOut = [] } = outcome;
  for (const reason of new Set(leftOut.map(({ why }) => why))) {
    console.log(`       LEFT OUT: ${reason}`);
    const some = leftOut.filter(({ why }) => why === reason);
    const lines = new Set(some.map(({ file }) => `         ${file}`));
    console.log([...lines].join('\n'));
  }
  outcome.failures.forEach(printFailure);
}

function verdictOf(outcome) {
  if (outcome.failed > 0) return 'FAILED';
  return outcome.passed > 0 ? 'ok' : '–';
}

function printFailure({ name, text }) {
  console.log(`\n  ✗ ${name}`);
  const lines = text.trimEnd().split('\n');
  const more = lines.splice(60).length;
  lines.forEach(line => console.log(`    ${line}`));
  console.log(more > 0 ? `    … ${more} more lines\n` : '');
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
  const unheard = whole.seconds * whole.cores - whole.idle - processor;
  console.log(
    `  ${Math.max(0, unheard).toFixed(
      0,
    )} s of the processor belong to no stage: those of the browser, whose processes end unheard, and of other programs of this machine`,
  );
  /** Of all stages what they have under this name. */
  const all = key =>
    results.flatMap(({ name: stage, outcome }) =>
      (outcome[key] ?? []).map(one => ({ stage, one })),
    );
  printMost(
    10,
    'The ten slowest tests',
    all('tests').map(({ one }) => [one.seconds, one.name]),
  );
  printMost(
    5,
    'The five test files that waited longest',
    all('files').map(({ one }) => [
      waited(one),
      `${one.file} (processor ${one.processor.toFixed(1)} s)`,
    ]),
  );
  printList(
    'Failed',
    // With why in short, for a reader who keeps only the end of a log
    all('failures').flatMap(({ stage, one }) => [
      `  ✗ ${stage}: ${one.name}`,
      ...(one.text ?? '')
        .split('\n')
        .filter(line => line.trim())
        .slice(0, 20)
        .map(line => `      ${line.slice(0, 300)}`),
    ]),
  );
  printList(
    'Left to the night, with cases of others (npm test -- --all)',
    all('night').map(({ one }) => `  ${one}`),
  );
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) {
    for (const key of Object.keys(total)) {
      total[key] += outcome[key];
    }
  }
  console.log(`\n${countsOf(total)}`);
  return total;
}

function printList(title, lines) {
  if (lines.length > 0) {
    console.log([`\n${title}`, ...lines].join('\n'));
  }
}

/** Those of pairs of seconds and a name that took longest. */
function printMost(count, title, pairs) {
  const most = pairs.sort(([a], [b]) => b - a).slice(0, count);
  printList(
    title,
    most.map(([took, name]) => `${took.toFixed(2).padStart(8)} s  ${name}`),
  );
}

/** Neither at work nor in the queue for a core: on a timer, a socket, another program. */
const waited = ({ wall, processor, queued }) =>
  Math.max(0, wall - processor - queued);
