import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@changesets/config';
import { readChangesets } from '@changesets/read';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { workspaces } from './lib/workspaces.mjs';

/** What is said of each package outside its package.json: changesets and changelogs. Prints each problem as a line. */
await main(async () => {
  const all = workspaces();
  const published = all.filter(({ manifest }) => !manifest.private);
  const problems = [
    ...(await changesetProblems(published)),
    ...published.flatMap(changelogProblems),
  ];
  problems.forEach(problem => console.log(problem));
  return problems.length > 0 ? 1 : 0;
});

/** A changeset that names no published package is found here, not on the day of a release. */
async function changesetProblems(published) {
  const { errors = [] } = await readConfig(root);
  const problems = errors.map(error => `.changeset/config.json: ${error}`);
  const names = published.map(({ manifest }) => manifest.name);
  try {
    for (const { id, releases, summary } of await readChangesets(root)) {
      const say = problem => problems.push(`.changeset/${id}.md ${problem}`);
      releases
        .filter(({ name }) => !names.includes(name))
        .forEach(({ name }) => say(`names ${name}, which is not published.`));
      if (releases.length === 0) {
        say('names no package.');
      }
      if (summary === '') {
        say('does not say what changed.');
      }
    }
  } catch (error) {
    problems.push(`.changeset: ${error.message}`);
  }
  return problems;
}

/** A changelog that names the version which its package has, below a heading as Changesets writes it. */
function changelogProblems({ folder, manifest: { name, version } }) {
  const path = join(root, folder, 'CHANGELOG.md');
  if (!existsSync(path)) {
    return [`${folder} has no CHANGELOG.md.`];
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  return [`# ${name}`, `## ${version}`]
    .filter(heading => !lines.includes(heading))
    .map(heading => `${folder}/CHANGELOG.md has no heading "${heading}".`);
}
