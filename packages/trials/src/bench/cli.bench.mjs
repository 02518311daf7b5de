/**
 * The program as adopters get it, as the package of a release and as one file: how large it is, of how many packages, and
 * how long it takes to say its version, for which it must not load the engine.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../../../../scripts/lib/json.mjs';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { root, testOutput } from '../../../../scripts/lib/paths.mjs';
import { must } from '../../../../scripts/lib/registry.mjs';
import { packAll, portal } from '../../../../scripts/stages/packages.mjs';
import { median, sum, timesOfRuns, withSpread } from './lib/statistics.mjs';

const GOALS = { MB: 60, ms: 100 };
await packAll(process.env);
const packed = join(portal, 'node_modules/eks-pod-identity');
const single = join(testOutput, 'single');
const bundle = join(root, 'packages/cli/bundle/bundle.mjs');
await must('node', [bundle, '--single', single]);

// Of a package that needs others, npm would install more than it names
const { dependencies = {} } = readJson(join(packed, 'package.json'));
const packages = 1 + Object.keys(dependencies).length;
figure('eks-pod-identity: packages', packages, '', { most: 1 });
const rows = [
  ['package', packed, 'bin/eks-pod-identity', packages],
  ['one file', single, 'eks-pod-identity', 'none'],
].map(([what, folder, program, count]) => {
  const sizes = readdirSync(folder, { recursive: true })
    .map(name => statSync(join(folder, name)))
    .map(one => (one.isFile() ? one.size / 1e6 : 0));
  const times = timesOfRuns('node', [join(folder, program), '--version']);
  const name = `eks-pod-identity, ${what}`;
  figure(`${name}: size`, sum(sizes), 'MB', { below: GOALS.MB });
  figure(`${name}: --version`, median(times), 'ms', { below: GOALS.ms });
  return [what, sum(sizes).toFixed(1), count, withSpread(times, 0)];
});
section('cli', [
  table(
    ['', 'size, MB', 'packages', '--version, ms'],
    [['before it was bundled', 168, 136, '40–110'], ...rows],
  ),
  `The goals are less than ${GOALS.MB} MB, one package and less than ${GOALS.ms} ms. Medians of seven runs.`,
]);
