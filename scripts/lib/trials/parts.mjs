import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS } from '../mutation/folders.mjs';
import { root } from '../paths.mjs';

/**
 * A long trial that is run by itself.
 *
 * @typedef {object} Part
 * @property {string[]} command - arguments of Node.js
 * @property {NodeJS.ProcessEnv} [env] - beside that of all parts
 * @property {(line: string) => object | undefined} [row] - the figure in a line that is no JSON
 */

const benches = () =>
  readdirSync(join(root, 'packages/trials/src/bench'))
    .map(file => /^(\w+)\.bench\.(mjs|ts)$/.exec(file)?.[1])
    .filter(Boolean);

const part = (script, ...args) => ({
  command: [join(root, 'scripts', script), ...args],
});

/** So many tests of a stage, each database counted, with more cases than `npm test` tries. */
const tests = (stage, args, count, env) => ({
  ...part('test.mjs', stage, '--', ...args),
  env,
  row: line => {
    const [, passed] = /^(\d+) passed, \d+ failed/.exec(line) ?? [];
    return (
      passed && {
        name: `passed, with ${new URLSearchParams(env)}`,
        value: Number(passed),
        unit: count === 1 ? 'test' : 'tests',
        goal: { least: count },
        reached: passed >= count,
      }
    );
  },
});

/** @returns {Record<string, Part>} by name */
export const parts = Object.fromEntries([
  ['diagnose', part('diagnose.mjs')],
  ['adopt', part('adopt.mjs')],
  ['adopt-legacy', part('adopt.mjs', '--legacy')],
  // One folder a part: its exit code is then that of the folder
  ...FOLDERS.map(({ folder }) => [
    `mutate-${folder.split('/src/')[1].replaceAll('/', '-')}`,
    part('mutate.mjs', `${folder}/`),
  ]),
  [
    'fuzz',
    tests('unit', ['scaffolder-backend-module-.*/src/fuzz.test'], 2, {
      EKS_POD_IDENTITY_FUZZ_RUNS: 10_000,
      EKS_POD_IDENTITY_FUZZ_SEED: randomInt(2 ** 31),
    }),
  ],
  [
    'faults',
    tests('unit', ['backend/src/badDay', '--testNamePattern=end right'], 1, {
      EKS_TEST_LIFECYCLES: 200,
    }),
  ],
  [
    'trust',
    tests('unit', ['identity/trustAnalysis.property'], 2, {
      EKS_TEST_TRUST_POLICIES: 40_000,
    }),
  ],
  ['upgrade', tests('unit', ['upgradedQuietly'], 8, { EKS_TEST_ROWS: 1e3 })],
  ['expressions', part('__tests__/expressions.test.mjs', 'all')],
  [
    'podAws',
    tests('lab', ['awsCli', '--testNamePattern=cases of the pods'], 1, {
      EKS_TEST_POD_AWS_ALL: 1,
    }),
  ],
  ...benches().map(name => [name, part('bench.mjs', `${name}.bench.`)]),
]);
