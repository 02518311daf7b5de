import {
  cpSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { forNpm } from '../lib/environment.mjs';
import { changeJson, readJson, writeJson } from '../lib/json.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { freePort } from '../lib/ports.mjs';
import { Problem } from '../lib/problem.mjs';
import { add, noOutcome, untouched } from '../lib/report.mjs';
import { must } from '../lib/registry.mjs';
import { repositoryFields, writeRepositoryFields } from '../lib/repository.mjs';
import { lastLines, run } from '../lib/run.mjs';
import { published, workspaces } from '../lib/workspaces.mjs';

/** A copy of what is published, so that packing changes no `package.json` of the repository. */
const copy = join(testOutput, 'packages');
/** A project that has installed the packed packages. */
export const portal = join(copy, 'portal');

/**
 * What adopters install: each publishable package is built and packed as for a release, holds every file that its
 * manifest names, and a backend starts with the packed ones. Needs `types` first.
 */
export async function packages({ env, changed }) {
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
  const record = (name, text) =>
    add(outcome, text ? 'failed' : 'passed', { name, text });
  for (const { name, problem } of await installPacked(env)) {
    record(name, problem);
  }
  if (!repositoryFields('.')) {
    outcome.note =
      'the packed packages name no repository: set `repository` in package.json';
  }
  record('a backend of the packed packages', await startBackend(env));
  record('the packed program', await askProgram(env));
  return outcome;
}

/**
 * Builds and packs each publishable package, and installs it in `portal`. Needs the types of `yarn tsc`.
 *
 * @param {string} [tarballs] - folder that gets them too
 * @returns {Promise<{ name: string, problem?: string }[]>}
 */
async function installPacked(env, tarballs) {
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
      const problem = await pack(folder, env, name, tarballs).catch(error =>
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

/**
 * A tarball of each published package, compiled just now.
 *
 * @param {string} [tarballs] - folder that gets them alone
 */
export async function packAll(env, tarballs) {
  if (tarballs) {
    rmSync(tarballs, { recursive: true, force: true });
  }
  await must('yarn', ['tsc'], { cwd: root, env });
  const problems = (await installPacked(env, tarballs))
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
async function pack(folder, env, name, tarballs) {
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
  if (tarballs) {
    mkdirSync(tarballs, { recursive: true });
    cpSync(join(cwd, tarball), join(tarballs, tarball));
  }
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

const token = 'only-on-loopback';

const main = `
const { createBackend } = require('@backstage/backend-defaults');
const backend = createBackend();
backend.add(require('@backstage/plugin-catalog-backend'));
backend.add(require('backstage-plugin-catalog-backend-module-eks-pod-identity'));
backend.add(require('@backstage/plugin-scaffolder-backend'));
backend.add(require('backstage-plugin-eks-pod-identity-backend'));
backend.add(require('@backstage/plugin-search-backend'));
backend.add(require('backstage-plugin-eks-pod-identity-backend/search'));
backend.add(require('backstage-plugin-scaffolder-backend-module-eks-pod-identity'));
async function ask(path) {
  const answer = await fetch(process.env.BASE_URL + path, {
    headers: { authorization: 'Bearer ${token}' },
  });
  if (!answer.ok) throw new Error(path + ' answered ' + answer.status + ': ' + await answer.text());
  return answer.json();
}
backend.start().then(async () => {
  const clusters = await ask('/api/eks-pod-identity/v1/clusters');
  const actions = await ask('/api/scaffolder/v2/actions');
  const docs = await ask('/api/eks-pod-identity/v1/docs/checks');
  const found = {
    clusters: clusters.items.map(({ id }) => id),
    docs: docs.markdown.split('\\n')[0],
    actions: actions.map(({ id }) => id).filter(id => id.startsWith('eks:')).sort(),
  };
  console.log('FOUND ' + JSON.stringify(found));
  await backend.stop();
  process.exit(0);
}).catch(error => {
  console.error(error);
  process.exit(1);
});
`;

const expected = {
  clusters: ['payments-prod'],
  docs: '# The checks',
  actions: ['associate', 'migrate', 'rollback', 'teardown', 'verify'].map(
    name => `eks:pod-identity:${name}`,
  ),
};

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

/** Starts a backend that resolves our packages to the packed ones, and asks it what it offers. */
async function startBackend(env) {
  const port = await freePort();
  writeJson(join(portal, 'package.json'), { name: 'portal', private: true });
  writeFileSync(join(portal, 'main.cjs'), main);
  const access = { type: 'static', options: { token, subject: 'test' } };
  const config = configOf(port, { externalAccess: [access] });
  writeJson(join(portal, 'app-config.yaml'), config);
  const { code, output } = await run(
    'node',
    ['main.cjs', '--config', 'app-config.yaml'],
    {
      cwd: portal,
      env: { ...env, BASE_URL: `http://127.0.0.1:${port}` },
      log: join(testOutput, 'packages-backend.log'),
      timeoutMs: 120_000,
    },
  );
  const found = /^FOUND (.*)$/m.exec(output)?.[1];
  return code === 0 && found === JSON.stringify(expected)
    ? undefined
    : `It offered ${found ?? 'nothing'} (code ${code}).\n${lastLines(
        output,
      ).join('\n')}`;
}

/** The program of the packed packages loads what it needs, and only from them: a wrong file name ends with 2. */
async function askProgram(env) {
  const program = join(
    portal,
    'node_modules/eks-pod-identity/bin/eks-pod-identity',
  );
  const asked = [
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['explain', 'role.trust-policy'], 0, /^role\.trust-policy: /],
    [['judge', 'none.json'], 2, /none\.json cannot be read/],
  ];
  for (const [args, expectedCode, words] of asked) {
    const { code, output } = await run('node', [program, ...args], {
      cwd: portal,
      env,
      log: join(testOutput, 'packages-program.log'),
      timeoutMs: 60_000,
    });
    if (code !== expectedCode || !words.test(output)) {
      return `eks-pod-identity ${args.join(
        ' ',
      )} ended with ${code}.\n${output}`;
    }
  }
  return undefined;
}
