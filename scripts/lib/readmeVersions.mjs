import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { published } from './workspaces.mjs';

/** What has the version of the program outside of Markdown: as the default of an input, or as that of the chart. */
const VERSIONED = [
  'deploy/github-action/action.yml',
  'deploy/gitlab/templates/verify.yml',
  'deploy/helm/Chart.yaml',
  'deploy/verify/helm/Chart.yaml',
];

/**
 * Where pages and files for adopters say which version of our packages to take: `name@^1.2.3`, or `name@1.2.3` exactly,
 * or `"name": "^1.2.3"`. Others say it as a field of YAML.
 */
function places() {
  const ours = published();
  const files = [
    'README.md',
    'docs/adopting.md',
    'docs/catalog.md',
    'docs/upgrading.md',
    'examples/check-module/package.json',
    ...ours.map(({ folder }) => join(folder, 'README.md')),
  ];
  const program = ours.find(one => one.manifest.name === 'eks-pod-identity');
  const { name: of, version: is } = program.manifest;
  return [
    ...VERSIONED.map(file => ({
      file,
      name: of,
      version: is,
      pattern: /(?<=\s(?:default|version|appVersion): )\d+\.\d+\.\d[\w.-]*/g,
    })),
    ...files.flatMap(file =>
      ours.map(({ manifest: { name, version } }) => ({
        file,
        name,
        version,
        pattern: new RegExp(
          `(?<=(?<![\\w-])${name}(?:@(?:npm:)?|": ")\\^?)\\d[\\w.-]+`,
          'g',
        ),
      })),
    ),
  ];
}

/** A sentence for each place that names another version than the package has. */
export function readmeVersionProblems() {
  return places().flatMap(({ file, name, version, pattern }) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(pattern)]
      .filter(([said]) => said !== version)
      .map(([said]) => `${file} names ${name} ${said}, not ${version}.`),
  );
}

/** Has each of them name the version that the package has. */
export function writeReadmeVersions() {
  for (const { file, name, version, pattern } of places()) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(pattern, version));
  }
}
