import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after } from 'node:test';
import { root } from '../lib/paths.mjs';
import { workspaces } from '../lib/workspaces.mjs';

const folders = [];
const children = new Set();
after(async () => {
  await Promise.all([...children].map(child => child.stop()));
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'eks-scripts-'));
  folders.push(folder);
  return folder;
}

/**
 * A repository with these scripts and nothing else, in a temporary folder.
 *
 * @param {object} options
 * @param {boolean} [options.toolchain] - with the toolchain of the real one
 * @param {boolean} [options.installed] - with the packages of the real one, so that no setup is due
 * @param {Record<string, string | object>} [options.files]
 */
export function repository({ toolchain, installed, files = {} } = {}) {
  const folder = temporaryFolder();
  for (const part of [
    'scripts/jest',
    'scripts/lib',
    'scripts/stages',
    // What tests in it are set up with
    'packages/sandbox/patience',
  ]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  for (const command of ['setup', 'start', 'sandbox', 'test']) {
    cpSync(
      join(root, `scripts/${command}.mjs`),
      join(folder, `scripts/${command}.mjs`),
    );
  }
  if (toolchain || installed) {
    symlinkSync(join(root, '.toolchain'), join(folder, '.toolchain'));
  }
  if (installed) {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const manifests = workspaces().map(w => `${w.folder}/package.json`);
    for (const { folder: home } of workspaces()) {
      mkdirSync(join(folder, home, 'src'), { recursive: true });
    }
    for (const file of [
      'package.json',
      'yarn.lock',
      '.yarnrc.yml',
      ...manifests,
    ]) {
      cpSync(join(root, file), join(folder, file));
    }
  }
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return folder;
}

/** A folder for PATH with this Node, the machine's npm and the given programs (shell scripts), nothing else. */
export function programs(scripts = {}, { npm = false } = {}) {
  const folder = temporaryFolder();
  symlinkSync(process.execPath, join(folder, 'node'));
  if (npm) {
    symlinkSync(onPath('npm'), join(folder, 'npm'));
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
  }
  return folder;
}

function onPath(name) {
  const found = process.env.PATH.split(delimiter)
    .map(folder => join(folder, name))
    .find(path => existsSync(path));
  if (!found) {
    throw new Error(`${name} is not on PATH`);
  }
  return found;
}

/** Starts a command; `ended` settles with its exit code and output, `said` waits for a text in it. */
export function start(command, { env = {}, args = [], cwd } = {}) {
  const { PATH, HOME, EKS_TEST_SLOW } = process.env;
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    // In a slow run its limits are longer, too
    env: { PATH, HOME, ...(EKS_TEST_SLOW && { EKS_TEST_SLOW }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  const watchers = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk;
      stdout += stream === child.stdout ? chunk : '';
      watchers.forEach(watch => watch());
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => {
      watchers.forEach(watch => watch());
      resolve({ code, output, stdout });
    });
  });
  const handle = {
    pid: child.pid,
    ended,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await ended;
    },
    said: text =>
      new Promise((resolve, reject) => {
        const watch = () => {
          if (output.includes(text)) {
            resolve(output);
          } else if (child.exitCode !== null) {
            reject(new Error(`It ended without saying "${text}":\n${output}`));
          }
        };
        watchers.add(watch);
        watch();
      }),
  };
  children.add(handle);
  ended.finally(() => children.delete(handle)).catch(() => {});
  return handle;
}

export async function runToEnd(command, options) {
  return await start(command, options).ended;
}

/** Another server on a free port. */
export async function listenSomewhere() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    close: () => new Promise(resolve => server.close(resolve)),
  };
}

/** A port on which nothing listens. */
export async function closedPort() {
  const { port, close } = await listenSomewhere();
  await close();
  return port;
}

/** Settings of npm and Yarn under which every registry is a closed door. */
export async function noRegistry() {
  const folder = temporaryFolder();
  const url = `http://127.0.0.1:${await closedPort()}/`;
  const npmrc = join(folder, 'npmrc');
  writeFileSync(npmrc, `registry=${url}\n`);
  return {
    npm_config_userconfig: npmrc,
    npm_config_cache: join(folder, 'npm-cache'),
    YARN_GLOBAL_FOLDER: join(folder, 'yarn'),
    YARN_ENABLE_TELEMETRY: '0',
    YARN_HTTP_RETRY: '0',
  };
}
