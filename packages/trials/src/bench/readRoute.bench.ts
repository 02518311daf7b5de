/**
 * How long the plugin takes to answer the requests of pages, with 10,000 associations in its database, on SQLite (a file)
 * and on a real PostgreSQL.
 *
 * The clock runs in this process, from sending a request to having read its answer. This includes loopback, the plugin's
 * whole backend in a separate process (routing, the user's token, validation in and out, compression), its database, and
 * the catalog and the permission service over HTTP, which run in a third process as in a portal that is split, on
 * PostgreSQL: a catalog of the fleet's 2,000 components, a policy that limits developers by conditions (so that the
 * permission service comes back to the plugin with them), and the backend that signed the users in. What the plugin
 * alone adds to these two is measured by card.bench.ts.
 *
 * Not in: a network, a proxy, TLS, a browser; AWS and Kubernetes are never asked on these routes.
 */
import { join } from 'node:path';
import knexFactory from 'knex';
import { createStore } from '../../../../plugins/eks-pod-identity-backend/src/store';
import { figure } from '../../../../scripts/lib/output.mjs';
import { benchmark } from './lib/benchmark';
import { quantile } from './lib/statistics.mjs';
import {
  folder,
  type Place,
  removeFiles,
  startPortal,
} from './readRoute/backends';
import { cards, entityRefOf, NOW, users } from './readRoute/world';

const NAME = 'read route, 10,000 associations';
const ALL = 10_000;
const WARM_UP = 50;
const REQUESTS = 300;
const QUANTILES = { fastest: 0, median: 0.5, p95: 0.95, p99: 0.99 };

const sqlite: Place = {
  name: 'SQLite',
  config: { client: 'better-sqlite3', connection: { directory: folder } },
  knex: knexFactory({
    client: 'better-sqlite3',
    connection: join(folder, 'eks-pod-identity.sqlite'),
    useNullAsDefault: true,
  }),
};

type Tokens = Record<keyof typeof users, string>;
type Route = [
  what: string,
  path: string,
  user: keyof Tokens,
  isRight: (answer: any) => boolean,
];

const card = (entity: number) =>
  `/v1/entities/${entityRefOf(entity).replace(':', '/')}`;
const fleet = (query = '') => `/v1/associations${query}`;
const isPage = ({ items, totalItems }: any) =>
  items.length === 50 && totalItems === ALL;
const findsAny = ({ items }: any) => items.length > 0;

const routesWith = (deepCursor: string): Route[] => [
  ['card, 1 identity', card(cards.one), 'developer', one => has(one, 1)],
  ['card, 30 identities', card(cards.many), 'developer', one => has(one, 30)],
  ['fleet, first page', fleet(), 'platform', isPage],
  ['fleet, page 180', fleet(`?cursor=${deepCursor}`), 'platform', isPage],
  [
    'fleet, failed ones of a cluster',
    fleet('?cluster=prod-2&status=failed'),
    'platform',
    findsAny,
  ],
  ['fleet, search', fleet('?q=service-11'), 'platform', findsAny],
  [
    'fleet, first page of a developer',
    fleet(),
    'developer',
    ({ items, totalItems }) => items.length === 50 && totalItems < ALL / 10,
  ],
];

function has({ identities }: { identities: unknown[] }, count: number) {
  return identities.length === count;
}

/** The milliseconds of every request, sent one after the other by each of so many callers. */
async function times(
  ask: () => Promise<unknown>,
  requests: number,
  callers: number,
) {
  const found: number[] = [];
  let left = requests;
  const call = async () => {
    while (left > 0) {
      left -= 1;
      const start = performance.now();
      await ask();
      found.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return found.sort((a, b) => a - b);
}

async function measure(name: string, url: string, tokens: Tokens) {
  const get = async (path: string, user: keyof Tokens) => {
    const answer = await fetch(`${url}/eks-pod-identity${path}`, {
      headers: { authorization: `Bearer ${tokens[user]}` },
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
    return JSON.parse(body);
  };
  /** What the plugin's process has used: on a busy machine nearly the same, as a latency is not. */
  const usage = async (): Promise<{ cpuMs: number; memoryMb: number }> =>
    (await fetch(`${url}/usage`)).json();
  let deep: { nextCursor: string } = await get(fleet('?limit=200'), 'platform');
  for (let page = 2; page <= 45; page += 1) {
    deep = await get(fleet(`?limit=200&cursor=${deep.nextCursor}`), 'platform');
  }
  const { memoryMb } = await usage();
  for (const [what, path, user, isRight] of routesWith(deep.nextCursor)) {
    const answer = await get(path, user);
    if (!isRight(answer)) {
      throw new Error(
        `${path} answered ${JSON.stringify(answer).slice(0, 500)}`,
      );
    }
    const ask = () => get(path, user);
    await times(ask, WARM_UP, 1);
    for (const callers of [1, 8]) {
      const before = (await usage()).cpuMs;
      const sorted = await times(ask, REQUESTS, callers);
      const cpuMs = ((await usage()).cpuMs - before) / REQUESTS;
      const how = callers === 1 ? 'one by one' : `${callers} at once`;
      figure(`${name}: ${what}, ${how}, processor time`, cpuMs, 'ms');
      for (const [quantileName, share] of Object.entries(QUANTILES)) {
        const ms = quantile(sorted, share);
        figure(`${name}: ${what}, ${how}, ${quantileName}`, ms, 'ms');
      }
    }
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
  const store = createStore(knex, () => NOW).fleet;
  await Promise.all([
    store.page({}, { limit: 50 }),
    store.page({ q: 'service' }, { limit: 50 }),
    store.counts({}),
    store.countsByCluster(),
    store.entityRefsWith(undefined, 'service', 200),
  ]);
  knex.off('query-response', count);
  figure(
    `${NAME}, ${name}: rows that leave the database for a page, at most`,
    most,
    'rows',
  );
}

benchmark(async () => {
  const { own, tokens, plugin, startPlugin } = await startPortal([sqlite]);
  for (const place of [sqlite, own]) {
    await countRows(place);
    const service = await startPlugin(place);
    await measure(`${NAME}, ${place.name}`, plugin, tokens);
    await service.stop();
    await place.knex.destroy();
  }
}, removeFiles);
