import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { readOptions } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { main, Problem } from './lib/problem.mjs';
import { formatSeconds } from './lib/progress.mjs';
import { endGroup, onEnd, run } from './lib/run.mjs';

const help = `scripts/fresh-clone [--keep] [--start-only]

Clones the committed state to a temporary folder and runs "npm test" and "npm start" there, twice each, as on a machine
that has only Node.js 20, npm and the base system: an empty environment and an empty home. What is committed counts,
not what lies in this folder.

  --keep         leave the clone where it is and say where
  --start-only   only "npm start"
  --node PATH    the Node.js 20 to use; default: the first one on PATH

It takes about as long as two test runs and one installation.`;

await main(async () => {
  const values = readOptions('scripts/fresh-clone', help, {
    keep: { type: 'boolean' },
    'start-only': { type: 'boolean' },
    node: { type: 'string' },
  });
  if (!values) {
    return 0;
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fresh-clone-')));
  const cleanUp = () =>
    values.keep ? console.log(`Kept: ${folder}`) : run('rm', ['-rf', folder]);
  const forget = onEnd(cleanUp);
  try {
    await prove(folder, values);
  } finally {
    forget();
    await cleanUp();
  }
  return 0;
});

async function prove(folder, options) {
  const env = await bareEnvironment(folder, options.node);
  const clone = join(folder, 'clone');
  await must(['git', 'clone', '--quiet', root, clone], process.env);
  const times = [];
  const timed = async (name, work) => {
    console.log(`\n=== ${name}`);
    const start = performance.now();
    await work();
    times.push([name, (performance.now() - start) / 1000]);
  };
  const test = noSetUp => () => npmTest(clone, env, noSetUp);
  const start = noSetUp => () => npmStart(clone, env, noSetUp);
  if (options['start-only']) {
    await timed('npm start, first time', start(false));
  } else {
    await timed('npm test, first time', test(false));
    await timed('npm start, first time after npm test', start(true));
    await timed('npm test, again', test(true));
  }
  await timed('npm start, again', start(true));
  console.log('\nFrom a fresh clone');
  for (const [name, seconds] of times) {
    console.log(`  ${name.padEnd(40)}${formatSeconds(seconds).padStart(14)}`);
  }
}

/**
 * Nothing of this shell's environment, a PATH of Node.js 20, npm and the base system, an empty home. Only how the
 * machine reaches its registry stays: it is part of the machine.
 */
async function bareEnvironment(folder, chosen) {
  const { node, npm } = await findNode20(chosen);
  const bin = join(folder, 'bin');
  const home = join(folder, 'home');
  mkdirSync(bin);
  mkdirSync(home);
  symlinkSync(node, join(bin, 'node'));
  symlinkSync(npm, join(bin, 'npm'));
  const env = {
    PATH: [bin, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter),
    HOME: home,
    TMPDIR: tmpdir(),
    LANG: 'C.UTF-8',
  };
  for (const name of [
    'NODE_EXTRA_CA_CERTS',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'CI',
  ]) {
    if (process.env[name]) {
      env[name] = process.env[name];
    }
  }
  return env;
}

async function findNode20(chosen) {
  const candidates = chosen
    ? [chosen]
    : process.env.PATH.split(delimiter).map(folder => join(folder, 'node'));
  for (const node of candidates) {
    const { stdout } = await run(node, ['--version']);
    const npm = join(dirname(node), 'npm');
    if (/^v20\./.test(stdout) && existsSync(npm)) {
      console.log(`Node.js ${stdout.trim()} (${node})`);
      return { node, npm: realpathSync(npm) };
    }
  }
  throw new Problem(
    'No Node.js 20 with npm beside it was found on PATH.',
    'Name one: scripts/fresh-clone --node /path/to/node.',
  );
}

async function npmTest(clone, env, noSetUp) {
  const lines = [];
  const code = await follow(['npm', 'test'], clone, env, line => {
    lines.push(line);
  }).ended;
  const closing = lines.filter(Boolean).pop();
  if (code !== 0 || !/^\d+ passed, 0 failed(, \d+ skipped)?$/.test(closing)) {
    throw new Problem(
      `"npm test" did not pass in a fresh clone (exit code ${code}, last line "${closing}").`,
      'Read its output above; with --keep the clone and its logs stay.',
    );
  }
  assertSetUp(lines, noSetUp);
}

async function npmStart(clone, env, noSetUp) {
  const port = await freePort();
  const lines = [];
  let ready;
  const isReady = new Promise(resolve => {
    ready = resolve;
  });
  const started = follow(
    ['npm', 'start', '--', '--port', String(port)],
    clone,
    env,
    line => {
      lines.push(line);
      if (line.includes('The portal is ready')) {
        ready(true);
      }
    },
  );
  try {
    if (!(await Promise.race([isReady, started.ended.then(() => false)]))) {
      throw new Problem(
        '"npm start" ended before the portal was ready.',
        'Read its output above.',
      );
    }
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const page = await response.text();
    if (!response.ok || !/<div id="root"/.test(page)) {
      throw new Problem(
        `The portal answers ${response.status} and not its page.`,
        'Read .sandbox/portal.log in the clone (--keep).',
      );
    }
    assertSetUp(lines, noSetUp);
  } finally {
    await started.stop();
  }
  await assertNobodyListens(port);
}

function assertSetUp(lines, noSetUp) {
  const nothing = lines.some(line => line.includes('nothing to do'));
  if (nothing !== noSetUp) {
    throw new Problem(
      noSetUp
        ? 'The second run set something up again.'
        : 'The first run found everything in place, so it proved nothing.',
      'Read its output above.',
    );
  }
}

async function assertNobodyListens(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/`).catch(
    () => undefined,
  );
  if (answer) {
    throw new Problem(
      'The portal still answers after "npm start" was stopped.',
      'See how scripts/start.mjs ends what it started.',
    );
  }
}

/** Runs a command in the clone and shows its output as it comes. */
function follow([program, ...args], cwd, env, onLine) {
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      console.log(`  ${line}`);
      onLine(line);
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve(code ?? 1));
  });
  const stop = async () => {
    endGroup(child.pid, 'SIGTERM');
    await ended;
  };
  const forget = onEnd(stop);
  ended.then(forget, forget);
  return { ended, stop };
}

async function must([program, ...args], env) {
  const { code, output } = await run(program, args, { env });
  if (code !== 0) {
    throw new Problem(`"${program} ${args[0]}" failed.`, output);
  }
}
