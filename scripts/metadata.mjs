import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readConfig } from '@changesets/config';
import { readChangesets } from '@changesets/read';
import { parse } from 'yaml';
import { linkProblems } from './lib/links.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { readmeVersionProblems } from './lib/readmeVersions.mjs';
import { repositoryFields } from './lib/repository.mjs';
import { runTypeScript } from './lib/typescript.mjs';
import { wallTimeProblems } from './lib/wallTime.mjs';
import { wordProblems } from './lib/words.mjs';
import { filesBelow, published, workspaces } from './lib/workspaces.mjs';

/** The group that owns every package, in the catalog of those who work on them. */
const OWNER = 'maintainers';

/** Budgets of lines, without tests. The README of the sandbox and docs/development.md state them. */
const BUDGETS = [
  { folders: ['packages/sandbox'], sources: /\.tsx?$/, most: 45_000 },
  {
    folders: ['scripts', 'packages/trials'],
    sources: /\.(ts|mjs|cjs)$/,
    most: 12_000,
  },
];

/** What is said of packages outside their package.json, what tests say of time, and words. Prints a line for each problem. */
await main(async () => {
  const problems = [
    ...(await changesetProblems()),
    ...published().flatMap(changelogProblems),
    ...workspaces().flatMap(catalogProblems),
    ...readmeVersionProblems(),
    ...published().flatMap(repositoryProblems),
    ...linkProblems(),
    ...wallTimeProblems(),
    ...wordProblems(),
    ...BUDGETS.flatMap(budgetProblems),
  ];
  problems.forEach(problem => console.log(problem));
  const pages = join(root, 'scripts/reference/main.ts');
  const differ = await runTypeScript(pages, ['--check']);
  return problems.length > 0 ? 1 : differ;
});

function budgetProblems({ folders, sources, most }) {
  const lines = folders
    .flatMap(filesBelow)
    .filter(file => sources.test(file) && !/__tests__|\.test\./.test(file))
    .map(file => readFileSync(join(root, file), 'utf8').split('\n').length - 1)
    .reduce((sum, count) => sum + count, 0);
  const where = folders.join(' and ');
  return lines > most ? [`${where}: ${lines} lines, at most ${most}.`] : [];
}

/** A changeset that names no published package is found here, not on the day of a release. */
async function changesetProblems() {
  const { errors = [] } = await readConfig(root);
  const problems = errors.map(error => `.changeset/config.json: ${error}`);
  const names = published().map(({ manifest }) => manifest.name);
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

/** A component of the catalog, with the name and type that `backstage-repo-tools generate-catalog-info` gives it. */
function catalogProblems({ folder, manifest }) {
  const file = `${folder}/catalog-info.yaml`;
  if (!existsSync(join(root, file))) {
    return [`${folder} has no catalog-info.yaml.`];
  }
  const { kind, metadata, spec } = parse(
    readFileSync(join(root, file), 'utf8'),
  );
  const fields = [
    ['kind', kind, 'Component'],
    ['metadata.name', metadata?.name, manifest.name],
    ['metadata.title', metadata?.title, manifest.name],
    ['metadata.description', metadata?.description, manifest.description],
    ['spec.type', spec?.type, `backstage-${manifest.backstage.role}`],
    ['spec.owner', spec?.owner, OWNER],
  ];
  return fields
    .filter(([, found, expected]) => found !== expected)
    .map(
      ([name, found, expected]) =>
        `${file}: ${name} is ${found}, expected ${expected}.`,
    );
}

/** What a package says of where its source lies is what the root says, or nothing as long as the root says nothing. */
function repositoryProblems({ folder, manifest }) {
  const fields = repositoryFields(folder) ?? {};
  return ['repository', 'homepage', 'bugs']
    .filter(key => manifest[key] !== undefined)
    .filter(key => !isDeepStrictEqual(manifest[key], fields[key]))
    .map(
      key =>
        `${folder}/package.json: ${key} is not what the repository of the root's package.json gives.`,
    );
}
