import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../../../scripts/lib/paths.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';
import { median } from './lib/statistics.mjs';

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
figure('set-up with nothing to do, median of 7', median(times), 'ms');
