import { join } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { root } from './lib/paths.mjs';
import { nodeWithTypeScript } from './lib/portal.mjs';
import { main } from './lib/problem.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

/** Writes the artefacts of deploy/ that are made from the engine's rights; with --check, only says which differ. */
await main(async () => {
  await setUp();
  const [node, ...args] = nodeWithTypeScript;
  const { code } = await run(
    node,
    [
      ...args,
      join(root, 'scripts/artefacts/main.ts'),
      ...process.argv.slice(2),
    ],
    { env: onToolchain(), onLine: line => console.log(line) },
  );
  return code;
});
