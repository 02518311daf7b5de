/**
 * A portal of an earlier commit, upgraded in place: its database opened by the present code, which must answer every
 * route that reads it as the earlier code did. `__testUtils__/upgrade/*.json.gz` hold the rows and the answers, as
 * `record.ts` beside them got them from the code of that commit on the sandbox. To record those of another commit:
 *
 *     git worktree add ../before <commit> && cd ../before && node scripts/setup.mjs
 *     copy record.ts into plugins/eks-pod-identity-backend/src
 *     node --require ./node_modules/@backstage/cli/config/nodeTransform.cjs \
 *       plugins/eks-pod-identity-backend/src/record.ts sqlite sqlite.json
 *
 * and the same with the connection string of an empty PostgreSQL in place of `sqlite`; then gzip both files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  mockServices,
  startTestBackend,
  TestDatabaseId,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  type IdentityStatus,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { createTestDatabases } from './__testUtils__/databases';
import { eksPodIdentityPlugin } from './plugin';
import { migrationsDirectory } from './store';

type Row = Record<string, any>;

/** A portal as it was recorded. */
interface Recorded {
  /** Epoch milliseconds at which it answered. */
  at: number;
  /** SHA-256 of each migration that it had run. */
  migrations: Record<string, string>;
  config: JsonObject;
  entities: Entity[];
  rows: Record<string, Row[]>;
  answers: { path: string; status: number; body: JsonValue }[];
}

function recorded(commit: string, databaseId: string): Recorded {
  const name = databaseId.startsWith('POSTGRES') ? 'postgres' : 'sqlite';
  const file = join(
    __dirname,
    `__testUtils__/upgrade/${commit}-${name}.json.gz`,
  );
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
}

/** Written again for each answer, in words and with links that may get better: of these only that they are there. */
const WORDING = ['consoleUrl', 'headline', 'nextCursor', 'path'];

/** What answers have today that the portal of each commit did not give: the first recorded one, and the last before headlines became sentences. */
const NEW: Record<string, string[]> = {
  '997b2f8': [
    'associationArn',
    'claimed',
    'hasTab',
    'ownedBy',
    'proofLevel',
    'restart',
    'sentence',
    'setup',
    'sweep',
    'use',
  ],
  ba589b3f: ['sentence'],
};

const withoutWording = (commit: string, body: JsonValue) =>
  JSON.parse(
    JSON.stringify(body, (key, value) => {
      if (NEW[commit].includes(key)) return undefined;
      // Told of rows since
      if (value?.associationId) return { ...value, can: undefined };
      // Its removal is no longer offered: there is nothing of ours
      if (value?.association?.owner === 'external') {
        return { ...value, can: { ...value.can, remove: undefined } };
      }
      return WORDING.includes(key) ? typeof value : value;
    }),
  );

/** The first fleet was sorted by service account; now that has to be asked for. */
const askedNow = (commit: string, path: string) =>
  commit === '997b2f8' && /^\/v1\/associations\b/.test(path)
    ? `${path}${path.includes('?') ? '&' : '?'}sort=serviceAccount&order=asc`
    : path;

/** Was stored as the fingerprint of an identity that was changed and not looked at since. */
const MARKER = 'changed-by:';
const isMarked = ({ fingerprint }: Row) =>
  Boolean(fingerprint?.startsWith(MARKER));

/** A headline is stored without the word for its status. */
function migrated(table: string, row: Row): Row {
  if (table !== 'service_accounts') return row;
  const word = `${STATUS_WORDS[row.status as IdentityStatus].word}: `;
  return {
    ...row,
    headline: row.headline.replace(new RegExp(`^${word}`), ''),
    fingerprint: isMarked(row) ? null : row.fingerprint,
  };
}

const databases = createTestDatabases();

const PORTALS = databases
  .eachSupportedId()
  .flat()
  .flatMap(id => Object.keys(NEW).map(commit => [commit, id] as const));

describe.each(PORTALS)(
  'a portal of %s upgraded in place on %s',
  (commit, databaseId) => {
    const before = recorded(commit, databaseId);
    let knex: Knex;
    let backend: Awaited<ReturnType<typeof startTestBackend>>;

    beforeAll(async () => {
      // Only the clock: answers may depend on how long ago something was
      jest.useFakeTimers({
        now: before.at,
        doNotFake: [
          'hrtime',
          'nextTick',
          'performance',
          'queueMicrotask',
          'setImmediate',
          'clearImmediate',
          'setInterval',
          'clearInterval',
          'setTimeout',
          'clearTimeout',
        ],
      });
      knex = await databases.init(databaseId as TestDatabaseId);
      for (const name of Object.keys(before.migrations)) {
        await knex.migrate.up({ directory: migrationsDirectory, name });
      }
      for (const [table, rows] of Object.entries(before.rows)) {
        await knex.batchInsert(table, rows, 20);
      }
      backend = await startTestBackend({
        features: [
          eksPodIdentityPlugin,
          mockServices.rootConfig.factory({ data: before.config }),
          mockServices.database.factory({ knex }),
          mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
          catalogServiceMock.factory({ entities: before.entities }),
        ],
      });
    });

    afterAll(async () => {
      await backend?.stop();
      jest.useRealTimers();
    });

    it.each(Object.entries(before.migrations))(
      'finds the migration %s as it was run',
      (name, hash) => {
        const text = readFileSync(join(migrationsDirectory, name));
        expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
      },
    );

    it.each(before.answers)('answers $path as before', async answer => {
      const { port } = backend.server.address() as AddressInfo;
      const now = await fetch(
        `http://127.0.0.1:${port}/api/eks-pod-identity${askedNow(
          commit,
          answer.path,
        )}`,
      );
      expect({
        status: now.status,
        body: withoutWording(commit, await now.json()),
      }).toEqual({
        status: answer.status,
        body: withoutWording(commit, answer.body),
      });
    });

    it('keeps every row', async () => {
      for (const [table, rows] of Object.entries(before.rows)) {
        // Later migrations may have added columns
        const kept = await knex(table).select(Object.keys(rows[0] ?? {}));
        expect({
          table,
          rows: kept.map(row => JSON.stringify(row)).sort(),
        }).toEqual({
          table,
          rows: rows.map(row => JSON.stringify(migrated(table, row))).sort(),
        });
      }
    });

    it('has the operation that changed an identity beside its fingerprint', async () => {
      const changed = before.rows.service_accounts.filter(isMarked);
      expect(changed).toHaveLength(commit === 'ba589b3f' ? 1 : 0);
      expect(
        await knex('service_accounts')
          .whereNotNull('changed_by')
          .select('status', 'changed_by'),
      ).toEqual(
        changed.map(({ fingerprint }) => ({
          status: 'changed',
          changed_by: fingerprint.slice(MARKER.length),
        })),
      );
    });
  },
);
