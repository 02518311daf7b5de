import { fork } from 'node:child_process';
import { join } from 'node:path';
import { awayFromAws, onToolchain } from '../environment.mjs';
import { root, testOutput } from '../paths.mjs';

/** Beyond it the next tests get a new process: backends and sandboxes leave something behind. */
const MEMORY = 1.5e9;
const LAST_WORDS = 2_000;

/** One process that runs tests; a new one where a fault made it hang or die. */
export class TestProcess {
  #child;
  #folders;
  #words = '';

  /** @param {string[]} folders whose blocks it counts */
  constructor(folders) {
    this.#folders = folders;
  }

  #start() {
    this.#child = fork(
      join(root, 'scripts/lib/mutation/worker.cjs'),
      this.#folders,
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // Leads a group of its own, with the processes that its tests start
        detached: true,
        env: {
          ...awayFromAws(onToolchain(), testOutput),
          NODE_ENV: 'test',
          TZ: 'UTC',
        },
      },
    );
    this.#child.stderr.on('data', data => {
      this.#words = `${this.#words}${data}`.slice(-LAST_WORDS);
    });
  }

  /**
   * What the tests of a file show: `{ failure, tests, around, ms }`, with `stuck` where they did not end within
   * `limit` milliseconds or ended the process.
   */
  run({ limit, ...job }) {
    if (!this.#child) this.#start();
    const child = this.#child;
    return new Promise(resolve => {
      const end = result => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        if (result.stuck || result.memory > MEMORY) this.stop();
        resolve(result);
      };
      const failed = failure =>
        end({ failure, tests: [], around: [], stuck: true });
      const onMessage = result => end(result);
      const onExit = () =>
        failed(`the process that runs tests has ended: ${this.#words}`);
      const timer = setTimeout(() => failed('did not end'), limit);
      child.on('message', onMessage).on('exit', onExit);
      child.send(job);
    });
  }

  stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended, and none of its group is left
    }
  }
}
