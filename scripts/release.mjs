import { join } from 'node:path';
import { forNpm, onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { tarballsOf } from './lib/packed.mjs';
import { root } from './lib/paths.mjs';
import { Problem } from './lib/problem.mjs';
import { fetchProblem, must } from './lib/registry.mjs';
import { repositoryFields } from './lib/repository.mjs';
import { lastLines, run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { packAll } from './stages/packages.mjs';

const help = `yarn release [--dry-run]

Packs each published package and publishes to npm those whose version is not there yet, the ones that others need first,
with the provenance of the workflow that runs this (.github/workflows/release.yml).

  --dry-run   have npm say what it would publish`;

const tarballs = join(root, '.cache/packed');

const options = { 'dry-run': { type: 'boolean', default: false } };

await command('yarn release', help, { options }, async given => {
  const dry = given['dry-run'];
  if (!dry) {
    assertRepository();
  }
  await setUp();
  await packAll(onToolchain(), tarballs);
  for (const { name, version, file } of tarballsOf()) {
    if (await isPublished(name, version)) {
      console.log(`${name} ${version} is on npm already.`);
    } else {
      await must(
        'npm',
        [
          'publish',
          join(tarballs, file),
          '--access',
          'public',
          ...(dry ? ['--dry-run'] : ['--provenance']),
        ],
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

async function isPublished(name, version) {
  const { code, output } = await run(
    'npm',
    ['view', `${name}@${version}`, 'version'],
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
