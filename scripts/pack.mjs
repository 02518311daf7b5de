import { relative, resolve } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { assertPortal, handOver, tarballs } from './lib/packed.mjs';
import { setUp } from './lib/setup.mjs';
import { packAll } from './stages/packages.mjs';

const help = `npm run pack:all -- [--portal FOLDER [NAME…]]

Makes a tarball of each published package in .cache/packed, with versions instead of workspaces: npm, yarn and npx
install them. It takes about two minutes.

  --portal FOLDER   also copy those that docs/adopting.md adds, and those with these names, to vendor/ of this
                    Backstage portal, and name them under "resolutions" of its package.json: then "yarn add" there
                    takes the packages from these files, until they are on npm`;

const takes = { options: { portal: { type: 'string' } }, words: true };

await command('npm run pack:all --', help, takes, async given => {
  // Where it was called: yarn starts scripts in the folder of their package.json
  const portal =
    given.portal &&
    resolve(process.env.INIT_CWD ?? process.cwd(), given.portal);
  if (portal) {
    assertPortal(portal, given.names);
  }
  await setUp();
  await packAll(onToolchain());
  console.log(`The tarballs are in ${relative(process.cwd(), tarballs)}.`);
  if (portal) {
    handOver(portal, given.names);
    console.log(`${portal} takes them from its folder vendor/: commit it.`);
  }
});
