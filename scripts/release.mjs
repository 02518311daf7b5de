import { join } from 'node:path';
import { forNpm, onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { tarballs, tarballsOf } from './lib/packed.mjs';
import { Problem } from './lib/problem.mjs';
import { fetchProblem, must } from './lib/registry.mjs';
import { repositoryFields } from './lib/repository.mjs';
import { lastLines, run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { packAll } from './stages/packages.mjs';

const help = `yarn release [--dry-run | --registry URL] [--packed]

Packs each published package and publishes to npm those whose version is not there yet, the ones that others need first,
with the provenance of the workflow that runs this (.github/workflows/release.yml).

  --dry-run       have npm say what it would publish
  --registry URL  publish to this registry, such as one of your company, with the keys in your .npmrc, and without
                  provenance, which npm's own signs
  --packed        take the tarballs that "npm run pack:all" has left in .cache/packed`;

const options = {
  'dry-run': { type: 'boolean' },
  registry: { type: 'string' },
  packed: { type: 'boolean' },
};

await command('yarn release', help, { options }, async given => {
  const { registry, 'dry-run': dry } = given;
  if (registry === '') {
    throw new Problem('--registry is empty: give the address of a registry.');
  }
  if (!dry && !registry) {
    assertRepository();
  }
  await setUp();
  if (!given.packed) {
    await packAll(onToolchain());
  }
  const where = registry ? ['--registry', registry] : [];
  const signed = registry ? [] : ['--provenance'];
  for (const { name, version, file } of tarballsOf()) {
    if (await isPublished(name, version, where)) {
      console.log(`${name} ${version} is there already.`);
    } else {
      const how = [...where, ...(dry ? ['--dry-run'] : signed)];
      await must(
        'npm',
        ['publish', join(tarballs, file), '--access', 'public', ...how],
        { env: forNpm(process.env) },
      );
      // The action of changesets makes a release of each such line
      console.log(
        dry
          ? `${name} ${version} would be published.`
          : `New tag: ${name}@${version}`,
      );
    }
  }
});

/** npm compares it with where the workflow runs, and refuses the provenance otherwise. */
function assertRepository() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  const here = name && `git+${server}/${name}.git`;
  const said = repositoryFields('.')?.repository.url;
  if (!said || (here && said !== here)) {
    throw new Problem(
      `The repository in package.json is ${said ?? 'not set'}${
        here ? `, but this runs in ${here}` : ''
      }.`,
      'Set "repository" there, run "yarn fix", and commit both.',
    );
  }
}

async function isPublished(name, version, where) {
  const { code, output } = await run(
    'npm',
    ['view', `${name}@${version}`, 'version', ...where],
    { env: forNpm(process.env) },
  );
  if (code !== 0 && !/E404/.test(output)) {
    throw fetchProblem(name, output, lastLines(output), [
      `npm does not say whether ${name} ${version} is there.`,
      'Read its last lines below.',
    ]);
  }
  // Nothing at all is said of a version that a package does not have
  return code === 0 && output.trim() !== '';
}
