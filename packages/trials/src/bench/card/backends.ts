/** What the benchmarks of routes start: backends in processes of their own, on a database with the fleet in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { root, testOutput } from '../../../../../scripts/lib/paths.mjs';
import { nodeWithTypeScript } from '../../../../../scripts/lib/portal.mjs';
import { freePort } from '../../../../../scripts/lib/ports.mjs';
import { Service } from '../../../../../scripts/lib/service.mjs';
import { tokenOf } from '../lib/tokenOf';
import { seed } from './seed';
import { clusters, ENTITIES, users } from './world';

/** For the files of one benchmark. */
const folder = mkdtempSync(join(tmpdir(), 'eks-bench-'));

/** A database with the fleet in it: what a backend's configuration says of it, and a client of the plugin's part. */
export interface Place {
  config: object;
  knex: Knex;
}

async function postgres(url: string): Promise<Place> {
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
    config: { client: 'pg', connection, pluginDivisionMode: 'schema' },
    knex,
  };
}

async function startBackend(options: {
  name: string;
  program: string;
  port: number;
  config: object;
}) {
  const { name, program, port, config } = options;
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  const [node, ...loader] = nodeWithTypeScript;
  const service = new Service({
    name,
    command: [
      node,
      ...['--require', join(root, 'scripts/lib/lifeline.cjs')],
      ...loader,
      join(root, 'packages/trials/src/bench/card', program),
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
async function catalogReady(url: string, token: string) {
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

function backendConfig(port: number, place: Place) {
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
const elsewhere = (target: string, plugins: string[]) => ({
  discovery: { endpoints: [{ target: `${target}/{{pluginId}}`, plugins }] },
});

/**
 * Starts the rest of a portal on PostgreSQL, in a process of its own, and writes the fleet into its database. The plugin
 * then starts on it, in another process.
 */
export async function startPortal() {
  const server = process.env.EKS_POD_IDENTITY_TEST_POSTGRES;
  if (!server) throw new Error('Run it with "yarn bench NAME".');
  const own = await postgres(server);
  const [portalPort, pluginPort] = [await freePort(), await freePort()];
  const portal = `http://127.0.0.1:${portalPort}/api`;
  const plugin = `http://127.0.0.1:${pluginPort}/api`;
  await startBackend({
    name: 'portal',
    program: 'portal.ts',
    port: portalPort,
    config: {
      ...backendConfig(portalPort, own),
      ...elsewhere(plugin, ['eks-pod-identity', 'usage']),
      auth: { environment: 'production', providers: { anybody: {} } },
      // Once is enough: doing it again would take the processors from what is measured
      catalog: { processingInterval: { hours: 24 } },
    },
  });
  console.error('# writing the fleet');
  await seed(own.knex);
  await own.knex.raw('analyze');
  console.error('# waiting for the catalog');
  const refresh = `${portal}/auth/anybody/refresh`;
  const tokens = {
    platform: await tokenOf(refresh, { 'x-user': users.platform }),
    developer: await tokenOf(refresh, { 'x-user': users.developer }),
  };
  await catalogReady(portal, tokens.platform);
  const startPlugin = (place: Place) =>
    startBackend({
      name: 'plugin',
      program: 'plugin.ts',
      port: pluginPort,
      config: {
        ...backendConfig(pluginPort, place),
        ...elsewhere(portal, ['auth', 'catalog', 'permission']),
        eksPodIdentity: {
          clusters: clusters.map(cluster => ({ ...cluster, name: cluster.id })),
        },
      },
    });
  return { own, tokens, plugin, startPlugin };
}

export const removeFiles = () =>
  rmSync(folder, { recursive: true, force: true });
