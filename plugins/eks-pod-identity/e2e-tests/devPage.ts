import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const PACKAGE = resolve(__dirname, '..');
const CLI = require.resolve('@backstage/cli/bin/backstage-cli');
/** Ends the server if the test run is killed. */
const LIFELINE = resolve(__dirname, '../../../scripts/lib/lifeline.cjs');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise(done => {
    server.close(done);
  });
  return port;
}

/** The page with every state of the card, on its own development server. */
export class DevPage {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(timeoutMs: number): Promise<DevPage> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const folder = mkdtempSync(join(tmpdir(), 'card-states-'));
    const config = join(folder, 'app-config.yaml');
    writeFileSync(
      config,
      `app:\n  title: Card states\n  baseUrl: ${url}\nbackend:\n  baseUrl: http://localhost:9\n`,
    );
    const child = spawn(
      process.execPath,
      ['--require', LIFELINE, CLI, 'package', 'start', '--config', config],
      {
        cwd: PACKAGE,
        // Its own process group, so that all of it can be ended
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, NODE_ENV: 'development', BROWSER: 'none' },
      },
    );
    const page = new DevPage(url, child, folder);
    let output = '';
    const keep = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const deadline = Date.now() + timeoutMs;
    while (!(await answers(url, timeoutMs / 5))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await page.stop();
        throw new Error(`The page of card states did not start:\n${output}`);
      }
      await wait(200);
    }
    return page;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(done => {
        child.once('exit', done);
      });
      process.kill(-child.pid!, 'SIGTERM');
      // wall time: then it is killed, which ends it as well
      await Promise.race([ended, wait(5_000, undefined, { ref: false })]);
      if (child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid!, 'SIGKILL');
        await ended;
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function answers(url: string, patienceMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
