/** What the benchmarks of routes start: backends in processes of their own, on a database with the fleet in it. */
import knexFactory from 'knex';
import { freePort } from '../../../../../scripts/lib/ports.mjs';
import { backendSection, postgresConnection } from '../lib/backend';
import { ask, child } from '../lib/child';
import { tokenOf, within } from '../lib/tokenOf';
import { seed } from './seed';
import { clusters, ENTITIES, users } from './world';

/** Of the plugin's tables; the other plugins have theirs beside it in the same database. */
const SCHEMA = 'eks-pod-identity';

/** Starts a program of this folder; its answer says that its backend is ready. */
async function started(program: string, config: object) {
  const backend = child(`card/${program}.ts`);
  await ask(backend, { config });
  return backend;
}

/** Waits until the catalog has taken in every entity, relations included. */
async function catalogReady(url: string, token: string) {
  const query =
    'filter=kind=component,relations.ownedby&limit=0&fields=metadata.name';
  await within(900_000, async () => {
    const answer = await fetch(`${url}/catalog/entities/by-query?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { totalItems } = await answer.json();
    if (totalItems !== ENTITIES) {
      throw new Error(`The catalog has ${totalItems} of ${ENTITIES} entities.`);
    }
  });
}

function backendConfig(port: number, connection: object) {
  return {
    app: { baseUrl: 'http://localhost:3000' },
    organization: { name: 'Bench' },
    permission: { enabled: true },
    backend: backendSection(port, {
      connection,
      pluginDivisionMode: 'schema',
    }),
  };
}

/** These plugins are served by another backend. */
const elsewhere = (target: string, plugins: string[]) => ({
  discovery: { endpoints: [{ target: `${target}/{{pluginId}}`, plugins }] },
});

/**
 * Starts the rest of a portal on PostgreSQL, in a process of its own, and writes the fleet into its database; then the
 * plugin on it, in another process, `program`. They end with this process.
 */
export async function startPortal() {
  const connection = { ...postgresConnection(), database: 'postgres' };
  const knex = knexFactory({ client: 'pg', connection, searchPath: [SCHEMA] });
  await knex.raw('create schema ??', [SCHEMA]);
  const [portalPort, pluginPort] = [await freePort(), await freePort()];
  const portal = `http://127.0.0.1:${portalPort}/api`;
  const plugin = `http://127.0.0.1:${pluginPort}/api`;
  await started('portal', {
    ...backendConfig(portalPort, connection),
    ...elsewhere(plugin, ['eks-pod-identity', 'two-calls']),
    auth: { environment: 'production', providers: { anybody: {} } },
    // Once is enough: doing it again would take the processors from what is measured
    catalog: { processingInterval: { hours: 24 } },
  });
  console.error('# writing the fleet');
  await seed(knex);
  await knex.raw('analyze');
  console.error('# waiting for the catalog');
  const refresh = `${portal}/auth/anybody/refresh`;
  const tokens = {
    platform: await tokenOf(refresh, { 'x-user': users.platform }),
    developer: await tokenOf(refresh, { 'x-user': users.developer }),
  };
  await catalogReady(portal, tokens.platform);
  const program = await started('plugin', {
    ...backendConfig(pluginPort, connection),
    ...elsewhere(portal, ['auth', 'catalog', 'permission']),
    eksPodIdentity: {
      clusters: clusters.map(cluster => ({ ...cluster, name: cluster.id })),
    },
  });
  return { knex, tokens, plugin, program };
}
