import { resolve } from 'node:path';
import { main } from './lib/problem.mjs';
import { setUp } from './lib/setup.mjs';
import { runTypeScript } from './lib/typescript.mjs';

/** Runs a TypeScript file of this repository with its arguments: "node scripts/typescript.mjs FILE [ARGUMENT…]". */
await main(async () => {
  await setUp();
  const [file, ...args] = process.argv.slice(2);
  return runTypeScript(resolve(file), args);
});
