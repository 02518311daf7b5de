import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS } from '../mutation/folders.mjs';
import { root } from '../paths.mjs';

/**
 * A long trial that is run by itself.
 *
 * @typedef {object} Part
 * @property {string[]} command - arguments of Node.js
 * @property {(line: string, code: number) => object | undefined} [row] - the figure in a line of a table, if it is one
 */

/** Benchmarks without a goal; any other one fails as a trial if no figure has one. */
const WITHOUT_GOAL = ['readRoute', 'setup'];

/** A row of the table of `yarn mutate`: folder, faults, tried, noticed, goal. Its exit code says whether that is reached. */
function rowOfMutate(line, code) {
  const row = /^(\S+\/\S+) +(\d+) +(\d+) +\d+ +([\d.]+) % +([\d.]+) %$/.exec(
    line,
  );
  if (!row) {
    return undefined;
  }
  const [, folder, all, tried, noticed, goal] = row;
  return {
    name: `${folder}: noticed of ${tried} faults (of ${all})`,
    value: Number(noticed),
    unit: '%',
    goal: { least: Number(goal) },
    reached: code === 0,
  };
}

const benches = () =>
  readdirSync(join(root, 'packages/trials/src/bench'))
    .map(file => /^(\w+)\.bench\.(mjs|ts)$/.exec(file)?.[1])
    .filter(name => name && !WITHOUT_GOAL.includes(name));

const part = (script, ...args) => ({
  command: [join(root, 'scripts', script), ...args],
});

/** @returns {Record<string, Part>} by name */
export const parts = Object.fromEntries([
  ['diagnose', part('diagnose.mjs', '--all')],
  ['adopt', part('adopt.mjs')],
  ['adopt-legacy', part('adopt.mjs', '--legacy')],
  // One folder a part: its exit code is then that of the folder
  ...FOLDERS.map(({ folder }) => [
    `mutate-${folder.split('/src/')[1].replaceAll('/', '-')}`,
    { ...part('mutate.mjs', `${folder}/`), row: rowOfMutate },
  ]),
  ...benches().map(name => [name, part('bench.mjs', `${name}.bench.`)]),
]);
