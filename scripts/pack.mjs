import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { readOptions } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
import { assertPortal, handOver } from './lib/packed.mjs';
import { main } from './lib/problem.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { installPacked } from './stages/packages.mjs';

const help = `yarn pack:all [--portal FOLDER]

Makes a tarball of each published package in .cache/packed, with versions instead of workspaces: npm, yarn and npx
install them. It takes about two minutes.

  --portal FOLDER   also copy them to vendor/ of this Backstage portal, and name them under "resolutions" of its
                    package.json: then "yarn add" there takes the packages from these files, until they are on npm`;

const tarballs = join(root, '.cache/packed');

await main(async () => {
  const options = readOptions('yarn pack:all', help, {
    portal: { type: 'string' },
  });
  if (!options) {
    return 0;
  }
  // Where it was called: yarn starts scripts in the folder of their package.json
  const portal =
    options.portal &&
    resolve(process.env.INIT_CWD ?? process.cwd(), options.portal);
  if (portal) {
    assertPortal(portal);
  }
  await setUp();
  const env = onToolchain();
  rmSync(tarballs, { recursive: true, force: true });
  const { code, output } = await run('yarn', ['tsc'], { cwd: root, env });
  if (code !== 0) {
    console.log(output);
    return 1;
  }
  const packed = await installPacked(env, tarballs);
  for (const { name, problem } of packed) {
    console.log(problem ? `${name}: ${problem}` : name);
  }
  if (packed.some(({ problem }) => problem)) {
    return 1;
  }
  console.log(`The tarballs are in ${relative(process.cwd(), tarballs)}.`);
  if (portal) {
    handOver(tarballs, portal);
    console.log(`${portal} takes them from its folder vendor/: commit it.`);
  }
  return 0;
});
