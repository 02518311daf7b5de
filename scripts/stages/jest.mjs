import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { startPostgres, testDatabaseId } from '../lib/postgres.mjs';
import { readJson } from '../lib/json.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { touchedSources } from '../lib/changed.mjs';
import { isForTheNight, needsOf, sortByNeeds } from '../lib/needs.mjs';
import {
  add,
  failed,
  noOutcome,
  passed,
  skipped,
  untouched,
  withLeftOut,
} from '../lib/report.mjs';
import { lastLines, literally, plain, run } from '../lib/run.mjs';
import { missingOf } from '../lib/tools.mjs';
import { filesLike } from '../lib/workspaces.mjs';

/** Tests that run on every database; those on SQLite alone ask `TestDatabases` themselves. */
const databaseTest = /\bcreateTestDatabases\(/;

/** A test that a run of all tests in the time of CI leaves out. */
const isNight = /(?<!\S)@night /;

export const toolsOfLab = ['aws', 'kubectl'];
const unitTest = /(?<!\.lab)\.test\.tsx?$/;
const labTest = /\.lab\.test\.tsx?$/;

/** Unit and integration tests of every package, with a real PostgreSQL beside SQLite. */
export async function unit(context) {
  const { args, changed, env, isSampled, share } = context;
  const touched = changed && touchedSources(changed.files);
  if (touched?.length === 0) {
    return untouched;
  }
  const night = isSampled ? filesLike(unitTest).filter(isForTheNight) : [];
  const started = performance.now();
  const postgres = await startPostgres({
    log: join(testOutput, 'postgres-server.log'),
  });
  share.postgres = {
    version: postgres.version,
    startSeconds: (performance.now() - started) / 1000,
  };
  try {
    const outcome = await jest(
      'unit',
      [...args, ...configured(touched, [labTest.source, ...paths(night)])],
      { ...context, env: { ...env, ...postgres.env } },
    );
    share.postgres.tests = outcome.tests.filter(test =>
      test.name.includes(testDatabaseId),
    );
    return { ...outcome, night };
  } finally {
    await postgres.stop();
  }
}

/**
 * PostgreSQL runs inside `unit`; this says what ran on it. TestDatabases leaves out, without a word, a database that
 * it does not find: a file whose tests should have run on PostgreSQL and did not is a failure.
 */
export async function postgresUse({ share, args, changed, isSampled }) {
  const { version, startSeconds, tests } = share.postgres ?? {};
  if (changed && tests === undefined) {
    return untouched;
  }
  if (tests === undefined) {
    return failed('PostgreSQL', 'The server or the unit tests did not run.');
  }
  const without = filesLike(/\.test\.tsx?$/).filter(
    file =>
      databaseTest.test(readFileSync(join(root, file), 'utf8')) &&
      !(isSampled && isForTheNight(file)) &&
      !tests.some(test => test.name.startsWith(`${file} › `)),
  );
  if (without.length > 0 && args.length === 0 && !changed) {
    return failed(
      'PostgreSQL',
      `No test named ${testDatabaseId} ran of ${without.join(', ')}.`,
    );
  }
  const sum = tests.reduce((total, test) => total + test.seconds, 0);
  const note = `${tests.length} tests of unit ran on PostgreSQL ${version}`;
  return { ...passed(note), seconds: startSeconds + sum };
}

/**
 * The job by hand, by the real `aws` and `kubectl` against the sandbox. A file whose programs are missing is left out
 * by name.
 */
export async function lab(context) {
  const { args, changed, isSampled, tools } = context;
  const touched = changed && touchedSources(changed.files);
  if (touched?.length === 0) {
    return untouched;
  }
  const patterns = args.filter(arg => !arg.startsWith('-'));
  const files = filesLike(labTest).filter(
    file =>
      patterns.length === 0 ||
      patterns.some(pattern => new RegExp(pattern).test(join(root, file))),
  );
  const silent = files.filter(file => needsOf(file).length === 0);
  if (silent.length > 0) {
    return failed(
      'lab',
      `Its first comment must say which programs it needs ("@needs aws kubectl"): ${silent.join(
        ', ',
      )}.`,
    );
  }
  const night = isSampled ? files.filter(isForTheNight) : [];
  const { able, leftOut } = sortByNeeds(
    files.filter(file => !night.includes(file)),
    tools,
  );
  const missing = missingOf(toolsOfLab, tools);
  if (able.length === 0 && missing) {
    return skipped('lab', missing);
  }
  const outcome = await jest(
    'lab',
    [
      ...args,
      ...configured(touched, [
        // A path among the arguments narrows; a pattern of ours beside it would widen
        `^(?!.*${labTest.source})`,
        ...paths([...leftOut.map(({ file }) => file), ...night]),
      ]),
    ],
    context,
  );
  return { ...withLeftOut(outcome, leftOut), night };
}

/** Patterns of Jest that fit these files alone. */
const paths = files => files.map(file => `/${literally(file)}$`);

/** Options under which Jest runs the tests that depend on these files, or all tests, save those that fit a pattern. */
function configured(files, ignored) {
  // They come last: each takes every word that follows it
  return [
    ...(files
      ? [
          `--config=${join(root, 'scripts/jest/related.cjs')}`,
          '--findRelatedTests',
          ...files.map(file => join(root, file)),
        ]
      : [`--config=${join(root, 'scripts/jest/config.cjs')}`]),
    ...['/node_modules/', ...ignored].map(
      pattern => `--testPathIgnorePatterns=${pattern}`,
    ),
  ];
}

/** Jest compares it with the heap of a worker. Half of what V8 grants one here: beyond its limit the process dies. */
function idleMemoryLimit() {
  const granted = getHeapStatistics().heap_size_limit;
  return `${Math.round(Math.max(1e9, Math.min(2e9, granted / 2)) / 1e6)}M`;
}

/**
 * A test file waits for sockets and timers about a third of its time: one more than there are cores, unless another lane
 * takes what they leave. Each loads everything for itself.
 */
const workers = isAlone => availableParallelism() + (isAlone ? 1 : 0);

async function jest(name, args, { env, say, isAlone, isSampled }) {
  const report = join(testOutput, `${name}.json`);
  const times = join(testOutput, `${name}.times.jsonl`);
  rmSync(report, { force: true });
  rmSync(times, { force: true });
  const log = join(testOutput, `${name}.log`);
  let files = 0;
  const pulse = setInterval(() => say(`${files} test files done`), 30_000);
  const { code, output } = await run(
    'backstage-cli',
    [
      'repo',
      'test',
      '--watchAll=false',
      '--ci',
      // Beyond it Jest starts a new worker, which loads everything again; Backstage's default is 1 GB
      `--workerIdleMemoryLimit=${idleMemoryLimit()}`,
      `--maxWorkers=${workers(isAlone)}`,
      `--testSequencer=${join(root, 'scripts/jest/slowFirst.cjs')}`,
      // Takes every word that follows it, so it stands before another option
      '--reporters=default',
      '--json',
      `--outputFile=${report}`,
      ...(isSampled ? [`--testNamePattern=^(?!.*${isNight.source})`] : []),
      ...args,
    ],
    {
      env: {
        ...env,
        NODE_ENV: 'test',
        TZ: 'UTC',
        FORCE_COLOR: '0',
        EKS_TEST_FILE_TIMES: times,
        ...(isSampled && { EKS_TEST_SAMPLE: '1' }),
      },
      log,
      onLine: line => {
        const text = plain(line);
        // A row of a table that a test prints
        if (text.startsWith('| ')) {
          say(text);
        }
        const end = /^(PASS|FAIL) +(.*)/.exec(text);
        if (end) {
          files += 1;
          if (end[1] === 'FAIL') {
            say(`failed: ${end[2]}`);
          }
        }
      },
    },
  ).finally(() => clearInterval(pulse));
  const end = lines =>
    [
      ...lastLines(output, lines),
      `The whole output: ${relative(root, log)}`,
    ].join('\n');
  if (!existsSync(report)) {
    return failed(name, end(40));
  }
  const outcome = {
    ...readReport(readJson(report)),
    files: readTimes(times),
  };
  if (outcome.passed + outcome.failed === 0) {
    return code === 0 && args.includes('--findRelatedTests')
      ? untouched
      : failed(name, `No test ran.\n${end(10)}`);
  }
  return code !== 0 && outcome.failed === 0
    ? add(outcome, 'failed', {
        name: 'jest ended with an error though no test failed',
        text: end(40),
      })
    : outcome;
}

/** What `scripts/jest/times.cjs` wrote: a file appears once for each time that a worker ran it. */
function readTimes(path) {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines
    .filter(Boolean)
    .map(line => JSON.parse(line))
    .map(one => ({ ...one, file: relative(root, one.file) }));
}

/** What Jest's report says. A test is tried once: one that passed when it was tried again has failed. */
export function readReport({ testResults }) {
  const outcome = noOutcome();
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(root, name);
    for (const { fullName, status: end, ...test } of assertionResults) {
      const title = `${file} › ${fullName}`;
      const isHidden = end === 'passed' && test.invocations > 1;
      const result = isHidden ? 'failed' : end;
      // Left to the night
      if (end === 'pending' && isNight.test(fullName)) continue;
      if (result !== 'passed' && result !== 'failed') {
        add(outcome, 'skipped');
        const [, why] = /\(LEFT OUT: ([^)]+)\)/.exec(fullName) ?? [];
        if (why) (outcome.leftOut ??= []).push({ file, why });
        continue;
      }
      const once = 'It failed at first. A test is tried once.';
      const reasons = isHidden ? [once] : test.failureMessages ?? [];
      add(outcome, result, {
        name: title,
        seconds: (test.duration ?? 0) / 1000,
        text: reasons.map(withoutFramesOfJest).join('\n\n'),
      });
    }
    // A file that could not even be loaded, or broke outside its tests
    const broke =
      status === 'failed' &&
      !assertionResults.some(test => test.status === 'failed');
    if (broke) add(outcome, 'failed', { name: file, text: plain(message) });
  }
  return outcome;
}

function withoutFramesOfJest(text) {
  return plain(text)
    .split('\n')
    .filter(line => !/^ +at .*\/node_modules\/jest-/.test(line))
    .join('\n');
}
