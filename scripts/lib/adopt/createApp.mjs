import { appendFileSync, cpSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { forNpm } from '../environment.mjs';
import { changeJson, readJson, writeJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { must } from '../registry.mjs';
import { lockedVersions } from '../workspaces.mjs';

/** The newest on npm. It makes a portal of Backstage 1.55, the oldest that is supported. */
const program = '@backstage/create-app@0.9.2';

/** The release of Backstage of a portal, or of this repository. */
export const releaseOf = folder =>
  readJson(join(folder, 'backstage.json')).version;

/**
 * A portal as an adopter has it: what create-app makes, upgraded to the release that this repository is built on, or as it
 * was when that release was the newest.
 *
 * @param {{ folder: string, legacy: boolean, oldest: boolean, env: NodeJS.ProcessEnv, log: string }} options
 */
export async function makePortal({ folder, legacy, oldest, env, log }) {
  const named = { ...forNpm(env), BACKSTAGE_APP_NAME: 'portal' };
  const given = { cwd: dirname(folder), env: named, log };
  const args = ['--yes', program, '--skip-install', '--path', folder];
  await must('npx', legacy ? [...args, '--legacy'] : args, given);
  withoutCompiler(folder);
  if (oldest) {
    // Its carets lead to packages of 1.57 by now
    const lock = 'scripts/lib/adopt/backstage-1.55.lock';
    cpSync(join(root, lock), join(folder, 'yarn.lock'));
  } else {
    upgrade(folder);
  }
  await must('yarn', ['install'], { cwd: folder, env, log });
}

/**
 * better-sqlite3 12, which create-app names, needs a compiler and ends under Node.js 24.21 at its first garbage
 * collection; 13 brings its binaries. What else is compiled at installation is optional.
 */
function withoutCompiler(folder) {
  changeJson(join(folder, 'package.json'), manifest => {
    manifest.resolutions['better-sqlite3'] = '^13.0.0';
  });
  appendFileSync(join(folder, '.yarnrc.yml'), '\nenableScripts: false\n');
}

/**
 * Raises the ranges of all packages that our own yarn.lock knows to its versions; the ranges of the others lead to that
 * release already. `versions:bump` would ask a server beside the npm registry.
 */
function upgrade(folder) {
  writeJson(join(folder, 'backstage.json'), { version: releaseOf(root) });
  const newest = new Map(
    [...lockedVersions()]
      .filter(([name]) => name.startsWith('@backstage/'))
      .map(([name, versions]) => [name, [...versions].sort(byVersion).pop()]),
  );
  const { devDependencies } = readJson(join(root, 'package.json'));
  const { typescript: ownTypescript } = devDependencies;
  for (const path of ['.', 'packages/app', 'packages/backend']) {
    changeJson(join(folder, path, 'package.json'), manifest => {
      for (const ranges of [manifest.dependencies, manifest.devDependencies]) {
        for (const name of Object.keys(ranges ?? {})) {
          if (newest.has(name)) {
            ranges[name] = `^${newest.get(name)}`;
          } else if (name === 'typescript') {
            ranges[name] = ownTypescript;
          }
        }
      }
    });
  }
}

const byVersion = (one, other) =>
  one.localeCompare(other, 'en', { numeric: true });

/** What our packages bring of the framework beside the portal's copy: contexts and extension points would not meet. */
export const secondCopies = folder =>
  globSync('{packages,node_modules/*eks-pod-identity*}/**/@backstage/*', {
    cwd: folder,
  });
