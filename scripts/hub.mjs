import { globSync } from 'node:fs';
import { blocksBelow } from './lib/adopt/blocks.mjs';
import { figure } from './lib/output.mjs';
import { main } from './lib/problem.mjs';
import { must } from './lib/registry.mjs';
import { temporaryFolder } from './lib/run.mjs';

/** Whether Developer Hub's CLI exports the packages, by the commands of docs/developer-hub.md. */
await main(async () => {
  const copy = temporaryFolder('hub-', false);
  const files = `git archive HEAD | tar x -C ${copy}; cp -a node_modules ${copy}`;
  const [{ text }] = blocksBelow('docs/developer-hub.md', 'Export');
  const all = `${files}; cd ${copy}; yarn tsc\n${text}`;
  await must('bash', ['-euo', 'pipefail', '-c', all]);
  const made = globSync('plugins/*/dist-dynamic/package.json', { cwd: copy });
  figure('exported for Developer Hub', made.length, 'packages', { least: 4 });
});
