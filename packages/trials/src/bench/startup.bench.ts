/**
 * What the backend plugin and the scaffolder module cost the start of a portal: the same portal with and without them,
 * alternating, each in a fresh process. The packages are built and packed as for a release, since a portal runs those;
 * the database is SQLite in memory.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../../scripts/lib/ports.mjs';
import {
  configOf,
  packAll,
  portal,
} from '../../../../scripts/stages/packages.mjs';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { benchmark } from './lib/benchmark';
import { ask, child } from './lib/child';
import { median, withSpread } from './lib/statistics.mjs';

const ROUNDS = 5;
const kinds = ['without', 'with'];

async function writeConfig() {
  const file = join(portal, 'app-config.startup.yaml');
  const config = {
    ...configOf(await freePort()),
    auth: {
      providers: { guest: { dangerouslyAllowOutsideDevelopment: true } },
    },
    mcpActions: { name: 'portal' },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

interface Measured {
  ms: number;
  processor: number;
  started: NodeJS.MemoryUsage;
  used: NodeJS.MemoryUsage;
  firstUseMs: number;
}

/** Starts a portal and measures it. */
async function start(kind: string): Promise<Measured> {
  const config = await writeConfig();
  const startedAt = performance.now();
  const started = child(
    'startup/portal.cjs',
    { LOG_LEVEL: 'warn' },
    [kind, '--config', config],
    { cwd: portal, execArgv: ['--expose-gc'] },
  );
  try {
    await ask(started, { start: true });
    const ms = performance.now() - startedAt;
    return { ms, ...(await ask<Omit<Measured, 'ms'>>(started, {})) };
  } finally {
    started.kill('SIGKILL');
  }
}

const MB = 1024 * 1024;
const measures = [
  ['start, ms', ({ ms }: Measured) => ms, 300],
  ['processor time of the start, ms', ({ processor }: Measured) => processor],
  [
    'memory (RSS) after the start, MB',
    ({ started }: Measured) => started.rss / MB,
    60,
  ],
  [
    'heap after the start, MB',
    ({ started }: Measured) => started.heapUsed / MB,
  ],
] as const;

benchmark(async () => {
  await packAll(process.env);
  const runs: Record<string, Measured[]> = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of kinds) {
      runs[kind].push(await start(kind));
    }
  }
  const rows = measures.map(([name, valueOf, most]) => {
    const [without, having] = kinds.map(kind => runs[kind].map(valueOf));
    const cost = median(having) - median(without);
    const [what, unit] = name.split(', ');
    const goal = most && { below: most };
    figure(`startup: cost of the plugins, ${what}`, cost, unit, goal);
    return [
      name,
      withSpread(without, 0),
      withSpread(having, 0),
      cost.toFixed(0),
      most ? `less than ${most}` : '',
    ];
  });
  const firstUse = runs.with.map(({ firstUseMs }) => firstUseMs);
  const firstUseMb = runs.with.map(
    ({ started, used }) => (used.rss - started.rss) / MB,
  );
  figure('startup: first use', median(firstUse), 'ms');
  section('startup', [
    table(['', 'without', 'with', 'cost of the plugins', 'goal'], rows),
    `Medians of ${ROUNDS} starts each, alternating, of the packed packages. The first call to AWS and Kubernetes then loads their clients: ${withSpread(
      firstUse,
      0,
    )} ms and ${withSpread(firstUseMb, 0)} MB, once per process.`,
  ]);
});
