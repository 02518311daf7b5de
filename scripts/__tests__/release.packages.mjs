import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { tarballs, tarballsOf } from '../lib/packed.mjs';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { temporaryFolder } from './helpers.mjs';
import { npmRegistry } from './npmRegistry.mjs';

// The stage "packages" runs this, once it has packed what is released.

const token = 'only-on-loopback';
const ours = tarballsOf();
const names = ours.map(({ name, version }) => `${name}@${version}`);
const text = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
const { publish } = parse(text).jobs.release.steps.find(({ uses }) =>
  uses?.startsWith('changesets/action@'),
).with;

/** A registry, and a shell whose npm has its keys, as the workflow has those of npm. */
async function world() {
  const registry = await npmRegistry(
    token,
    ours.map(({ name }) => name),
  );
  const folder = temporaryFolder();
  const userconfig = join(folder, 'npmrc');
  const { host } = new URL(registry.url);
  writeFileSync(userconfig, `//${host}/:_authToken=${token}\n`);
  const env = {
    ...process.env,
    NO_PROXY: '127.0.0.1',
    npm_config_userconfig: userconfig,
    npm_config_cache: join(folder, 'cache'),
  };
  const shell = (command, cwd = root) =>
    run('bash', ['-euc', command], { cwd, env });
  return { registry, folder, shell };
}

test('@night A release that broke off is finished by the next, each package after those that it needs, and then the program installs', async () => {
  const { registry, folder, shell } = await world();
  const release = async () => {
    const command = `${publish} --packed --registry ${registry.url}`;
    const { code, output } = await shell(command);
    const tags = [...output.matchAll(/^New tag: (.+)$/gm)].map(
      ([, tag]) => tag,
    );
    return { code, output, tags };
  };
  const [refused] = names[5].split('@');
  registry.refuse = refused;
  const first = await release();
  assert.equal(first.code, 1, first.output);
  assert.match(first.output, new RegExp(`${refused}.*failed`));
  assert.deepEqual(first.tags, names.slice(0, 5));
  registry.refuse = undefined;
  const second = await release();
  assert.deepEqual(second.tags, names.slice(5), second.output);
  assert.deepEqual(registry.published, names);
  const third = await release();
  assert.deepEqual([third.code, third.tags], [0, []], third.output);
  for (const { name, file } of ours) {
    assert.deepEqual(
      registry.tarball(name, file),
      readFileSync(join(tarballs, file)),
    );
  }

  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const installed = await shell(
    `npm install --registry ${registry.url} eks-pod-identity
node_modules/.bin/eks-pod-identity --version`,
    empty,
  );
  const [, version] = names
    .find(name => name.startsWith('eks-pod-identity@'))
    .split('@');
  assert.equal(installed.stdout.trim().split('\n').at(-1), version);
});

test('Without the keys of the registry nothing is published', async () => {
  const { registry, folder, shell } = await world();
  writeFileSync(join(folder, 'npmrc'), '');
  const { code, output } = await shell(
    `${publish} --packed --registry ${registry.url}`,
  );
  assert.equal(code, 1);
  assert.match(output, /ENEEDAUTH|E401/);
  assert.deepEqual(registry.published, []);
});

test('npm gets nothing of a repository that package.json does not name', async () => {
  const { registry, shell } = await world();
  const { code, output } = await shell(
    `export npm_config_registry=${registry.url} GITHUB_SERVER_URL=https://git.example.com GITHUB_REPOSITORY=team/fork
${publish} --packed`,
  );
  assert.equal(code, 1);
  assert.match(
    output,
    /this runs in git\+https:\/\/git\.example\.com\/team\/fork\.git/,
  );
  assert.deepEqual(registry.published, []);
});
