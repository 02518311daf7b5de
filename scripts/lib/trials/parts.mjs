import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../json.mjs';
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

/** So many tests of a stage at least, each database counted, with more cases than `npm test` tries; without `args`, all. */
function testsPart({ stage, args, tests, env: given, seed }) {
  const env = seed ? { ...given, [seed]: randomInt(2 ** 31) } : given;
  return {
    ...part('test.mjs', stage, ...(args ? ['--', ...args] : ['--all'])),
    env,
    row: line => {
      const [, passed] = /^(\d+) passed, \d+ failed/.exec(line) ?? [];
      return (
        passed && {
          name: env ? `passed, with ${new URLSearchParams(env)}` : 'passed',
          value: Number(passed),
          unit: tests === 1 ? 'test' : 'tests',
          goal: { least: tests },
          reached: passed >= tests,
        }
      );
    },
  };
}

const listed = file => readJson(join(root, 'scripts/lib', file));

/** @returns {Record<string, Part>} by name */
export const parts = Object.fromEntries([
  ['diagnose', part('diagnose.mjs')],
  ['adopt', part('adopt.mjs')],
  ['adopt-legacy', part('adopt.mjs', '--legacy')],
  ['adopt-oldest', part('adopt.mjs', '--oldest')],
  ['hub', part('hub.mjs')],
  // One folder a part: its exit code is then that of the folder
  ...listed('mutation/folders.json').map(({ folder }) => [
    `mutate-${folder.split('/src/')[1].replaceAll('/', '-')}`,
    part('mutate.mjs', `${folder}/`),
  ]),
  ...listed('trials/tests.json').map(one => [one.name, testsPart(one)]),
  ['expressions', part('__tests__/expressions.test.mjs', 'all')],
  ...benches().map(name => [name, part('bench.mjs', `${name}.bench.`)]),
]);
