/** Whether the program of Red Hat Developer Hub exports the packages, by the commands of docs/developer-hub.md. */
import { globSync } from 'node:fs';
import { blocksBelow } from '../../../../scripts/lib/adopt/blocks.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { must } from '../../../../scripts/lib/registry.mjs';
import { endAll, temporaryFolder } from '../../../../scripts/lib/run.mjs';

const copy = temporaryFolder('hub-', false);
const files = `git archive HEAD | tar x -C ${copy}; cp -a node_modules ${copy}`;
await must('bash', ['-euo', 'pipefail', '-c', files], { cwd: root });
const [{ text }] = blocksBelow('docs/developer-hub.md', 'Export');
await must('bash', ['-euc', `yarn tsc\n${text}`], { cwd: copy });
const made = globSync('plugins/*/dist-dynamic/package.json', { cwd: copy });
figure('exported for Developer Hub', made.length, 'packages', { least: 4 });
await endAll();
