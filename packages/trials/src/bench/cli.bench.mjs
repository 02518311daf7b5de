import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../../../scripts/lib/paths.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';
import { median } from './lib/statistics.mjs';

/** How long the built program takes to say its version: it must not load the engine for that. */
const GOAL_MS = 400;
const folder = join(root, 'packages/cli');

function run(command, args) {
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(stderr || stdout);
  }
}

run('backstage-cli', ['package', 'build']);
const times = [];
for (let i = 0; i < 7; i++) {
  const start = performance.now();
  run(process.execPath, ['bin/eks-pod-identity', '--version']);
  times.push(performance.now() - start);
}
figure('eks-pod-identity --version, median of 7', median(times), 'ms', {
  below: GOAL_MS,
});
