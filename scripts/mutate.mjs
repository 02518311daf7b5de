import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';

const require = createRequire(import.meta.url);
const { mutantsOf } = require('./lib/mutation/mutants.cjs');
const { imports, neededBy } = require('./lib/mutation/imports.cjs');

const LEAST = 0.92;

const help = `yarn mutate [--sample N] [--seed N] [PATH…]

Puts one small fault after the other into the code that judges (checks, fixes, guardrails, trust, policies, status) and runs
the tests that know the file and need neither a sandbox nor a database. A fault that no test notices survives.
Prints the survivors and the share that was noticed, folder by folder; fails where that is below ${
  LEAST * 100
} %.

  PATH         only files whose path contains one of these
  --sample N   at most N faults of each folder, chosen by --seed
  --seed N     default 1
  --help       this text`;

/** A fault that makes an endless loop is noticed by this. */
const STUCK_MS = 20_000;

const ENGINE = 'packages/engine/src';
const BACKEND = 'plugins/eks-pod-identity-backend/src';
const FOLDERS = [
  `${ENGINE}/verification/access`,
  `${ENGINE}/verification/cluster`,
  `${ENGINE}/verification/agent`,
  `${ENGINE}/verification/role`,
  `${ENGINE}/verification/association`,
  `${ENGINE}/verification/serviceAccount`,
  `${ENGINE}/verification/admission`,
  `${ENGINE}/verification/credentials`,
  `${ENGINE}/verification/permissions`,
  `${ENGINE}/verification/workloads`,
  `${ENGINE}/verification/probe`,
  `${ENGINE}/guardrails`,
  `${ENGINE}/identity`,
  `${ENGINE}/iam`,
  `${BACKEND}/status`,
];
/** Tests that import one of these start servers, which takes seconds for each fault. */
const SLOW = ['eks-sandbox', '@backstage/backend-test-utils', 'knex'];

function typescriptIn(folder, deep = false) {
  return readdirSync(join(root, folder), { recursive: deep })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(root, folder, name))
    .sort();
}

const isTest = file => /\.test\.tsx?$/.test(file);

/** Beside the file, or importing it itself: what knows it from afar does not test it. */
function isNear(test, file) {
  return (
    test.files.has(file) &&
    (dirname(test.file) === dirname(file) || imports(test.file, file))
  );
}

function quickTests() {
  return [ENGINE, BACKEND]
    .flatMap(folder => typescriptIn(folder, true))
    .filter(file => isTest(file) && !/\.(lab|e2e)\.test\./.test(file))
    .map(file => ({ file, ...neededBy(file) }))
    .filter(
      ({ files, packages }) =>
        !SLOW.some(name => packages.has(name)) &&
        ![...files].some(one => one.includes('/packages/sandbox/')),
    );
}

/** mulberry32: the same seed draws the same faults on every machine. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function drawn(all, count, seed) {
  if (all.length <= count) return all;
  const next = random(seed);
  return all
    .map(one => ({ one, at: next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ one }) => one);
}

/** One process that runs tests; a new one where a fault made it hang or die. */
class Runner {
  #child;

  #start() {
    this.#child = fork(join(root, 'scripts/lib/mutation/worker.cjs'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** The failure that the tests show; undefined where all of them pass. */
  run(job) {
    if (!this.#child) this.#start();
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onMessage = ({ failure }) => end(() => resolve(failure));
      const onExit = () =>
        end(() => reject(new Error('The process that runs tests has ended')));
      const timer = setTimeout(() => {
        end(() => resolve('did not end'));
        this.#child = undefined;
        child.kill('SIGKILL');
      }, STUCK_MS);
      const end = answer => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        answer();
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(job);
    });
  }

  stop() {
    this.#child?.kill();
  }
}

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const sample = values.sample ? Number(values.sample) : Infinity;
  const wanted = file =>
    positionals.length === 0 || positionals.some(part => file.includes(part));
  const runner = new Runner();
  const targets = new Set(FOLDERS.flatMap(folder => typescriptIn(folder)));
  const tests = [];
  for (const test of quickTests()) {
    const near = [...targets].filter(file => isNear(test, file));
    if (near.length === 0) continue;
    const failure = await runner.run({ tests: [test.file] });
    const name = relative(root, test.file);
    if (failure) console.error(`Left out, it fails here: ${name}: ${failure}`);
    else tests.push(test);
  }

  const rows = [];
  const untested = [];
  for (const folder of FOLDERS) {
    const mutants = typescriptIn(folder)
      .filter(file => !isTest(file) && wanted(relative(root, file)))
      .flatMap(file => {
        const related = tests
          .filter(test => isNear(test, file))
          .sort((a, b) => a.files.size - b.files.size)
          .map(test => test.file);
        const found = mutantsOf(readFileSync(file, 'utf8'));
        if (related.length === 0 && found.length > 0) {
          untested.push(relative(root, file));
          return [];
        }
        return found.map(mutant => ({ ...mutant, file, related }));
      });
    const chosen = drawn(mutants, sample, Number(values.seed));
    if (chosen.length === 0) continue;
    let noticed = 0;
    for (const { related, ...mutant } of chosen) {
      if (await runner.run({ mutant, tests: related })) noticed += 1;
      else {
        console.log(
          `survived ${relative(root, mutant.file)}:${mutant.line}  ${
            mutant.from
          }  →  ${mutant.replacement.split('\n')[0]}`,
        );
      }
    }
    rows.push({ folder, all: mutants.length, tried: chosen.length, noticed });
  }
  runner.stop();
  if (untested.length) {
    console.log(
      `\nTested only with servers, so left out: ${untested.join(', ')}`,
    );
  }
  const percent = row => `${((100 * row.noticed) / row.tried).toFixed(1)} %`;
  console.log(`\n${'folder'.padEnd(52)} faults  tried  noticed`);
  for (const row of rows) {
    console.log(
      `${row.folder.padEnd(52)} ${String(row.all).padStart(6)} ${String(
        row.tried,
      ).padStart(6)}  ${percent(row)}`,
    );
  }
  return rows.every(row => row.noticed >= LEAST * row.tried) ? 0 : 1;
});
