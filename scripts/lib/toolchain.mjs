import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { forNpm } from './environment.mjs';
import { readJson } from './json.mjs';
import { root, toolchain } from './paths.mjs';
import { Problem } from './problem.mjs';
import { fetchProblem } from './registry.mjs';
import { lastLines, run } from './run.mjs';

/** Fetched where the running Node.js is none that Backstage supports (22 or 24). */
const nodeVersion = '24.21.0';
const yarnVersion = '4.18.1';

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/**
 * What has to be fetched, decided from files alone: no process is started and no network asked.
 *
 * @returns {{ node: boolean, yarn: boolean }}
 */
export function missingTools() {
  return {
    node: fetchedVersion('node') !== nodeVersion && !runningNodeFits(),
    yarn: fetchedVersion('yarn') !== yarnVersion,
  };
}

/** Fetches what is missing and sees to it that `.toolchain/bin` holds `node` and `yarn`. */
export async function bringTools(missing, progress) {
  if (missing.node) {
    await progress.step(`Node.js ${nodeVersion}`, async () => {
      const platform = supportedPlatform();
      await fetchPackage(`node-${platform}`, nodeVersion, 'node');
      return `fetched for ${platform}, since this is Node.js ${process.versions.node}`;
    });
  }
  if (missing.yarn) {
    await progress.step(`Yarn ${yarnVersion}`, async () => {
      await fetchPackage('@yarnpkg/cli-dist', yarnVersion, 'yarn');
      return 'fetched';
    });
  }
}

/** Puts `node` and `yarn` into `.toolchain/bin`, where they are not in place already. */
export function placeTools() {
  const fetched = fetchedVersion('node') === nodeVersion;
  const target = fetched ? join(toolchain, 'node/bin/node') : process.execPath;
  if (realpath(join(toolchain, 'bin/node')) !== realpath(target)) {
    const to = fetched ? '../node/bin/node' : realpath(target);
    place('node', path => symlinkSync(to, path));
  }
  if (!existsSync(join(toolchain, 'bin/yarn'))) {
    place('yarn', path => writeFileSync(path, yarnStarter, { mode: 0o755 }));
  }
}

/** `EKS_SETUP_PLATFORM` names another platform than this one, on which no running Node.js fits; tests set it. */
function runningNodeFits() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const fits = (major === 22 && minor >= 12) || major === 24;
  return fits && !process.env.EKS_SETUP_PLATFORM;
}

function supportedPlatform() {
  const platform =
    process.env.EKS_SETUP_PLATFORM ?? `${process.platform}-${process.arch}`;
  const isMusl = platform.startsWith('linux') && !hasGlibc();
  if (!platforms.includes(platform) || isMusl) {
    const named = platforms.includes(platform)
      ? `${platform} (musl)`
      : platform;
    throw new Problem(
      `There is no ready-made Node.js for this platform, ${named}.`,
      `Install Node.js 24 yourself so that "node" on PATH is it, and run the same command again; supported without that are ${platforms.join(
        ', ',
      )}.`,
    );
  }
  return platform;
}

/** Asked of Linux alone, where the ready-made Node.js needs it. */
const hasGlibc = () =>
  process.platform !== 'linux' ||
  Boolean(process.report?.getReport().header.glibcVersionRuntime);

/** Puts a program into `.toolchain/bin`, whole or not at all. */
function place(name, make) {
  mkdirSync(join(toolchain, 'bin'), { recursive: true });
  const path = join(toolchain, 'bin', name);
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  make(fresh);
  renameSync(fresh, path);
}

/** A starter instead of a link: Yarn's own first line would pick the `node` that comes first on PATH. */
const yarnStarter =
  '#!/bin/sh\nhere=$(dirname "$0")\nexec "$here/node" "$here/../yarn/bin/yarn.js" "$@"\n';

function fetchedVersion(folder) {
  try {
    return readJson(join(toolchain, folder, 'package.json')).version;
  } catch {
    return undefined;
  }
}

function realpath(path) {
  return existsSync(path) ? realpathSync(path) : undefined;
}

/**
 * Fetches one package with the machine's npm, from whatever registry the user's npm is set to; npm checks the
 * integrity. The package lands complete or not at all.
 */
async function fetchPackage(name, version, folder) {
  mkdirSync(toolchain, { recursive: true });
  removeLeftovers();
  const work = mkdtempSync(join(toolchain, '.fetch-'));
  try {
    const result = await run(
      'npm',
      [
        'install',
        `--prefix=${work}`,
        '--no-save',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-package-lock',
        // By default npm waits more than a minute for a registry that does not answer
        '--fetch-retries=1',
        '--fetch-retry-mintimeout=1000',
        '--fetch-retry-maxtimeout=2000',
        `${name}@${version}`,
      ],
      { env: forNpm(process.env), cwd: root },
    );
    if (result.code !== 0) {
      const { code, output } = result;
      throw code === 127
        ? new Problem(
            'npm was not found on PATH.',
            'Install npm (it comes with Node.js) and run the same command again.',
          )
        : fetchProblem(`${name} ${version}`, output, lastLines(output, 6), [
            `npm could not fetch ${name} ${version}.`,
            'Read what npm says below, fix it and run the same command again.',
          ]);
    }
    const target = join(toolchain, folder);
    const old = join(work, 'old');
    if (existsSync(target)) {
      renameSync(target, old);
    }
    renameSync(join(work, 'node_modules', name), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Removes folders of interrupted fetches; only one setup runs at a time, so none is in use. */
function removeLeftovers() {
  for (const name of readdirSync(toolchain)) {
    if (name.startsWith('.fetch-')) {
      rmSync(join(toolchain, name), { recursive: true, force: true });
    }
  }
}
