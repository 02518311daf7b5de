import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { command } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
import { freePort } from './lib/ports.mjs';
import { Problem } from './lib/problem.mjs';
import { formatSeconds } from './lib/progress.mjs';
import { must } from './lib/registry.mjs';
import { run, temporaryFolder } from './lib/run.mjs';
import { Service } from './lib/service.mjs';

const help = `scripts/fresh-clone [--keep] [--start-only]

Clones the committed state to a temporary folder and runs "npm test" and "npm start" there, twice each, as on a machine
that has only Node.js 20, npm and the base system: an empty environment and an empty home. What is committed counts,
not what lies in this folder.

  --keep         leave the clone where it is and say where
  --start-only   only "npm start"
  --node PATH    the Node.js 20 to use; default: the first one on PATH

It takes about as long as two test runs and one installation.`;

const options = {
  keep: { type: 'boolean' },
  'start-only': { type: 'boolean' },
  node: { type: 'string' },
};

await command('scripts/fresh-clone', help, { options }, async values => {
  await prove(temporaryFolder('fresh-clone-', values.keep), values);
});

async function prove(folder, options) {
  const env = await bareEnvironment(folder, options.node);
  const clone = join(folder, 'clone');
  await must('git', ['clone', '--quiet', root, clone]);
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
  const ofMachine = Object.entries(process.env).filter(([name]) =>
    /^(NODE_EXTRA_CA_CERTS|HTTPS?_PROXY|NO_PROXY|CI)$/.test(name),
  );
  return {
    PATH: [bin, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter),
    HOME: home,
    TMPDIR: tmpdir(),
    LANG: 'C.UTF-8',
    ...Object.fromEntries(ofMachine),
  };
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

const show = line => console.log(`  ${line}`);

async function npmTest(clone, env, noSetUp) {
  const { code, output } = await run('npm', ['test'], {
    cwd: clone,
    env,
    onLine: show,
  });
  const lines = output.split('\n');
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
  const started = new Service({
    name: 'npm start',
    command: ['npm', 'start', '--', '--port', String(port)],
    cwd: clone,
    env,
    log: join(clone, '../start.log'),
    graceMs: 60_000,
    onLine: line => {
      lines.push(line);
      show(line);
    },
  });
  try {
    await started.ready(
      () => lines.some(line => line.includes('The portal is ready')),
      3_600_000,
    );
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
  if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) {
    throw new Problem(
      'The portal still answers after "npm start" was stopped.',
      'See how scripts/start.mjs ends what it started.',
    );
  }
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
