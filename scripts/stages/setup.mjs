import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { caseMark } from '../lib/nodeTestReporter.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { add, failed, noOutcome, untouched } from '../lib/report.mjs';
import { lastLines, run } from '../lib/run.mjs';

/** The scripts, and what they are set up from. */
const theirs = /^(scripts\/|[^/]*$|(packages|plugins)\/[^/]+\/package\.json$)/;

/** Tests of these scripts themselves, each on a spawned process. */
export async function setup({ env, changed }) {
  if (changed && !changed.files.some(file => theirs.test(file))) {
    return untouched;
  }
  const folder = join(root, 'scripts/__tests__');
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.test.mjs'))
    .map(name => join(folder, name));
  const { stdout, output } = await run(
    'node',
    [
      '--test',
      `--test-reporter=${join(root, 'scripts/lib/nodeTestReporter.mjs')}`,
      ...files,
    ],
    { env, log: join(testOutput, 'setup.log') },
  );
  const outcome = noOutcome();
  const lines = stdout.split('\n').filter(line => line.startsWith(caseMark));
  for (const line of lines) {
    const { name, file, result, seconds, text } = JSON.parse(
      line.slice(caseMark.length),
    );
    const title = `${relative(root, file)} › ${name}`;
    add(outcome, result, { name: title, seconds, text });
  }
  return outcome.passed + outcome.failed > 0
    ? outcome
    : failed('setup', `No test ran.\n${lastLines(output).join('\n')}`);
}
