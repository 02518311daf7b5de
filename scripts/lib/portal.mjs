import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { awayFromAws } from './environment.mjs';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { seconds } from './progress.mjs';
import { lastLines, run } from './run.mjs';
import { Service } from './service.mjs';
import { room } from './slow.mjs';
import { filesBelow, workspaceClosure } from './workspaces.mjs';

/** Runs TypeScript of this repository in a plain Node process: no watcher, no build. */
export const nodeWithTypeScript = [
  'node',
  '--require',
  join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
];

const lifeline = ['--require', join(root, 'scripts/lib/lifeline.cjs')];
const asService = ([node, ...args]) => [node, ...lifeline, ...args];

/**
 * Starts a sandbox whose files lie in `directory`, and waits until it is ready.
 *
 * @returns {Promise<{ service: Service, clientEnv: NodeJS.ProcessEnv, portalEnv: NodeJS.ProcessEnv }>} the settings it
 *   wrote for people's tools and for the portal
 */
export async function startSandbox({ env, directory, command, onLine }) {
  mkdirSync(directory, { recursive: true });
  // The sandbox writes it last of all
  const settings = join(directory, 'env');
  rmSync(settings, { force: true });
  const clean = awayFromAws(env, directory);
  const service = new Service({
    name: 'sandbox',
    command: asService(
      command ?? [
        ...sandboxCommand(directory),
        ...['--port', '0', '--documented-rights'],
      ],
    ),
    env: clean,
    log: join(directory, 'sandbox.log'),
    onLine,
  });
  await service.ready(() => existsSync(settings), 60_000);
  return {
    service,
    clientEnv: { ...clean, ...readSettings(settings) },
    portalEnv: { ...clean, ...readSettings(join(directory, 'portal.env')) },
  };
}

export function sandboxCommand(directory) {
  return [
    ...nodeWithTypeScript,
    join(root, 'packages/sandbox/src/cli.ts'),
    '--directory',
    directory,
  ];
}

/** The `export NAME=value` lines of a settings file, as a shell would read them. */
function readSettings(path) {
  const settings = {};
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const parts = /^export ([A-Za-z_]\w*)=(.*)$/.exec(line.trim());
    if (parts) {
      settings[parts[1]] = parts[2].replace(/^(['"])(.*)\1$/, '$2');
    }
  }
  return settings;
}

/**
 * @callback Say
 * @param {string} progress - one line for the waiting user
 */

/**
 * Starts the whole portal with its own sandbox and waits until both are ready: the backend serves the built app on one
 * port.
 *
 * @param {{ env: NodeJS.ProcessEnv, port: number, directory: string, say: Say }} options
 */
export async function startPortal({ env, port, directory, say }) {
  const start = performance.now();
  const started = [];
  const stop = async () => {
    for (const service of [...started].reverse()) {
      await service.stop();
    }
  };
  try {
    const [sandbox] = await Promise.all([
      startSandbox({ env, directory }).then(ready => {
        started.push(ready.service);
        say(`the sandbox is ready (${seconds(start)})`);
        return ready;
      }),
      buildApp(env, say),
    ]);
    const backend = new Service({
      name: 'portal',
      command: asService(backendCommand()),
      env: {
        ...sandbox.portalEnv,
        // Neither "production", whose logs are JSON and which finds fault with localhost, nor "development", whose
        // errors carry stack traces to the browser
        NODE_ENV: 'sandbox',
        PORTAL_PORT: String(port),
      },
      log: join(directory, 'portal.log'),
      // It would wait for every open request, and its own event bus always has one; its data is in memory anyway
      graceMs: 1_000,
    });
    started.push(backend);
    const url = `http://localhost:${port}`;
    const address = `http://127.0.0.1:${port}`;
    await backend.ready(() => isReady(address, address), 120_000);
    say(`the portal is ready (${seconds(start)})`);
    return {
      url,
      directory,
      env: sandbox.clientEnv,
      /** Settles with a `Problem` when the sandbox or the portal ends by itself. */
      died: Promise.race(
        started.map(service => service.ended.then(how => service.deathOf(how))),
      ),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function backendCommand() {
  const configs = ['app-config.yaml', 'app-config.sandbox.yaml'].filter(file =>
    existsSync(join(root, file)),
  );
  return [
    ...nodeWithTypeScript,
    join(root, 'packages/backend/src/index.ts'),
    ...configs.flatMap(file => ['--config', join(root, file)]),
  ];
}

/** Ready means: every plugin of the backend has started, and the pages of its app are served. */
export async function isReady(backend, ...pages) {
  try {
    for (const url of [`${backend}/.backstage/health/v1/readiness`, ...pages]) {
      const response = await fetch(url, {
        signal: AbortSignal.timeout(5_000 * room()),
      });
      await response.arrayBuffer();
      if (!response.ok) {
        return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

const builtFrom = join(root, 'packages/app/dist/.built-from');

/** Builds the app for production, unless its sources and configuration are those of the last build. */
async function buildApp(env, say) {
  const sources = appFingerprint();
  if (existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === sources) {
    return;
  }
  const start = performance.now();
  say('building the app, which takes about half a minute');
  const log = join(root, '.sandbox/app-build.log');
  const { code, output } = await run('yarn', ['workspace', 'app', 'build'], {
    env: { ...env, NODE_ENV: 'production', PORTAL_PORT: '7007' },
    log,
  });
  if (code !== 0) {
    throw new Problem(
      'The app could not be built.',
      `Fix what the build says; the whole of it is in ${relative(root, log)}.`,
      lastLines(output, 20),
    );
  }
  writeFileSync(builtFrom, sources);
  say(`the app is built (${seconds(start)})`);
}

/**
 * Everything the bundle is made of: the app, the workspaces it depends on, their packages, the configuration.
 *
 * @public A test asks it of a copy of this file
 */
export function appFingerprint() {
  const hash = createHash('sha256');
  const files = [
    'yarn.lock',
    ...readdirSync(root).filter(name => /^app-config.*\.yaml$/.test(name)),
    ...workspaceClosure('app').flatMap(({ folder }) => filesBelow(folder)),
  ].filter(file => !/\.(test|e2e)\.tsx?$|\.md$/.test(file));
  for (const file of files.sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
