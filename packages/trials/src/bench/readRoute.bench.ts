/**
 * How long the plugin takes to answer the requests of pages, with 10,000 associations in its database, on SQLite (a file)
 * and on a real PostgreSQL.
 *
 * The clock runs in this process, from sending a request to having read its answer. This includes loopback, the plugin's
 * whole backend in a separate process (routing, the user's token, validation in and out, compression) and its
 * database. "alone" has a catalog and a permission service within that process that answer at once. "in a portal" asks
 * the real ones over HTTP, which run in a third process as in a portal that is split, on PostgreSQL: a catalog of the
 * fleet's 2,000 components, a policy that limits developers by conditions (so that the permission service
 * comes back to the plugin with them), and the backend that signed the users in.
 *
 * Not in: a network, a proxy, TLS, a browser; AWS and Kubernetes are never asked on these routes.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import knexFactory from 'knex';
import { createStore } from '../../../../plugins/eks-pod-identity-backend/src/store';
import { freePort } from '../../../../scripts/lib/ports.mjs';
import { main } from '../../../../scripts/lib/problem.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';
import {
  backendConfig,
  catalogReady,
  elsewhere,
  folder,
  type Place,
  postgres,
  startBackend,
  tokenOf,
} from './readRoute/backends';
import { latency, sayHowBusy } from './readRoute/measure';
import { seed } from './readRoute/seed';
import { cards, clusters, entityRefOf, NOW, users } from './readRoute/world';

const SIZE = '10,000 associations';

function sqlite(): Place {
  return {
    name: 'SQLite',
    config: { client: 'better-sqlite3', connection: { directory: folder } },
    knex: knexFactory({
      client: 'better-sqlite3',
      connection: join(folder, 'eks-pod-identity.sqlite'),
      useNullAsDefault: true,
    }),
  };
}

type Tokens = Record<keyof typeof users, string>;

async function bench(options: {
  place: Place;
  tokens: Tokens;
  port: number;
  config: object;
}) {
  const { place, tokens, port, config } = options;
  await countRows(place);
  for (const { mode, args } of [
    { mode: 'alone', args: ['--immediate'] },
    { mode: 'in a portal', args: [] },
  ]) {
    const plugin = await startBackend({
      name: 'plugin',
      program: 'plugin.ts',
      port,
      args,
      config,
    });
    sayHowBusy();
    await measure({
      url: `http://127.0.0.1:${port}/api`,
      tokens,
      name: `read route, ${SIZE}, ${place.name}, ${mode}`,
    });
    sayHowBusy();
    await plugin.stop();
  }
  await place.knex.destroy();
}

async function measure(options: { url: string; tokens: Tokens; name: string }) {
  const { url, tokens, name } = options;
  const get = async (path: string, user: keyof Tokens) => {
    const answer = await fetch(`${url}/eks-pod-identity${path}`, {
      headers: { authorization: `Bearer ${tokens[user]}` },
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
    return JSON.parse(body);
  };
  const usage = async (): Promise<{ cpuMs: number; memoryMb: number }> =>
    (await fetch(`${url}/usage`)).json();
  const card = (entity: number) =>
    `/v1/entities/${entityRefOf(entity).replace(/[:]/, '/')}`;
  const fleet = (query = '') => `/v1/associations${query}`;
  let deep: { nextCursor: string } = await get(fleet('?limit=200'), 'platform');
  for (let page = 2; page <= 45; page += 1) {
    deep = await get(fleet(`?limit=200&cursor=${deep.nextCursor}`), 'platform');
  }
  const { memoryMb } = await usage();
  const routes: [string, string, keyof Tokens, (answer: any) => boolean][] = [
    [
      'card, 1 identity',
      card(cards.one),
      'developer',
      ({ identities }) => identities.length === 1,
    ],
    [
      'card, 30 identities',
      card(cards.many),
      'developer',
      ({ identities }) => identities.length === 30,
    ],
    [
      'fleet, first page',
      fleet(),
      'platform',
      ({ items, totalItems }) => items.length === 50 && totalItems === 10_000,
    ],
    [
      'fleet, page 180',
      fleet(`?cursor=${deep.nextCursor}`),
      'platform',
      ({ items, totalItems }) => items.length === 50 && totalItems === 10_000,
    ],
    [
      'fleet, failed ones of a cluster',
      fleet('?cluster=prod-2&status=failed'),
      'platform',
      ({ items }) => items.length > 0,
    ],
    [
      'fleet, search',
      fleet('?q=service-11'),
      'platform',
      ({ items }) => items.length > 0,
    ],
    [
      'fleet, first page of a developer',
      fleet(),
      'developer',
      ({ items, totalItems }) => items.length === 50 && totalItems < 1_000,
    ],
  ];
  for (const [what, path, user, isRight] of routes) {
    const answer = await get(path, user);
    if (!isRight(answer)) {
      throw new Error(
        `${path} answered ${JSON.stringify(answer).slice(0, 500)}`,
      );
    }
    await latency(
      `${name}: ${what}`,
      async () => {
        await get(path, user);
      },
      async () => (await usage()).cpuMs,
    );
  }
  figure(
    `${name}: memory of the plugin's process, more than before`,
    (await usage()).memoryMb - memoryMb,
    'MB',
  );
}

/** No page may load the fleet: the most rows that the database hands out for one answer of the store. */
async function countRows({ knex, name }: Place) {
  let most = 0;
  const count = (response: { rows?: unknown[] } | unknown[]) => {
    const rows = Array.isArray(response) ? response : response?.rows ?? [];
    most = Math.max(most, rows.length);
  };
  knex.on('query-response', count);
  const { fleet } = createStore(knex, () => NOW);
  await Promise.all([
    fleet.page({}, { limit: 50 }),
    fleet.page({ q: 'service' }, { limit: 50 }),
    fleet.counts({}),
    fleet.countsByCluster(),
    fleet.entityRefsWith(undefined, 'service', 200),
  ]);
  knex.off('query-response', count);
  figure(
    `read route, ${SIZE}, ${name}: rows that leave the database for a page, at most`,
    most,
    'rows',
  );
}

