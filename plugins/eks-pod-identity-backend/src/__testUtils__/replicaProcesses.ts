import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';

/** By then a process is ready, however busy the machine is, or never. */
const START_MS = 1.5 * PATIENCE_MS;

/**
 * Where two begin on an empty database, both make Backstage's own table of public keys, and the one that loses lives on
 * without ever getting ready. A cluster would start it again.
 */
const LOST_A_RACE = /public_keys?__|'core\.auth'.*MigrationLocked/;

const TOKEN = 'token-of-the-test-that-kills-backends';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A backend in a process of its own. */
export interface ReplicaProcess {
  client: PodIdentityClient;
  /** A request to a path below the address of the plugin, or to a whole address, with the rights of the client. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Address of the backend. */
  url: string;
  /** Runs a scheduled task now; whichever replica takes it. */
  trigger(taskId: string): Promise<void>;
  /** False once it has ended, however it did. */
  alive(): boolean;
  /** What it wrote, for the message of a failing test. */
  output(): string;
  /** SIGKILL: nothing is said, cleaned up or handed over. */
  kill(): Promise<void>;
  /** SIGTERM, as a deployment ends a replica. */
  terminate(): Promise<number | null>;
}

/** Starts real backends that share one PostgreSQL database; `stop` ends all that are left. */
export class ReplicaProcesses {
  readonly #directory = mkdtempSync(join(tmpdir(), 'eks-pod-identity-'));
  readonly #children = new Set<ChildProcess>();
  readonly #config: JsonObject;
  readonly #knex: Knex;
  readonly #nodeEnv: string;

  constructor(options: {
    knex: Knex;
    config: JsonObject;
    /** In `production`, answers carry no stacks. */
    nodeEnv?: 'development' | 'production';
  }) {
    this.#knex = options.knex;
    this.#config = options.config;
    this.#nodeEnv = options.nodeEnv ?? 'development';
  }

  /** @param entry - what the process runs, below `src/__testUtils__` */
  async start(
    entry = 'replicaProcess.ts',
    isSecond = false,
  ): Promise<ReplicaProcess> {
    const port = await freePort();
    const { connection } = this.#knex.client.config;
    const file = join(this.#directory, `app-config-${port}.json`);
    writeFileSync(
      file,
      JSON.stringify({
        ...this.#config,
        backend: {
          baseUrl: `http://127.0.0.1:${port}`,
          listen: { host: '127.0.0.1', port },
          // Longer than any test: a busy client would send on a connection that is just being closed
          server: { keepAliveTimeout: 3_600_000 },
          auth: {
            externalAccess: [
              { type: 'static', options: { token: TOKEN, subject: 'tests' } },
            ],
          },
          database: {
            client: 'pg',
            connection: {
              host: connection.host,
              port: Number(connection.port),
              user: connection.user,
              password: connection.password,
              database: connection.database,
            },
            pluginDivisionMode: 'schema',
          },
        },
      }),
    );
    const child = spawn(
      process.execPath,
      [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
        resolvePackagePath(import.meta.url, `src/__testUtils__/${entry}`),
        '--config',
        file,
      ],
      {
        env: { ...process.env, NODE_ENV: this.#nodeEnv, LOG_LEVEL: 'info' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#children.add(child);
    let text = '';
    child.stdout!.on('data', chunk => {
      text += chunk;
    });
    child.stderr!.on('data', chunk => {
      text += chunk;
    });
    const ended = once(child, 'exit').then(([code]) => {
      this.#children.delete(child);
      return code as number | null;
    });
    if (!(await this.#ready(port, child, () => text))) {
      child.kill('SIGKILL');
      await ended;
      if (isSecond || !LOST_A_RACE.test(text)) {
        throw new Error(`The backend did not get ready:\n${text}`);
      }
      return this.start(entry, true);
    }
    const url = `http://127.0.0.1:${port}`;
    const baseUrl = `${url}/api/eks-pod-identity`;
    const withToken: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${TOKEN}`);
      return fetch(input, { ...init, headers });
    };
    return {
      output: () => text,
      url,
      client: new PodIdentityClient({
        discoveryApi: { getBaseUrl: async () => baseUrl },
        fetchApi: { fetch: withToken },
      }),
      fetch: (path, init) =>
        withToken(path.startsWith('/') ? `${baseUrl}${path}` : path, init),
      trigger: async taskId => {
        const answer = await withToken(
          `${baseUrl}/.backstage/scheduler/v1/tasks/${taskId}/trigger`,
          { method: 'POST' },
        );
        if (!answer.ok) throw new Error(await answer.text());
      },
      alive: () => child.exitCode === null && child.signalCode === null,
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
      terminate: async () => {
        child.kill('SIGTERM');
        return ended;
      },
    };
  }

  async stop() {
    await Promise.all(
      [...this.#children].map(async child => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** False for one that lives and does not get ready. */
  async #ready(port: number, child: ChildProcess, output: () => string) {
    const url = `http://127.0.0.1:${port}/.backstage/health/v1/readiness`;
    const began = Date.now();
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`The backend did not start:\n${output()}`);
      }
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return true;
      if (Date.now() - began > START_MS) return false;
      await new Promise(resolve => {
        setTimeout(resolve, 100);
      });
    }
  }
}
