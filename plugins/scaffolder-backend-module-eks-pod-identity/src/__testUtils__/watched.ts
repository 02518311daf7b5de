import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockServices,
  type TestDatabases,
} from '@backstage/backend-test-utils';
import type { Knex } from './databases';

/** A database for each plugin, which can be read out. */
export function watchedDatabases(databases: TestDatabases) {
  const clients = new Map<string, Promise<Knex>>();
  const feature = createServiceFactory({
    service: coreServices.database,
    deps: { plugin: coreServices.pluginMetadata },
    async factory({ plugin }) {
      const id = plugin.getId();
      if (!clients.has(id)) clients.set(id, databases.init('SQLITE_3'));
      return mockServices.database({ knex: await clients.get(id)! });
    },
  });
  /** Every row of every table, by plugin. */
  async function dump(): Promise<Map<string, string>> {
    const dumps = new Map<string, string>();
    for (const [plugin, client] of clients) {
      const knex = await client;
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

/** Keeps every answer of a portal to whoever asks it in this process, event streams too; `stop` ends that. */
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
