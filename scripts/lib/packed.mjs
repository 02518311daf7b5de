import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { blocksToAdd } from './adopt/sections.mjs';
import { changeJson, readJson } from './json.mjs';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { published, workspaceClosure } from './workspaces.mjs';

/** Folder with one of each published package, as `pack:all` and the tests leave it. */
export const tarballs = join(root, '.cache/packed');

const manifestOf = folder => join(folder, 'package.json');

/** Throws a `Problem` unless the folder is the root of a Backstage portal, and the names are those of our packages. */
export function assertPortal(folder, names = []) {
  const ours = published().map(({ manifest }) => manifest.name);
  const unknown = names.find(name => !ours.includes(name));
  if (unknown) {
    throw new Problem(
      `No package of the suite is called ${unknown}.`,
      `Name it in full: ${ours.join(', ')}.`,
    );
  }
  const manifest =
    existsSync(manifestOf(folder)) && readJson(manifestOf(folder));
  if (!manifest?.workspaces || !existsSync(join(folder, 'backstage.json'))) {
    throw new Problem(
      `${folder} is not the root of a Backstage portal.`,
      'Name the folder that holds its backstage.json and the package.json with its workspaces.',
    );
  }
}

/**
 * Has a portal take the packages that docs/adopting.md adds, and those that they need, from tarballs: they are copied to
 * its `vendor/`, and its root says so. Tarballs of an earlier version go.
 *
 * @param {string[]} [more] - names of packages that it takes too, beside those that it has taken before
 * @param {string} [from] - folder of the tarballs
 */
export function handOver(portal, more = [], from = tarballs) {
  const page = blocksToAdd({}).map(({ text }) => text);
  const added = page.join().match(/backstage-plugin-[\w-]+(?=@)/g);
  const had = Object.keys(readJson(manifestOf(portal)).resolutions ?? {});
  const needed = [...added, ...more, ...had].flatMap(workspaceClosure);
  const vendor = join(portal, 'vendor');
  mkdirSync(vendor, { recursive: true });
  const resolutions = {};
  for (const { name, file } of tarballsOf()) {
    if (!needed.some(({ manifest }) => manifest.name === name)) continue;
    const earlier = new RegExp(`^${name}-\\d+\\.\\d+\\.\\d+.*\\.tgz$`);
    for (const old of readdirSync(vendor).filter(one => earlier.test(one))) {
      rmSync(join(vendor, old));
    }
    cpSync(join(from, file), join(vendor, file));
    resolutions[name] = `file:./vendor/${file}`;
  }
  changeJson(manifestOf(portal), manifest => {
    manifest.resolutions = { ...manifest.resolutions, ...resolutions };
  });
}

/** The packed packages, each after those that it needs: what is there of a half-finished release can be installed. */
export function tarballsOf() {
  const open = published().map(({ manifest }) => manifest);
  const sorted = [];
  while (open.length > 0) {
    const next = open.findIndex(({ dependencies = {} }) =>
      open.every(({ name }) => !(name in dependencies)),
    );
    sorted.push(...open.splice(next, 1));
  }
  return sorted.map(({ name, version }) => ({
    name,
    version,
    file: `${name}-${version}.tgz`,
  }));
}
