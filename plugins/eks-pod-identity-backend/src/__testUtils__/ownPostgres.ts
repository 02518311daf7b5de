import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'readline';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import knexFactory, { Knex } from 'knex';

/** A PostgreSQL server of one test, which really stops and starts, on the same port and data. */
export interface OwnPostgres {
  /** As a restart by its administrator: its clients are told. */
  halt(): Promise<void>;
  /** As a crash: its clients see their connections end. */
  crash(): Promise<void>;
  resume(): Promise<void>;
  /** A connection pool to a new, empty database, in which it reads the given schema. */
  database(schema?: string): Promise<Knex>;
  stop(): Promise<void>;
}

/** Of its own, because others run their tests on the one that the test run starts. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const child = spawn(
    process.execPath,
    [resolvePackagePath(import.meta.url, '../../scripts/postgres.mjs')],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', chunk => {
    errors += chunk;
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`PostgreSQL did not do it:\n${errors}`);
    return value as string;
  };
  const command = async (word: 'stop' | 'crash' | 'start') => {
    child.stdin.write(`${word}\n`);
    await answer();
  };
  const { hostname, port, username } = new URL(await answer());
  const pools: Knex[] = [];
  const connect = (database: string, schema?: string) => {
    const pool = knexFactory({
      client: 'pg',
      connection: {
        host: hostname,
        port: Number(port),
        user: username,
        password: 'any',
        database,
      },
      pool: { min: 0, max: 20 },
      ...(schema ? { searchPath: [schema] } : {}),
      // That connections end is what these tests are about
      log: { warn() {}, error() {} },
    });
    pools.push(pool);
    return pool;
  };
  const admin = connect('postgres');
  return {
    halt: () => command('stop'),
    crash: () => command('crash'),
    resume: () => command('start'),
    async database(schema) {
      const name = `portal_${pools.length}`;
      await admin.raw('create database ??', [name]);
      return connect(name, schema);
    },
    async stop() {
      await Promise.all(pools.map(pool => pool.destroy()));
      child.stdin.end();
      await exited;
    },
  };
}
