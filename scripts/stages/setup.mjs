import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { caseMark } from '../lib/nodeTestReporter.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { add, noOutcome, untouched } from '../lib/report.mjs';
import { lastLines, run } from '../lib/run.mjs';

/** The scripts, and what they are set up from. */
const theirs = /^(scripts\/|[^/]*$|(packages|plugins)\/[^/]+\/package\.json$)/;

/** Tests of these scripts themselves, each on a spawned process. */
export async function setup({ env, changed, isSampled }) {
  if (changed && !changed.files.some(file => theirs.test(file))) {
    return untouched;
  }
  return await nodeTests(noOutcome(), {
    env,
    ending: '.test.mjs',
    log: 'setup',
    isSampled,
  });
}

/** Runs the files of `scripts/__tests__` with this ending, without the tests for the night when sampled; adds their results to the outcome and returns it. */
export async function nodeTests(outcome, { env, ending, log, isSampled }) {
  const folder = join(root, 'scripts/__tests__');
  const files = readdirSync(folder)
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name));
  const { stdout, output } = await run(
    'node',
    [
      '--test',
      ...(isSampled ? ['--test-skip-pattern=/@night /'] : []),
      `--test-reporter=${join(root, 'scripts/lib/nodeTestReporter.mjs')}`,
      ...files,
    ],
    { env, log: join(testOutput, `${log}.log`) },
  );
  const lines = stdout.split('\n').filter(line => line.startsWith(caseMark));
  for (const line of lines) {
    const { name, file, result, seconds, text } = JSON.parse(
      line.slice(caseMark.length),
    );
    const title = `${relative(root, file)} › ${name}`;
    add(outcome, result, { name: title, seconds, text });
  }
  return lines.length > 0
    ? outcome
    : add(outcome, 'failed', {
        name: log,
        text: `No test ran.\n${lastLines(output).join('\n')}`,
      });
}
