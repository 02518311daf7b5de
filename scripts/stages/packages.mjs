import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { forNpm } from '../lib/environment.mjs';
import { changeJson, readJson } from '../lib/json.mjs';
import { tarballs } from '../lib/packed.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { Problem } from '../lib/problem.mjs';
import { add, noOutcome, untouched } from '../lib/report.mjs';
import { must } from '../lib/registry.mjs';
import { repositoryFields, writeRepositoryFields } from '../lib/repository.mjs';
import { lastLines, run } from '../lib/run.mjs';
import { published, workspaces } from '../lib/workspaces.mjs';
import { nodeTests } from './setup.mjs';

/** A copy of what is published, so that packing changes no `package.json` of the repository. */
const copy = join(testOutput, 'packages');
/** A project that has installed the packed packages. */
export const portal = join(copy, 'portal');

/**
 * What adopters install: each publishable package is built and packed as for a release and holds every file that its
 * manifest names; then `scripts/__tests__/*.packages.mjs` try them. Needs `types` first.
 */
export async function packages({ env, changed, isSampled }) {
  const folders = published().map(({ folder }) => `${folder}/`);
  if (
    changed &&
    !changed.files.some(
      file =>
        !file.includes('/') || folders.some(folder => file.startsWith(folder)),
    )
  ) {
    return untouched;
  }
  const outcome = noOutcome();
  for (const { name, problem } of await installPacked(env)) {
    add(outcome, problem ? 'failed' : 'passed', { name, text: problem });
  }
  await nodeTests(outcome, {
    env,
    ending: '.packages.mjs',
    log: 'packages',
    isSampled,
  });
  if (!repositoryFields('.')) {
    outcome.note =
      'the packed packages name no repository: set `repository` in package.json';
  }
  return outcome;
}

/**
 * Builds and packs each publishable package into `tarballs`, and installs it in `portal`. Needs the types of `yarn tsc`.
 *
 * @returns {Promise<{ name: string, problem?: string }[]>}
 */
async function installPacked(env) {
  rmSync(tarballs, { recursive: true, force: true });
  mkdirSync(tarballs, { recursive: true });
  copySources();
  const packed = [];
  try {
    // All in one program, which loads the compiler once
    const { code, output } = await run('backstage-cli', ['repo', 'build'], {
      cwd: copy,
      env,
      log: join(testOutput, 'packages-build.log'),
    });
    if (code !== 0) {
      const problem = lastLines(output, 50).join('\n');
      return [{ name: 'backstage-cli repo build', problem }];
    }
    for (const { folder, manifest } of published()) {
      const { name } = manifest;
      const problem = await pack(folder, env, name).catch(error =>
        [error.message, ...(error.details ?? [])].join('\n'),
      );
      packed.push({ name, problem });
    }
  } finally {
    // Their tests would be found beside the real ones.
    for (const group of ['packages', 'plugins']) {
      rmSync(join(copy, group), { recursive: true, force: true });
    }
  }
  return packed;
}

/** A tarball of each published package, compiled just now, in `tarballs`. */
export async function packAll(env) {
  await must('yarn', ['tsc'], { cwd: root, env });
  const problems = (await installPacked(env))
    .filter(({ problem }) => problem)
    .map(({ name, problem }) => `${name}: ${problem}`);
  if (problems.length > 0) {
    throw new Problem(
      'Not every package could be packed.',
      'Fix what is named below.',
      problems,
    );
  }
}

