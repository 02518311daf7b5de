/** What the benchmarks of routes start: backends in processes of their own, on a database with the fleet in it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { root, testOutput } from '../../../../../scripts/lib/paths.mjs';
import { nodeWithTypeScript } from '../../../../../scripts/lib/portal.mjs';
import { Service } from '../../../../../scripts/lib/service.mjs';
import { ENTITIES } from './world';

/** For the files of one benchmark, which removes it. */
export const folder = mkdtempSync(join(tmpdir(), 'eks-bench-'));

/** A database with the fleet in it: what a backend's configuration says of it, and a client of the plugin's part. */
export interface Place {
  name: string;
  config: object;
  knex: Knex;
}

export async function postgres(url: string): Promise<Place> {
  const { hostname: host, port, username: user } = new URL(url);
  const connection = {
    host,
    port: Number(port),
    user,
    database: 'postgres',
  };
  const schema = 'eks-pod-identity';
  const knex = knexFactory({ client: 'pg', connection, searchPath: [schema] });
  await knex.raw('create schema ??', [schema]);
  return {
    name: 'PostgreSQL',
    config: { client: 'pg', connection, pluginDivisionMode: 'schema' },
    knex,
  };
}

export async function startBackend(options: {
  name: string;
  program: string;
  port: number;
  args?: string[];
  config: object;
}) {
  const { name, program, port, args = [], config } = options;
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  const [node, ...loader] = nodeWithTypeScript;
  const service = new Service({
    name,
    command: [
      node,
      ...['--require', join(root, 'scripts/lib/lifeline.cjs')],
      ...loader,
      join(root, 'packages/trials/src/bench/readRoute', program),
      ...args,
      '--config',
      file,
    ],
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'warn' },
    log: join(testOutput, `bench-${name}.log`),
    graceMs: 1_000,
  });
  await service.ready(
    () =>
      fetch(`http://127.0.0.1:${port}/.backstage/health/v1/readiness`).then(
        answer => answer.ok,
        () => false,
      ),
    120_000,
  );
  return service;
}

/** Waits until the catalog has taken in every entity, relations included. */
export async function catalogReady(url: string, token: string) {
  const query =
    'filter=kind=component,relations.ownedby&limit=0&fields=metadata.name';
  const deadline = Date.now() + 900_000;
  for (;;) {
    const answer = await fetch(`${url}/catalog/entities/by-query?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { totalItems } = await answer.json();
    if (totalItems === ENTITIES) return;
    if (Date.now() > deadline) {
      throw new Error(`The catalog has ${totalItems} of ${ENTITIES} entities.`);
    }
    await new Promise(resolve => setTimeout(resolve, 1_000));
  }
}

/** Asks until the user is in the catalog, which takes its time to take them in. */
export async function tokenOf(url: string, user: string): Promise<string> {
  const deadline = Date.now() + 300_000;
  for (;;) {
    const answer = await fetch(`${url}/auth/anybody/refresh`, {
      headers: { 'x-requested-with': 'XMLHttpRequest', 'x-user': user },
    });
    const body = await answer.text();
    if (answer.ok) return JSON.parse(body).backstageIdentity.token;
    if (Date.now() > deadline) throw new Error(body);
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

export function backendConfig(port: number, place: Place) {
  return {
    app: { baseUrl: 'http://localhost:3000' },
    organization: { name: 'Bench' },
    permission: { enabled: true },
    backend: {
      baseUrl: `http://127.0.0.1:${port}`,
      listen: { host: '127.0.0.1', port },
      database: place.config,
    },
  };
}

/** These plugins are served by another backend. */
export const elsewhere = (target: string, plugins: string[]) => ({
  discovery: { endpoints: [{ target: `${target}/{{pluginId}}`, plugins }] },
});
