import { mkdirSync, rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { findChanges } from './lib/changed.mjs';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { testOutput } from './lib/paths.mjs';
import { Problem } from './lib/problem.mjs';
import { failed, printOutcome, printSummary } from './lib/report.mjs';
import { timed } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import {
  printSlowness,
  refuseElsewhere,
  slowly,
  slowRoom,
} from './lib/slow.mjs';
import { bringTools, toolsEnvironment } from './lib/tools.mjs';
import {
  apiReports,
  config,
  dedupe,
  knip,
  lint,
  metadata,
  prettier,
  repoFix,
  types,
} from './stages/checks.mjs';
import { e2e } from './stages/e2e.mjs';
import { lab, postgresUse, toolsOfLab, unit } from './stages/jest.mjs';
import { packages } from './stages/packages.mjs';
import { rights } from './stages/rights.mjs';
import { setup } from './stages/setup.mjs';

const checks = {
  lint,
  types,
  'api-reports': apiReports,
  knip,
  metadata,
  'repo-fix': repoFix,
  config,
  setup,
  packages,
  prettier,
  dedupe,
};
/**
 * Every stage, in lanes: those of one row run beside each other, a row begins when the one before has ended. Two lanes
 * keep two cores busy; with more, each needs so much more processor time that all of it takes longer. Compiler, linter,
 * browser and the workers of the tests take up to 10 GB together: with less memory the lanes come after each other.
 */
const lanes = [
  { unit, postgres: postgresUse },
  { ...checks, e2e, lab },
];
const rows =
  totalmem() > 12e9
    ? [lanes, [{ rights }]]
    : [...lanes, { rights }].map(lane => [lane]);
const toolsOf = {
  lab: toolsOfLab,
  e2e: ['chromium', ...toolsOfLab],
};
const names = rows.flat().flatMap(Object.keys);
const oneByOne = rows
  .flat()
  .flatMap(Object.entries)
  .map(([name, stage]) => [{ [name]: stage }]);
/** Those that run tests, and that `--slow` slows down. */
const slowed = ['setup', 'unit', 'lab', 'e2e'];

const help = `npm test [-- [--all | --changed] [--slow [--seed N]] [STAGE…] [-- ARGUMENT…]]

Sets up what is missing, then runs every stage, also after one has failed. Naming stages runs only those.

Stages: ${names.join(' ')}

  --all       with the test files and cases that a run leaves to the night, because quicker ones try what they try; it
              names those files. So do tests that are named, and --changed.
  --changed   only what a change touches: what is not committed, and what this branch has on top of main. Lint and
              prettier look at the files that changed; unit and lab run the tests that depend on them, in whatever
              package; setup, packages and e2e run if what they test has changed. The other checks look at everything.
  --slow      stops every process that the tests start, for 60 % of the time in pieces of up to 3 s (Linux): tests that
              depend on how long a second is fail. Without named stages it runs those with tests: ${slowed.join(
                ' ',
              )}.
  --seed N    the pieces are those of an earlier slow run, which printed it

Arguments after a second -- go to the test runner of unit, lab and e2e; a path runs the tests below it:
  npm test -- unit -- plugins/eks-pod-identity-common
  npm test -- lab -- awsCli
  yarn test:e2e -- --grep teardown

Logs and reports: .cache/test/. With CI=true a stage that cannot run is a failure.`;

const argv = process.argv.slice(2);
const end = argv.indexOf('--');
const takes = {
  options: {
    all: { type: 'boolean' },
    changed: { type: 'boolean' },
    slow: { type: 'boolean' },
    seed: { type: 'string' },
  },
  words: true,
  args: end < 0 ? argv : argv.slice(0, end),
};

await command('npm test --', help, takes, async given => {
  const args = end < 0 ? [] : argv.slice(end + 1);
  const { stages, seed } = chosen(given, args);
  if (seed) {
    process.env.EKS_TEST_SLOW = String(slowRoom);
  }
  await setUp();
  mkdirSync(testOutput, { recursive: true });
  const base = awayFromAws(onToolchain(), testOutput);
  const changed = given.changed ? await findChanges(base) : undefined;
  if (changed) {
    console.log(
      `Differs from main at ${changed.base.slice(0, 7)}: ${
        changed.files.length
      } files`,
    );
  }
  const wanted = [...new Set(stages.flatMap(name => toolsOf[name] ?? []))];
  if (wanted.length > 0) {
    console.log('Tools');
  }
  const tools = await bringTools(wanted, base);
  const rightsFile = join(testOutput, 'rights.txt');
  rmSync(rightsFile, { force: true });
  const env = {
    ...toolsEnvironment(tools, base),
    // Every sandbox that a test starts writes down the rights that its callers use
    EKS_SANDBOX_RIGHTS_FILE: rightsFile,
  };
  console.log(`Stages: ${stages.join(' ')}`);
  console.log(seed ? `Slow: processes are stopped by the seed ${seed}\n` : '');
  const start = performance.now();
  const idleBefore = idleSeconds();
  const results = [];
  const context = {
    env,
    args,
    tools,
    changed,
    rightsFile,
    results,
    share: {},
    seed,
    isSampled: !given.all && !changed && args.length === 0,
  };
  // What stops processes does not know whose they are
  for (const row of seed ? oneByOne : rows) {
    const isWanted = lane =>
      Object.keys(lane).some(one => stages.includes(one));
    context.isAlone = row.filter(isWanted).length < 2;
    await Promise.all(
      row.map(async lane => {
        for (const [name, stage] of Object.entries(lane)) {
          if (stages.includes(name)) {
            results.push(await runStage(name, stage, context));
          }
        }
      }),
    );
  }
  if (seed) {
    printSlowness(seed, results);
  }
  const total = printSummary(results, {
    seconds: (performance.now() - start) / 1000,
    idle: idleSeconds() - idleBefore,
    cores: cpus().length,
  });
  return total.failed > 0 ? 1 : 0;
});

async function runStage(name, stage, context) {
  const start = performance.now();
  const idleBefore = idleSeconds();
  const say = text => console.log(`       ${name}: ${text}`);
  let slowness;
  const run = () => stage({ ...context, say });
  const [outcome, processor] = await timed(async () => {
    try {
      return await (context.seed && slowed.includes(name)
        ? slowly(`${context.seed}/${name}`, run, what => (slowness = what))
        : run());
    } catch (error) {
      const text =
        error instanceof Problem
          ? [error.message, error.remedy, ...error.details].join('\n')
          : error.stack;
      return failed(name, text);
    }
  });
  const seconds = outcome.seconds ?? (performance.now() - start) / 1000;
  printOutcome(name, outcome, seconds);
  const idle = idleSeconds() - idleBefore;
  return { name, outcome, seconds, processor, idle, slowness };
}

/** Of all cores of the machine, since it started. */
function idleSeconds() {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0) / 1000;
}

