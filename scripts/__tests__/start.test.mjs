import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { room } from '../lib/slow.mjs';
import {
  closedPort,
  listenSomewhere,
  repository,
  runToEnd,
  start,
} from './helpers.mjs';

/** A sandbox and a portal that write down the environment they were given; the launcher in front of them is real. */
const recordingSandbox = `
import { writeFileSync } from 'node:fs';
const directory = process.argv[process.argv.indexOf('--directory') + 1];
writeFileSync(directory + '/seen-by-sandbox.json', JSON.stringify({ ...process.env, pid: process.pid }));
writeFileSync(directory + '/portal.env', "export AWS_ENDPOINT_URL='http://127.0.0.1:1'\\nexport AWS_ACCESS_KEY_ID='SANDBOX'\\n");
writeFileSync(directory + '/env', "unset AWS_PROFILE\\nexport AWS_ENDPOINT_URL='http://127.0.0.1:1'\\n");
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 1000);
`;
const recordingPortal = `
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
writeFileSync('.sandbox/seen-by-portal.json', JSON.stringify({ ...process.env, pid: process.pid }));
createServer((_, response) => response.end('ok')).listen(Number(process.env.PORTAL_PORT), '127.0.0.1');
`;

/** In every setting that must reach neither sandbox nor portal; in no path of any machine. */
const inherited = `inherited-${randomUUID()}`;

async function launch({
  sandbox = recordingSandbox,
  portal = recordingPortal,
} = {}) {
  const folder = repository({
    installed: true,
    files: {
      'packages/sandbox/src/cli.ts': sandbox,
      'packages/backend/src/index.ts': portal,
      'app-config.yaml': 'app: {}\n',
    },
  });
  // The app of this repository counts as built
  const { appFingerprint } = await import(
    join(folder, 'scripts/lib/portal.mjs')
  );
  mkdirSync(join(folder, 'packages/app/dist'), { recursive: true });
  writeFileSync(
    join(folder, 'packages/app/dist/.built-from'),
    appFingerprint(),
  );
  const port = await closedPort();
  const process = start(join(folder, 'scripts/start.mjs'), {
    args: ['--port', String(port)],
    env: {
      AWS_PROFILE: inherited,
      AWS_ACCESS_KEY_ID: inherited,
      AWS_SECRET_ACCESS_KEY: inherited,
      AWS_ENDPOINT_URL_EKS: `https://${inherited}.example`,
      KUBECONFIG: `/${inherited}/kubeconfig`,
      npm_config_nodedir: `/${inherited}`,
    },
  });
  const seen = who =>
    JSON.parse(
      readFileSync(join(folder, `.sandbox/seen-by-${who}.json`), 'utf8'),
    );
  return { folder, port, process, seen };
}

/** A process that has ended and whose parent has not asked for its exit code yet is gone all the same. */
function alive(pid) {
  try {
    globalThis.process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

test('a busy port is reported before anything else is done, with another port to use', async () => {
  const other = await listenSomewhere();
  const { code, output } = await runToEnd(join(root, 'scripts/start.mjs'), {
    args: ['--port', String(other.port)],
  });
  await other.close();
  assert.equal(code, 1);
  assert.match(output, new RegExp(`Port ${other.port} is already in use`));
  assert.match(output, /npm start -- --port \d+/);
  assert.doesNotMatch(output, /^\s+at /m);
});

test('inherited AWS settings reach neither sandbox nor portal, and Ctrl-C ends both', async () => {
  const { process, port, seen } = await launch();
  const output = await process.said('Ctrl-C');
  assert.match(output, new RegExp(`http://localhost:${port}`));
  assert.match(output, /SANDBOX/);
  assert.match(output, /Ana Ferreira.*Sam Okafor/);
  const pids = [];
  for (const who of ['sandbox', 'portal']) {
    const { pid, ...environment } = seen(who);
    pids.push(pid);
    const values = JSON.stringify(environment);
    assert.ok(!values.includes(inherited), values);
    assert.equal(environment.AWS_EC2_METADATA_DISABLED, 'true');
    for (const name of [
      'AWS_CONFIG_FILE',
      'AWS_SHARED_CREDENTIALS_FILE',
      'KUBECONFIG',
    ]) {
      assert.equal(statSync(environment[name]).size, 0, name);
    }
  }
  assert.equal(seen('sandbox').AWS_ACCESS_KEY_ID, undefined);
  assert.equal(seen('portal').AWS_ACCESS_KEY_ID, 'SANDBOX');
  assert.equal(seen('portal').AWS_ENDPOINT_URL, 'http://127.0.0.1:1');
  const stopped = await process.stop('SIGINT');
  assert.equal(stopped.code, 130);
  assert.match(stopped.output, /Stopped/);
  assert.doesNotMatch(stopped.output, /has stopped/);
  assert.deepEqual(pids.map(alive), [false, false]);
});

test('a sandbox that does not start is reported with its last lines', async () => {
  const { process } = await launch({
    sandbox: "throw new Error('no room for clusters');",
  });
  const { code, output } = await process.ended;
  assert.equal(code, 1);
  assert.match(output, /The sandbox has stopped \(exit code 1\)/);
  assert.match(output, /\| .*no room for clusters/);
  assert.match(output, /\.sandbox\/sandbox\.log/);
});

test('a portal that dies later is reported with its last lines, and the sandbox ends too', async () => {
  const { process, seen } = await launch({
    portal: `${recordingPortal}
      process.on('SIGUSR2', () => { console.error('lost its database'); process.exit(3); });`,
  });
  await process.said('Ctrl-C');
  globalThis.process.kill(seen('portal').pid, 'SIGUSR2');
  const { code, output } = await process.ended;
  assert.equal(code, 1);
  assert.match(output, /The portal has stopped \(exit code 3\)/);
  assert.match(output, /\| lost its database/);
  assert.equal(alive(seen('sandbox').pid), false);
});

test('when the launcher itself is killed, sandbox and portal end by themselves', async () => {
  const { process, seen } = await launch();
  await process.said('Ctrl-C');
  const pids = ['sandbox', 'portal'].map(who => seen(who).pid);
  assert.deepEqual(pids.map(alive), [true, true]);
  await process.stop('SIGKILL');
  const deadline = performance.now() + 60_000 * room();
  while (pids.some(alive) && performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  assert.deepEqual(pids.map(alive), [false, false]);
});
