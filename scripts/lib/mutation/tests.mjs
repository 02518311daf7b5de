import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { root } from '../paths.mjs';
import { filesBelow } from '../workspaces.mjs';

const { imports, neededBy } = createRequire(import.meta.url)('./imports.cjs');

/** Tests that import one of these start servers, which takes seconds for each fault. */
const SERVERS = ['eks-sandbox', '@backstage/backend-test-utils'];

const isTest = file => /\.test\.tsx?$/.test(file);

const typescriptIn = folder =>
  filesBelow(folder)
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(root, name));

/** The files of a folder, and of those in it, that are no tests and do not serve them. */
export function sourcesIn(folder) {
  return typescriptIn(folder).filter(
    file => !isTest(file) && !file.includes('/__testUtils__/'),
  );
}

const known = new Map();

/** Every test of a package that runs in this process: without foreign programs, without a page, not for a minute. */
export function testsOf(folder) {
  const [home] = /^[^/]+\/[^/]+\/src/.exec(folder);
  if (!known.has(home)) {
    known.set(home, typescriptIn(home).filter(isQuickToStart).map(testOf));
  }
  return known.get(home);
}

const isQuickToStart = file =>
  isTest(file) &&
  !/\.(lab|e2e)\.test\./.test(file) &&
  !/@slow\b|@jest-environment/.test(readFileSync(file, 'utf8').slice(0, 500));

function testOf(file) {
  const { files, packages } = neededBy(file);
  const isQuick =
    !SERVERS.some(name => packages.has(name)) &&
    ![...files].some(one => one.includes('/packages/sandbox/'));
  return { file, files, isQuick };
}

/** Beside the file, or above it in its folder, or importing it itself: what knows it from afar tests it last. */
function isNear(test, file, folder) {
  const place = dirname(relative(root, test.file));
  const home = dirname(relative(root, file));
  return (
    place === home ||
    (`${place}/`.startsWith(`${folder}/`) && home.startsWith(`${place}/`)) ||
    imports(test.file, file)
  );
}

/**
 * The tests that may notice a fault of a file, those that know it best first: the quick ones near it; where it has
 * none, or `slow` asks for them, the near ones that start servers and then those that know it from afar.
 */
export function testsFor(file, { folder, slow }, tests) {
  const able = tests
    .filter(test => test.files.has(file))
    .sort((a, b) => a.files.size - b.files.size);
  const near = able.filter(test => isNear(test, file, folder));
  const quick = near.filter(({ isQuick }) => isQuick);
  if (quick.length > 0 && !slow) return quick;
  return [...new Set([...quick, ...near, ...able])];
}

/**
 * Of the tests of a measured file the names of those that come to a block, quickest first, as many as `left`
 * milliseconds allow, and how long they took without a fault. All of them where they pass together alone (`isWhole`).
 * Undefined where there are none, and of a file that fails without a fault.
 */
export function namesFor(
  { tests, around, ms, failure: broken, isWhole },
  block,
  left,
) {
  if (broken) return undefined;
  const comes = hits => block === undefined || hits.includes(block);
  const good = tests.filter(({ failure }) => !failure);
  const touching = comes(around) ? good : good.filter(one => comes(one.hits));
  if (isWhole) {
    return touching.length > 0 && ms <= left
      ? { names: good.map(({ name }) => name), cost: ms }
      : undefined;
  }
  const sum = list => list.reduce((total, one) => total + one.ms, 0);
  // To start and stop what the tests of the file share
  let cost = ms - sum(tests);
  const names = [];
  for (const one of [...touching].sort((a, b) => a.ms - b.ms)) {
    if (cost + one.ms > left && names.length > 0) break;
    cost += one.ms;
    names.push(one.name);
  }
  return names.length > 0 ? { names, cost } : undefined;
}
