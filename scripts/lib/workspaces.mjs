import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readJson } from './json.mjs';
import { root } from './paths.mjs';

/** The workspaces that are published. */
export const published = () =>
  workspaces().filter(({ manifest }) => !manifest.private);

/** Every workspace of the repository: its folder relative to the root, and its package.json. */
export function workspaces() {
  const found = [];
  for (const group of ['packages', 'plugins']) {
    const folder = join(root, group);
    for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
      const manifest = join(folder, name, 'package.json');
      if (existsSync(manifest)) {
        found.push({
          folder: `${group}/${name}`,
          manifest: readJson(manifest),
        });
      }
    }
  }
  return found;
}

/** A workspace and all workspaces that it depends on, directly or through others. */
export function workspaceClosure(name) {
  const byName = new Map(workspaces().map(w => [w.manifest.name, w]));
  const closure = new Map();
  const visit = wanted => {
    const workspace = byName.get(wanted);
    if (workspace && !closure.has(wanted)) {
      closure.set(wanted, workspace);
      Object.keys(workspace.manifest.dependencies ?? {}).forEach(visit);
    }
  };
  visit(name);
  return [...closure.values()];
}

/** Versions per package name, as yarn.lock resolves them. */
export function lockedVersions() {
  const versions = new Map();
  const lock = readFileSync(join(root, 'yarn.lock'), 'utf8');
  for (const [, name, version] of lock.matchAll(
    /^ {2}resolution: "(@?[^@"]+)@npm:([^"]+)"$/gm,
  )) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

/** Files below a folder, relative to the root, sorted; folders that hold no source are left out. */
export function filesBelow(folder) {
  const start = join(root, folder);
  if (!existsSync(start)) {
    return [];
  }
  return readdirSync(start, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = relative(root, join(start, entry.name));
      if (!entry.isDirectory()) {
        return [path];
      }
      return noSource.has(entry.name) ? [] : filesBelow(path);
    });
}

/** Files of all workspaces whose path fits. */
export const filesLike = pattern =>
  ['packages', 'plugins']
    .flatMap(filesBelow)
    .filter(file => pattern.test(file));

const noSource = new Set([
  'node_modules',
  'dist',
  'dist-types',
  'coverage',
  '.git',
]);
