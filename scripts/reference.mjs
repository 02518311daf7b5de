import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import { main } from './lib/problem.mjs';
import { setUp } from './lib/setup.mjs';
import { runTypeScript } from './lib/typescript.mjs';

/** Writes the pages of docs/ that are made from the code; with --check, only says which differ. */
await main(async () => {
  await setUp();
  return runTypeScript(
    join(root, 'scripts/reference/main.ts'),
    process.argv.slice(2),
  );
});
