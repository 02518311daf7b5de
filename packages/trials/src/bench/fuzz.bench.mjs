/**
 * The inputs of the fuzz test (plugins/scaffolder-backend-module-eks-pod-identity/src/fuzz.test.ts), 20 times as many
 * as `npm test` makes, and others each time: its very properties, on SQLite and on PostgreSQL.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { root } from '../../../../scripts/lib/paths.mjs';
import { main, Problem } from '../../../../scripts/lib/problem.mjs';
import { run } from '../../../../scripts/lib/run.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${randomInt(2 ** 31)}` },
    runs: { type: 'string' },
    path: { type: 'string' },
  },
});
/** SQLite and PostgreSQL. */
const DATABASES = 2;
const runs = values.runs ?? (values.path ? '1' : '10000');

await main(async () => {
  const started = performance.now();
  const { code, output } = await run(
    'backstage-cli',
    [
      'repo',
      'test',
      '--watchAll=false',
      '--ci',
      'scaffolder-backend-module-eks-pod-identity/src/fuzz.test',
    ],
    {
      cwd: root,
      env: {
        ...process.env,
        NODE_ENV: 'test',
        TZ: 'UTC',
        FORCE_COLOR: '0',
        EKS_POD_IDENTITY_FUZZ_SEED: values.seed,
        EKS_POD_IDENTITY_FUZZ_RUNS: runs,
        ...(values.path && { EKS_POD_IDENTITY_FUZZ_PATH: values.path }),
      },
      onLine: line => console.error(line),
    },
  );
  if (code !== 0) {
    throw new Problem(
      `The portal failed on an input of seed ${values.seed}.`,
      'Read which input above, and how to repeat it.',
    );
  }
  const databases = output.match(/^\| \w+ \| \d+ inputs \|/gm) ?? [];
  // The one database that is not found would be left out without a word
  figure('fuzz: inputs', Number(runs) * databases.length, 'inputs', {
    least: Number(runs) * DATABASES,
  });
  figure('fuzz: time', (performance.now() - started) / 1000, 's');
  return 0;
});