/** The stages to run, and of a slow run the seed. */
function chosen(given, args) {
  const unknown = given.names.filter(name => !names.includes(name));
  if (unknown.length > 0) {
    throw new Problem(
      `There is no stage "${unknown.join('", "')}".`,
      `The stages are ${names.join(', ')}.`,
    );
  }
  if (given.slow) {
    refuseElsewhere();
  } else if (given.seed) {
    throw new Problem('"--seed" is that of a slow run.', 'Add "--slow".');
  }
  if (given.changed && args.some(arg => !arg.startsWith('-'))) {
    throw new Problem(
      '"--changed" finds the tests to run, so no path can be named beside it.',
      'Leave out one of the two.',
    );
  }
  const all = given.slow
    ? names.filter(name => [...slowed, 'postgres', 'rights'].includes(name))
    : names;
  return {
    stages: given.names.length > 0 ? withNeeds(given.names) : all,
    seed: given.slow && (given.seed ?? String(Date.now())),
  };
}

/**
 * API reports and packages are made from what the compiler wrote; what ran on PostgreSQL is known after the unit tests,
 * and the rights that the portal uses after all tests.
 */
function withNeeds(wanted) {
  const needs = {
    'api-reports': ['types'],
    packages: ['types'],
    postgres: ['unit'],
    rights: ['unit', 'lab', 'e2e'],
  };
  const all = new Set(wanted.flatMap(name => [...(needs[name] ?? []), name]));
  return names.filter(name => all.has(name));
}
