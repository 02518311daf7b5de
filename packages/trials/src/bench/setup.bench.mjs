/** How long a setup with nothing to do takes: every start and every test run waits for it. */
import { join } from 'node:path';
import { figure } from '../../../../scripts/lib/output.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { median, timesOfRuns } from './lib/statistics.mjs';

const times = timesOfRuns(process.execPath, [join(root, 'scripts/setup.mjs')]);
figure('setup with nothing to do', median(times), 'ms', { below: 2_000 });
