import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { root } from './lib/paths.mjs';
import { nodeWithTypeScript } from './lib/portal.mjs';

/** Runs the program eks-pod-identity from its source; the arguments are its own. */
const [node, ...args] = nodeWithTypeScript;
const { status } = spawnSync(
  node,
  [...args, join(root, 'scripts/cli/main.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