async function benchAll() {
  const server = process.env.EKS_POD_IDENTITY_TEST_POSTGRES;
  if (!server) throw new Error('Run it with "yarn bench readRoute".');
  const places = [sqlite(), await postgres(server)];
  const [portalPort, pluginPort] = [await freePort(), await freePort()];
  const portal = `http://127.0.0.1:${portalPort}/api`;
  const plugin = `http://127.0.0.1:${pluginPort}/api`;
  await startBackend({
    name: 'portal',
    program: 'portal.ts',
    port: portalPort,
    config: {
      ...backendConfig(portalPort, places[1]),
      ...elsewhere(plugin, ['eks-pod-identity']),
      auth: { environment: 'production', providers: { anybody: {} } },
      // Once is enough: doing it again would take the processors from what is measured
      catalog: { processingInterval: { hours: 24 } },
    },
  });
  for (const { knex, name } of places) {
    console.error(`# ${name}: writing the fleet`);
    await seed(knex);
    await knex.raw('analyze');
  }
  console.error('# waiting for the catalog');
  const tokens = {
    platform: await tokenOf(portal, users.platform),
    developer: await tokenOf(portal, users.developer),
  };
  await catalogReady(portal, tokens.platform);
  for (const place of places) {
    await bench({
      place,
      tokens,
      port: pluginPort,
      config: {
        ...backendConfig(pluginPort, place),
        ...elsewhere(portal, ['auth', 'catalog', 'permission']),
        eksPodIdentity: {
          clusters: clusters.map(cluster => ({ ...cluster, name: cluster.id })),
        },
      },
    });
  }
}

main(async () => {
  try {
    await benchAll();
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})
  // Whatever still holds a connection is of no use any more
  .then(() => process.exit());
