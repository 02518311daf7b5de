/** How long the built program takes to say its version: it must not load the engine for that. */
import { join } from 'node:path';
import { figure } from '../../../../scripts/lib/output.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { must } from '../../../../scripts/lib/registry.mjs';
import { medianOfRuns } from './lib/statistics.mjs';

const cwd = join(root, 'packages/cli');
await must('backstage-cli', ['package', 'build'], { cwd });
const program = join(cwd, 'bin/eks-pod-identity');
const ms = medianOfRuns(process.execPath, [program, '--version']);
figure('eks-pod-identity --version, median of 7', ms, 'ms', { below: 400 });
