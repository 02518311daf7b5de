import { createInterface } from 'node:readline';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { formatSeconds } from './progress.mjs';
import { endGroup, onEnd, openLog, plain, spawnTimed } from './run.mjs';
import { room } from './slow.mjs';

/** A program that keeps running: its output goes to a log file, line by line with time and name. */
export class Service {
  #child;
  #name;
  #log;
  #tail = [];
  #forget;
  #graceMs;
  /** Settles with the exit code or signal once the program has ended. */
  ended;

  /**
   * @param {object} options
   * @param {string} options.name - as people call it: "sandbox", "portal"
   * @param {string[]} options.command
   * @param {NodeJS.ProcessEnv} options.env
   * @param {string} options.log
   * @param {(line: string) => void} [options.onLine]
   * @param {{ uid: number, gid: number }} [options.user] - to run as another user
   * @param {string} [options.cwd] - default: the repository
   * @param {number} [options.graceMs] - how long it may take to end when asked to; default 5 seconds
   */
  constructor(options) {
    const { name, command, env, log, onLine, user, cwd = root } = options;
    this.#graceMs = (options.graceMs ?? 5_000) * room();
    this.#name = name;
    this.#log = log;
    const file = openLog(log);
    const [program, ...args] = command;
    this.#child = spawnTimed(program, args, {
      cwd,
      env,
      ...user,
      detached: true,
      // Nothing is ever written to it: that it closes is what lifeline.cjs waits for
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin.on('error', () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on('line', line => {
        const text = plain(line);
        file.write(
          `${new Date().toISOString().slice(11, 23)} ${name} | ${text}\n`,
        );
        this.#tail = [...this.#tail.slice(-79), text];
        onLine?.(line);
      });
    }
    this.ended = new Promise(resolve => {
      this.#child.once('error', error => resolve(error.message));
      this.#child.once('close', (code, signal) => {
        file.end();
        resolve(signal ?? code);
      });
    });
    this.#forget = onEnd(() => this.stop());
  }

  /** True when one of its recent lines contained the text. */
  said(text) {
    return this.#tail.some(line => line.includes(text));
  }

  /** The problem of a program that has ended by itself. */
  deathOf(how) {
    const code = typeof how === 'number' ? `exit code ${how}` : how;
    return this.#problem(
      `has stopped (${code})`,
      'fix what they say and run the same command again',
    );
  }

  #problem(what, remedy) {
    const log = relative(root, this.#log);
    return new Problem(
      `The ${this.#name} ${what}.`,
      `Its last lines are below, all of them in ${log}; ${remedy}.`,
      this.#lastWords(),
    );
  }

  /** What was said last: from the last error on, if there was one, and without the frames of its stack. */
  #lastWords() {
    const words = this.#tail.filter(
      line => line.trim() && !/^\s+at |^\s+\d+: /.test(line),
    );
    const error = words.findLastIndex(line => /(^|\s)\w*Error:/.test(line));
    return error < 0 ? words.slice(-12) : words.slice(error, error + 12);
  }

  /** Waits until `isReady` answers true; throws a `Problem` when the program ends first or time runs out. */
  async ready(isReady, usualMs) {
    const timeoutMs = usualMs * room();
    const deadline = performance.now() + timeoutMs;
    let death;
    this.ended.then(how => {
      death = this.deathOf(how);
    });
    while (!(await isReady())) {
      if (death) {
        throw death;
      }
      if (performance.now() > deadline) {
        throw this.#problem(
          `was not ready after ${formatSeconds(timeoutMs / 1000)}`,
          'on a slow machine run the same command once more',
        );
      }
      await Promise.race([sleep(100), this.ended]);
    }
  }

  /** Asks the program to end, and ends its whole group when its time for that is over. */
  async stop(signal = 'SIGTERM') {
    this.#forget();
    endGroup(this.#child.pid, signal);
    const timer = setTimeout(
      () => endGroup(this.#child.pid, 'SIGKILL'),
      this.#graceMs,
    );
    await this.ended;
    clearTimeout(timer);
    // A grandchild that outlived its parent is ours as well
    endGroup(this.#child.pid, 'SIGKILL');
  }
}
