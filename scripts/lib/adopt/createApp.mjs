import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { forNpm } from '../environment.mjs';
import { changeJson, readJson, writeJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { must } from '../registry.mjs';
import { lockedVersions } from '../workspaces.mjs';

/** The newest on npm. It makes a portal of Backstage 1.55. */
const program = '@backstage/create-app@0.9.2';

const cache = join(root, '.cache/adopt');

/** The release of Backstage that this repository is built on. */
export const ownRelease = () => readJson(join(root, 'backstage.json')).version;

/**
 * A portal as an adopter has it: what create-app makes, upgraded to the release that this repository is built on.
 *
 * @param {{ folder: string, legacy: boolean, env: NodeJS.ProcessEnv, log: string }} options
 */
export async function makePortal({ folder, legacy, env, log }) {
  if (!existsSync(join(cache, 'node_modules/.bin/backstage-create-app'))) {
    mkdirSync(cache, { recursive: true });
    writeJson(join(cache, 'package.json'), { private: true });
    await must('npm', ['install', '--no-audit', '--no-fund', program], {
      cwd: cache,
      env: forNpm(env),
      log,
    });
  }
  await must(
    join(cache, 'node_modules/.bin/backstage-create-app'),
    ['--skip-install', '--path', folder, ...(legacy ? ['--legacy'] : [])],
    { cwd: root, env: { ...env, BACKSTAGE_APP_NAME: 'portal' }, log },
  );
  withoutCompiler(folder);
  upgrade(folder);
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
  writeJson(join(folder, 'backstage.json'), { version: ownRelease() });
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
