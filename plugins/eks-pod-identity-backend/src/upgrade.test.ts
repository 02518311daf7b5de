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
import {
  mockServices,
  startTestBackend,
  TestDatabaseId,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import type { JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { createTestDatabases } from './__testUtils__/databases';
import { fill, recorded, type Row } from './__testUtils__/upgrade/recorded';
import { eksPodIdentityPlugin } from './plugin';
import { recorderOn } from './status/__testUtils__/statusReports';
import { migrationsDirectory, type OperationRecord } from './store';
import { type RefColumns, toRef } from './store/refs';

/** Written again for each answer, in words and with links that may get better: of these only that they are there. */
const WORDING = ['consoleUrl', 'headline', 'nextCursor', 'path'];

/** What a status of version 0.1 is called today. */
const TODAY: Record<string, IdentityStatus> = {
  failed: 'broken',
  degraded: 'partly-works',
  inconclusive: 'could-not-check',
  consistent: 'looks-right',
  changed: 'looks-right',
  unverified: 'looks-right',
};

/** The status of a row or an answer in the words of today: some words of version 0.1 have become several. */
function todaysStatus({ status, headline, checks }: Row): string {
  if (status === 'unverified') {
    if (/has not looked|knows no cluster/.test(headline)) {
      return 'could-not-check';
    }
    if (/was taken away/.test(headline)) return 'no-identity';
  }
  if (status === 'degraded' && checks?.some((one: Row) => one.restart)) {
    return 'restart-needed';
  }
  return TODAY[status] ?? status;
}

function todaysCounts(counts: Record<string, number>) {
  const found: Record<string, number> = {};
  for (const [status, count] of Object.entries(counts)) {
    const now = TODAY[status] ?? status;
    found[now] = (found[now] ?? 0) + count;
  }
  return found;
}

/** What version 0.1 answered, in the words of today. */
const inTodaysWords = (body: JsonValue): JsonValue =>
  JSON.parse(
    JSON.stringify(body, (_, value) => {
      if (value?.report) {
        const { status, report } = value;
        return { ...value, status: todaysStatus({ ...report, status }) };
      }
      if (typeof value?.status === 'string') {
        return { ...value, status: todaysStatus(value) };
      }
      // Those of a check count pods
      return value?.counts && !value.counts.what
        ? { ...value, counts: todaysCounts(value.counts) }
        : value;
    }),
  );

/** What answers have today that the portal of each commit did not give: the first recorded one, the last before headlines became sentences, and the last before a verdict was about the application. */
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
    'way',
  ],
  ba589b3f: ['sentence', 'way'],
  de4ae82b: ['way'],
};

const reworded = (sentence: string) =>
  sentence
    // It was said twice, behind the words "Looks right"
    .replace('looks right, but', 'is as it should be, but')
    .replace('started earlier: restart', 'do not have it yet: restart');

const withoutWording = (commit: string, body: JsonValue) =>
  JSON.parse(
    JSON.stringify(body, (key, value) => {
      if (NEW[commit].includes(key)) return undefined;
      // Sorted by the status
      if (Array.isArray(value) && value[0]?.ref) {
        return [...value].sort((one, other) =>
          JSON.stringify(one.ref).localeCompare(JSON.stringify(other.ref)),
        );
      }
      // Told of rows since
      if (value?.associationId) {
        const since = { can: undefined, changedSince: undefined };
        return { ...value, ...since, proofFaded: undefined };
      }
      // Its removal is no longer offered: there is nothing of ours
      if (value?.association?.owner === 'external') {
        return { ...value, can: { ...value.can, remove: undefined } };
      }
      if (WORDING.includes(key)) return typeof value;
      return key === 'sentence' ? reworded(value) : value;
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

/** What the headlines of the recorded portals begin with. */
const WORDS_BEFORE = /^(Broken|Not tested|Verified): /;

/** A headline is stored without the word for its status. */
function migrated(table: string, row: Row): Row {
  if (table !== 'service_accounts') return row;
  return {
    ...row,
    status: todaysStatus(row),
    headline: row.headline.replace(WORDS_BEFORE, ''),
    fingerprint: isMarked(row) ? null : row.fingerprint,
    // Comparing begins again
    notified_status: null,
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
      await fill(knex, before);
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
        body: withoutWording(commit, inTodaysWords(answer.body)),
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

    it('keeps what the pods lack where an operation ends without a look at them', async () => {
      const { recorder, store } = recorderOn(knex);
      const lacking = before.rows.service_accounts.filter(({ status }) =>
        ['degraded', 'restart-needed'].includes(status),
      );
      expect(lacking).toHaveLength(commit === 'de4ae82b' ? 2 : 0);
      for (const row of lacking) {
        const ref = toRef(row as RefColumns);
        await recorder.recordEnd({
          records: [
            { id: 'broke-off', ref, kind: 'verify' } as OperationRecord,
          ],
          state: 'failed',
        });
        expect(await store.serviceAccounts.find(ref)).toMatchObject({
          status: todaysStatus(row),
          headline: reworded(row.headline),
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
          status: 'looks-right',
          changed_by: fingerprint.slice(MARKER.length),
        })),
      );
    });
  },
);
