import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { readJson } from './lib/json.mjs';
import { command } from './lib/options.mjs';
import { figure } from './lib/output.mjs';
import { root, testOutput } from './lib/paths.mjs';
import { literally, run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { withTools } from './lib/tools.mjs';
import { readReport } from './stages/jest.mjs';

const help = `yarn diagnose:all [NAME…]

Tries the diagnosis on sandboxes of its own, by the tests of packages/trials/src/__tests__/diagnosis. Prints how many
are right, and exits 1 where one is wrong.

  rows      breaks a healthy identity by each scenario, verifies it with a pod, does what the report says – its command
            is run by bash with the real aws and kubectl – and verifies it again, until it is verified
  pairs     two scenarios at once: the report has to tell of both
  healthy   unusual setups that work: no check may fail or warn, with a pod and without
  setups    workloads of all shapes: the status, what it says, and the status after the printed command
  attempts  broken workloads beside which a probe works: none may be called verified, or the report says what cannot
            be seen

  NAME      only what has it in its name, is of that kind, or shows that row: trust, pairs, 13, E5`;

/** A row by its whole number, anything else anywhere in a name. */
const patternOf = names =>
  names
    .map(literally)
    .map(name => (/^[A-Z]?\d+$/.test(name) ? `\\b${name}\\b` : name))
    .join('|');

await command('yarn diagnose:all', help, { words: true }, async ({ names }) => {
  await setUp();
  const clean = awayFromAws(onToolchain(), testOutput);
  const env = await withTools(['aws', 'kubectl'], clean);
  const report = join(testOutput, 'diagnosis.json');
  rmSync(report, { force: true });
  await run(
    'backstage-cli',
    [
      'package',
      'test',
      '--watchAll=false',
      '--ci',
      '--verbose',
      '--json',
      `--outputFile=${report}`,
      ...(names.length > 0 ? ['-t', patternOf(names)] : []),
    ],
    {
      cwd: join(root, 'packages/trials'),
      env: { ...env, NODE_ENV: 'test', TZ: 'UTC', FORCE_COLOR: '0' },
      // Jest says what happens on standard error; the other is its report
      onLine: line => /^\{|^ +○ skipped/.test(line) || console.log(line),
    },
  );
  const { testResults } = readJson(report);
  // The outermost `describe` says it; a file that is broken has none
  const kinds = new Map();
  for (const result of testResults) {
    const [test] = result.assertionResults;
    const kind = test?.ancestorTitles[0] ?? basename(result.name);
    kinds.set(kind, [...(kinds.get(kind) ?? []), result]);
  }
  const sum = { passed: 0, failed: 0 };
  for (const [kind, results] of kinds) {
    const { passed, failed } = readReport({ testResults: results }, []);
    const all = passed + failed;
    if (all > 0) {
      figure(`diagnose, ${kind}: right`, passed, '', { least: all });
    }
    sum.passed += passed;
    sum.failed += failed;
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  if (sum.passed + sum.failed === 0) {
    console.error('No name has what was asked for.');
  }
  return sum.passed > 0 && sum.failed === 0 ? 0 : 1;
});
