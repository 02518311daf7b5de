import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../lib/paths.mjs';

/** How long a set-up with nothing to do takes: every start and every test run waits for it. */
const times = [];
for (let i = 0; i < 7; i++) {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/setup.mjs')],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(stderr);
  }
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    name: 'set-up with nothing to do, median of 7',
    value: Math.round(times[3]),
    unit: 'ms',
  }),
);
