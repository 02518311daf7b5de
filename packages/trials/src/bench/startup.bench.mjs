/**
 * What the backend plugin and the scaffolder module cost the start of a portal: the same portal with and without them,
 * alternating, each in a fresh process. The packages are built and packed as for a release, since a portal runs those;
 * the database is SQLite in memory.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../../scripts/lib/ports.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { lastLines, run } from '../../../../scripts/lib/run.mjs';
import { installPacked, portal } from '../../../../scripts/stages/packages.mjs';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { median, withSpread } from './lib/statistics.mjs';

const ROUNDS = 5;
const kinds = ['without', 'with'];

async function prepare() {
  const { code, output } = await run('yarn', ['tsc'], { env: process.env });
  if (code !== 0) {
    throw new Error(lastLines(output).join('\n'));
  }
  for (const { name, problem } of await installPacked(process.env)) {
    if (problem) {
      throw new Error(`${name}: ${problem}`);
    }
  }
}

async function writeConfig() {
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const file = join(portal, 'app-config.startup.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      app: { baseUrl },
      backend: {
        baseUrl,
        listen: { host: '127.0.0.1', port },
        database: { client: 'better-sqlite3', connection: ':memory:' },
      },
      auth: {
        providers: { guest: { dangerouslyAllowOutsideDevelopment: true } },
      },
      mcpActions: { name: 'portal' },
      eksPodIdentity: {
        clusters: [
          {
            name: 'payments-prod',
            region: 'eu-west-1',
            accountId: '111122223333',
          },
        ],
      },
    }),
  );
  return file;
}

/** Starts a portal and measures it. */
async function start(kind) {
  const config = await writeConfig();
  const startedAt = performance.now();
  const child = fork(
    join(root, 'packages/trials/src/bench/startup/portal.cjs'),
    [kind, '--config', config],
    {
      cwd: portal,
      execArgv: ['--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let said = '';
  const note = chunk => {
    said = `${said}${chunk}`.slice(-5_000);
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The portal ended.\n${said}`);
  });
  const message = () => Promise.race([once(child, 'message'), ended]);
  try {
    await message();
    const ms = performance.now() - startedAt;
    child.send('measure');
    const [measured] = await message();
    return { ms, ...measured };
  } finally {
    child.kill('SIGKILL');
    await ended.catch(() => undefined);
  }
}

await prepare();
const runs = { without: [], with: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const kind of kinds) {
    runs[kind].push(await start(kind));
  }
}

const MB = 1024 * 1024;
const measures = [
  ['start, ms', ({ ms }) => ms, 300],
  ['processor time of the start, ms', ({ processor }) => processor],
  ['memory (RSS) after the start, MB', ({ started }) => started.rss / MB, 60],
  ['heap after the start, MB', ({ started }) => started.heapUsed / MB],
];
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
