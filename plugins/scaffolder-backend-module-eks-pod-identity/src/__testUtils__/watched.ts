import { DatabaseManager } from '@backstage/backend-defaults/database';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from './databases';

const inMemory = mockServices.rootConfig({
  data: {
    backend: {
      database: { client: 'better-sqlite3', connection: ':memory:' },
    },
  },
});

/**
 * A database for each plugin, as every backend has one, which can be read out, and which closes with the backend:
 * Backstage leaves SQLite open, and the scaffolder goes on asking it.
 */
export function watchedDatabases() {
  const clients = new Map<string, Promise<Knex>>();
  const feature = createServiceFactory({
    service: coreServices.database,
    deps: {
      plugin: coreServices.pluginMetadata,
      lifecycle: coreServices.lifecycle,
      rootLifecycle: coreServices.rootLifecycle,
      logger: coreServices.logger,
    },
    createRootContext: () => DatabaseManager.fromConfig(inMemory),
    factory({ plugin, lifecycle, rootLifecycle, logger }, manager) {
      const id = plugin.getId();
      const database = manager.forPlugin(id, { lifecycle, logger });
      const client = database.getClient();
      clients.set(id, client);
      rootLifecycle.addShutdownHook(async () => {
        const knex = await client;
        // An error would be one that nothing handles; a question without an answer ends the scaffolder's loops
        knex.client.acquireConnection = () => new Promise(() => {});
        await knex.destroy();
      });
      return database;
    },
  });
  /** Every row of every table, by plugin. */
  async function dump(): Promise<Map<string, string>> {
    const dumps = new Map<string, string>();
    const opened = [...clients].map(
      async ([plugin, client]) => [plugin, await client] as const,
    );
    for (const [plugin, knex] of await Promise.all(opened)) {
      const tables = await knex('sqlite_master')
        .where({ type: 'table' })
        .pluck('name');
      const rows = await Promise.all(tables.map(table => knex(table).select()));
      dumps.set(plugin, JSON.stringify(rows.map((all, i) => [tables[i], all])));
    }
    return dumps;
  }
  return { feature, dump };
}

/** Keeps every answer of a portal to all requests of this process, event streams too; `stop` ends that. */
export function watchedAnswers(portalUrl: () => string) {
  const real = globalThis.fetch;
  const kept: Promise<string>[] = [];
  globalThis.fetch = async (input, init) => {
    const answer = await real(input, init);
    const address = input instanceof Request ? input.url : String(input);
    if (address.startsWith(portalUrl())) {
      const copy = answer.clone();
      kept.push(
        copy.text().then(
          text => `${address}\n${JSON.stringify([...copy.headers])}\n${text}`,
          // Its reader left
          () => address,
        ),
      );
    }
    return answer;
  };
  return {
    answers: () => Promise.all(kept),
    stop: () => {
      globalThis.fetch = real;
    },
  };
}
