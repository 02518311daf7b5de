import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';
import { workspaces } from './workspaces.mjs';

const manifestOf = folder => join(folder, 'package.json');

/** Throws a `Problem` unless the folder is the root of a Backstage portal. */
export function assertPortal(folder) {
  const manifest =
    existsSync(manifestOf(folder)) &&
    JSON.parse(readFileSync(manifestOf(folder), 'utf8'));
  if (!manifest?.workspaces || !existsSync(join(folder, 'backstage.json'))) {
    throw new Problem(
      `${folder} is not the root of a Backstage portal.`,
      'Name the folder that holds its backstage.json and the package.json with its workspaces.',
    );
  }
}

/**
 * Has a portal take our packages from tarballs: they are copied to its `vendor/`, and its root says so. Tarballs of an
 * earlier version go.
 *
 * @param {string} tarballs - folder that holds one of each published package
 */
export function handOver(tarballs, portal) {
  const vendor = join(portal, 'vendor');
  mkdirSync(vendor, { recursive: true });
  const manifest = JSON.parse(readFileSync(manifestOf(portal), 'utf8'));
  for (const { name, version } of published()) {
    const file = `${name}-${version}.tgz`;
    const earlier = new RegExp(`^${name}-\\d+\\.\\d+\\.\\d+.*\\.tgz$`);
    for (const old of readdirSync(vendor).filter(one => earlier.test(one))) {
      rmSync(join(vendor, old));
    }
    cpSync(join(tarballs, file), join(vendor, file));
    manifest.resolutions = {
      ...manifest.resolutions,
      [name]: `file:./vendor/${file}`,
    };
  }
  writeFileSync(manifestOf(portal), `${JSON.stringify(manifest, null, 2)}\n`);
}

const published = () =>
  workspaces()
    .map(({ manifest }) => manifest)
    .filter(({ private: secret }) => !secret);
