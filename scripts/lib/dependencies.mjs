import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onToolchain } from './environment.mjs';
import { readJson } from './json.mjs';
import { root, toolchain } from './paths.mjs';
import { Problem } from './problem.mjs';
import { fetchProblem, yarnRegistrySettings } from './registry.mjs';
import { lastLines, run } from './run.mjs';
import { workspaces } from './workspaces.mjs';

const stateFile = join(root, 'node_modules', '.setup-state');

/** A whole install with its cache; measured 2.1 GB, and some room. */
const bytesNeeded = 3e9;

/** True when `node_modules` is what `yarn.lock` and the package.json files ask for, as the last install left it. */
export function dependenciesInstalled() {
  return (
    existsSync(join(root, 'node_modules', '.yarn-state.yml')) &&
    existsSync(stateFile) &&
    readFileSync(stateFile, 'utf8') === fingerprint()
  );
}

function fingerprint() {
  const hash = createHash('sha256');
  const add = (name, value) => hash.update(`${name}\0${value}\0`);
  for (const file of ['yarn.lock', '.yarnrc.yml']) {
    const path = join(root, file);
    add(file, existsSync(path) ? readFileSync(path) : '');
  }
  const manifest = readJson(join(root, 'package.json'));
  // Those that change what an install does; a new script or description does not
  const fields = readJson(join(root, 'scripts/lib/installFields.json'));
  for (const one of [{ folder: '.', manifest }, ...workspaces()]) {
    const relevant = fields.map(field => one.manifest[field] ?? null);
    add(one.folder, JSON.stringify(relevant));
  }
  // Native packages are chosen by platform; Node's version does not matter to them (all are Node-API)
  add('platform', `${process.platform}-${process.arch}`);
  return hash.digest('hex');
}

export async function installDependencies(progress) {
  await progress.step('Packages of yarn.lock', async note => {
    checkDisk();
    const before = fingerprint();
    const env = { ...onToolchain(), ...(await yarnRegistrySettings()) };
    const result = await run(
      join(toolchain, 'bin', 'yarn'),
      ['install', '--immutable'],
      {
        env,
        log: join(toolchain, 'install.log'),
        onLine: line => followYarn(line, note),
      },
    );
    if (result.code !== 0) {
      throw installProblem(result.output);
    }
    writeFileSync(stateFile, before);
    return 'installed';
  });
}

/** `EKS_SETUP_BYTES_NEEDED` asks for more or less room; tests set it. */
function checkDisk() {
  const needed = Number(process.env.EKS_SETUP_BYTES_NEEDED ?? bytesNeeded);
  const first = !existsSync(join(root, 'node_modules', '.yarn-state.yml'));
  const { bavail, bsize } = statfsSync(root);
  if (first && bavail * bsize < needed) {
    const free = (n => `${(n / 1e9).toFixed(1)} GB`)(bavail * bsize);
    throw new Problem(
      `The packages need about ${(needed / 1e9).toFixed(
        0,
      )} GB and this disk has ${free} free.`,
      'Free that much on the disk that holds this folder and run the same command again.',
    );
  }
}

/** Yarn's own steps, as they begin; its warnings about peers are for those who change dependencies. */
function followYarn(line, note) {
  const begun = /┌ (\w+) step/.exec(line);
  if (begun) note(begun[1].toLowerCase());
}

function installProblem(output) {
  const details = lastLines(
    output
      .split('\n')
      .filter(line => !/YN0013|YN0002|YN0060|YN0086|YN0000: [┌└]/.test(line))
      .join('\n'),
    6,
  );
  if (/YN0028/.test(output)) {
    return new Problem(
      'yarn.lock does not fit the package.json files.',
      'Run ".toolchain/bin/yarn install", commit yarn.lock and run the same command again.',
      details,
    );
  }
  return fetchProblem('the packages of yarn.lock', output, details, [
    'Yarn could not install the packages.',
    'Read what Yarn says below (the whole of it is in .toolchain/install.log), fix it and run the same command again.',
  ]);
}
