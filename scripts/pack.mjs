import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';
import { installPacked } from './stages/packages.mjs';

const tarballs = join(root, '.cache/packed');

/** Makes a tarball of each published package, with versions instead of workspaces: npm, yarn and npx install them. */
await main(async () => {
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
  console.log(`The tarballs are in ${tarballs}.`);
  return packed.some(({ problem }) => problem) ? 1 : 0;
});
