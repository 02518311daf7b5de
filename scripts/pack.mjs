import { join, relative, resolve } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
import { assertPortal, handOver } from './lib/packed.mjs';
import { setUp } from './lib/setup.mjs';
import { packAll } from './stages/packages.mjs';

const help = `yarn pack:all [--portal FOLDER]

Makes a tarball of each published package in .cache/packed, with versions instead of workspaces: npm, yarn and npx
install them. It takes about two minutes.

  --portal FOLDER   also copy them to vendor/ of this Backstage portal, and name them under "resolutions" of its
                    package.json: then "yarn add" there takes the packages from these files, until they are on npm`;

const tarballs = join(root, '.cache/packed');

const options = { portal: { type: 'string' } };

await command('yarn pack:all', help, { options }, async given => {
  // Where it was called: yarn starts scripts in the folder of their package.json
  const portal =
    given.portal &&
    resolve(process.env.INIT_CWD ?? process.cwd(), given.portal);
  if (portal) {
    assertPortal(portal);
  }
  await setUp();
  await packAll(onToolchain(), tarballs);
  console.log(`The tarballs are in ${relative(process.cwd(), tarballs)}.`);
  if (portal) {
    handOver(tarballs, portal);
    console.log(`${portal} takes them from its folder vendor/: commit it.`);
  }
});
