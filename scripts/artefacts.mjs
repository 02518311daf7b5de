import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { setUp } from './lib/setup.mjs';
import { runTypeScript } from './lib/typescript.mjs';

/** Writes the artefacts of deploy/ that are made from the engine's rights; with --check, only says which differ. */
await main(async () => {
  await setUp();
  return runTypeScript(
    join(root, 'scripts/artefacts/main.ts'),
    process.argv.slice(2),
  );
});
