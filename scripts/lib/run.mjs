import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  realpathSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './paths.mjs';

/**
 * Runs a program to its end, in its own process group, and returns its exit code and output; never throws for a
 * non-zero code. A program that cannot be started answers code 127.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cwd]
 * @param {{ uid: number, gid: number }} [options.user] - to run as another user
 * @param {string} [options.log] - file that receives all output
 * @param {number} [options.timeoutMs] - then the whole group is ended
 * @param {(line: string) => void} [options.onLine]
 * @returns {Promise<{ code: number, stdout: string, output: string, timedOut: boolean }>}
 */
export async function run(command, args, options = {}) {
  const { env = process.env, cwd = root, user, log } = options;
  const { timeoutMs, onLine } = options;
  const file = log && openLog(log);
  file?.write(`$ ${[command, ...args].join(' ')}\n`);
  const child = spawnTimed(command, args, {
    env,
    cwd,
    ...user,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = onEnd(() => endGroup(child.pid, 'SIGKILL'));
  let stdout = '';
  let output = '';
  let timedOut = false;
  const timer =
    timeoutMs &&
    setTimeout(() => {
      timedOut = true;
      endGroup(child.pid, 'SIGKILL');
    }, timeoutMs);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', chunk => {
      output += chunk;
      stdout += stream === child.stdout ? chunk : '';
      file?.write(chunk);
    });
    if (onLine) {
      createInterface({ input: stream }).on('line', onLine);
    }
  }
  try {
    return await new Promise(resolve => {
      child.once('error', error =>
        resolve({ code: 127, stdout, output: error.message, timedOut }),
      );
      child.once('close', code =>
        resolve({ code: code ?? 1, stdout, output, timedOut }),
      );
    });
  } finally {
    clearTimeout(timer);
    forget();
    if (file) {
      await new Promise(resolve => file.end(resolve));
    }
  }
}

const timing = new AsyncLocalStorage();

/** Answers beside the result of `work` the processor seconds of the programs that it ran, with all that they started. */
export async function timed(work) {
  const sum = { processor: 0 };
  return [await timing.run(sum, work), sum.processor];
}

/** Outlives a signal to the group, to say on a channel of its own what the program has used. */
const sayTimes =
  'trap : HUP INT QUIT TERM; "$@" 3>&-; code=$?; times >&3; exit $code';

/** Starts a program; within `timed` through a shell, which knows what its children have used. */
export function spawnTimed(command, args, options) {
  const sum = timing.getStore();
  if (!sum) return spawn(command, args, options);
  const child = spawn('/bin/sh', ['-c', sayTimes, 'sh', command, ...args], {
    ...options,
    stdio: [...options.stdio, 'pipe'],
  });
  let said = '';
  child.stdio[3]?.on('data', chunk => (said += chunk));
  child.once('close', () => {
    // The shell's own times, then those of its children
    for (const [, minutes, seconds] of (said.split('\n')[1] ?? '').matchAll(
      /(\d+)m([\d.,]+)s/g,
    )) {
      sum.processor += 60 * minutes + Number(seconds.replace(',', '.'));
    }
  });
  return child;
}

export function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path);
}

const endings = new Set();

/** Registers what ends something that this script has started; answers how to take it back. */
export function onEnd(ending) {
  endings.add(ending);
  return () => endings.delete(ending);
}

/** A place in a new folder, which goes when this script ends; with `keep` the script says then where the place is. */
export function temporaryFolder(prefix, keep, inside = '') {
  const made = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  const folder = join(made, inside);
  onEnd(() =>
    keep ? console.log(`Kept: ${folder}`) : run('rm', ['-rf', made]),
  );
  return folder;
}

/** Ends everything that this script has started and that still runs, the last started first. */
export async function endAll() {
  for (const ending of [...endings].reverse()) {
    endings.delete(ending);
    await ending();
  }
}

/** Signals a process group that this script started; a group that is gone already is no error. */
export function endGroup(pid, signal) {
  if (!pid) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}

/** The last lines of some output, without empty ones and without colours. */
export function lastLines(text, count = 15) {
  return plain(text)
    .split('\n')
    .map(line => line.trimEnd())
    .filter(Boolean)
    .slice(-count);
}

/** A pattern of just this text. */
export const literally = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Text without terminal colours. */
export function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