function copySources() {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(portal, { recursive: true });
  for (const name of ['package.json', 'backstage.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(copy, name));
  }
  symlinkSync(join(root, 'dist-types'), join(copy, 'dist-types'));
  for (const { folder } of published()) {
    cpSync(join(root, folder), join(copy, folder), {
      recursive: true,
      filter: path => !['node_modules', 'dist'].includes(basename(path)),
    });
  }
}

/** Packs and unpacks one package that is built; answers what is wrong. */
async function pack(folder, env, name) {
  const cwd = join(copy, folder);
  const target = join(portal, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  const step = (what, command, args, own = env) =>
    must(command, args, {
      cwd,
      env: own,
      log: join(testOutput, `packages-${basename(folder)}-${what}.log`),
    });
  await step('prepack', 'backstage-cli', ['package', 'prepack']);
  const manifestPath = join(cwd, 'package.json');
  writeRepositoryFields(manifestPath, folder);
  writeVersions(manifestPath);
  const bundler = join(root, folder, 'bundle/bundle.mjs');
  if (existsSync(bundler)) {
    const given = ['--manifest', manifestPath, join(cwd, 'dist')];
    await step('bundle', 'node', [bundler, ...given]);
    // What it depends on is in it, and is not installed once more
    changeJson(manifestPath, manifest => {
      delete manifest.dependencies;
    });
  }
  cpSync(join(root, 'LICENSE'), join(cwd, 'LICENSE'));
  const npmPack = ['pack', '--ignore-scripts', '--silent'];
  const packed = await step('pack', 'npm', npmPack, forNpm(env));
  const tarball = packed.trim().split('\n').at(-1);
  cpSync(join(cwd, tarball), join(tarballs, tarball));
  const unpack = ['xzf', join(cwd, tarball), '--strip-components=1'];
  await step('unpack', 'tar', [...unpack, '-C', target]);
  const manifest = readJson(join(target, 'package.json'));
  return missingFiles(target, manifest) ?? wrongRepository(manifest, folder);
}

/** Ranges of our own packages, as only a workspace knows them, become those that are published. */
function writeVersions(manifestPath) {
  const versions = new Map(
    workspaces().map(one => [one.manifest.name, one.manifest.version]),
  );
  changeJson(manifestPath, manifest => {
    for (const ranges of [manifest.dependencies, manifest.peerDependencies]) {
      for (const [name, range] of Object.entries(ranges ?? {})) {
        if (range.startsWith('workspace:')) {
          ranges[name] = range
            .replace('workspace:', '')
            .replace(/[\^~]?$/, sign => `${sign}${versions.get(name)}`);
        }
      }
    }
    delete manifest.devDependencies;
  });
}

/** An installed package must lead to its source, if the root says where that is. */
function wrongRepository(manifest, folder) {
  const wrong = Object.entries(repositoryFields(folder) ?? {})
    .filter(([key, value]) => !isDeepStrictEqual(manifest[key], value))
    .map(([key]) => key);
  return wrong.length > 0
    ? `The package says another ${wrong.join(
        ', ',
      )} than the root's package.json.`
    : undefined;
}

/** Files that a manifest lists, or that every package needs, and that are not in the package. */
function missingFiles(target, manifest) {
  const { files, main: entry, types } = manifest;
  const named = ['README.md', 'LICENSE', ...files, entry, types];
  const collect = value => {
    if (typeof value === 'string' && value.startsWith('./')) {
      named.push(value);
    } else if (value && typeof value === 'object') {
      Object.values(value).forEach(collect);
    }
  };
  collect(manifest.exports);
  if (typeof manifest.configSchema === 'string') {
    named.push(manifest.configSchema);
  }
  const missing = [...new Set(named)].filter(
    file => file && !existsSync(join(target, file)),
  );
  return missing.length > 0
    ? `The package lacks ${missing.join(', ')}.`
    : undefined;
}

/** A portal on this port, with one cluster and its database in memory. */
export function configOf(port, auth) {
  const baseUrl = `http://127.0.0.1:${port}`;
  const database = { client: 'better-sqlite3', connection: ':memory:' };
  const listen = { host: '127.0.0.1', port };
  const cluster = {
    name: 'payments-prod',
    region: 'eu-west-1',
    accountId: '111122223333',
  };
  return {
    app: { baseUrl },
    backend: { baseUrl, listen, database, auth },
    catalog: { providers: { eksPodIdentity: { owner: 'platform' } } },
    eksPodIdentity: { clusters: [cluster] },
  };
}
