import type { TestDatabaseId } from '@backstage/backend-test-utils';
import { mockServices } from '@backstage/backend-test-utils';
import { metricsServiceMock } from '@backstage/backend-test-utils/alpha';
import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type { ClusterConfig } from 'eks-pod-identity-engine';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, type Store } from '../store';
import { createTelemetry } from '../telemetry';
import { takeClusterNews } from './clusterNews';
import { StatusNotifier, type StatusNotifierOptions } from './StatusNotifier';

const databases = createTestDatabases();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const cluster = { id: 'prod', title: 'Production' } as ClusterConfig;

describe.each(databases.eachSupportedId())(
  'what administrators hear of a cluster, on %s',
  databaseId => {
    let now: number;
    let isLate: boolean;
    let store: Store;
    const clock = {
      now: () => now,
      sleep: () => (isLate ? Promise.resolve() : new Promise<void>(() => {})),
    };
    const sweep = { frequencyMs: 0, timeoutMs: 5 * MINUTE, maxAgeMs: DAY };
    const send = jest.fn<Promise<void>, [NotificationSendOptions]>();
    let notifier: StatusNotifier;

    beforeEach(async () => {
      const knex = await databases.init(databaseId as TestDatabaseId);
      await knex.migrate.latest({ directory: migrationsDirectory });
      now = Date.parse('2026-01-01T00:00:00Z');
      isLate = false;
      store = createStore(knex, () => now);
      send.mockReset().mockResolvedValue();
      notifier = new StatusNotifier({
        clock,
        store,
        sweep,
        notifications: { send },
        telemetry: createTelemetry(metricsServiceMock.mock()),
        logger: mockServices.logger.mock(),
        administrators: ['group:default/platform'],
      } as Partial<StatusNotifierOptions> as StatusNotifierOptions);
      await store.clusterStates.finished('prod', undefined);
    });

    const swept = () => notifier.clusterSwept(cluster);
    const sent = () => send.mock.calls.map(([{ payload }]) => payload.title);
    const OUTAGE = 'Not read whole: cluster Production';
    const END = 'Read whole again: cluster Production';

    /** No sweep has come to its end for too long, and they heard of it. */
    async function inOutage() {
      now += DAY + MINUTE;
      await swept();
      expect(sent()).toEqual([OUTAGE]);
      expect(send.mock.calls[0][0].payload.description).toBe(
        'The statuses of identities of cluster prod may be out of date since 2026-01-01T00:00:00.000Z. No full sweep of this cluster has completed since then; see the portal’s log.',
      );
      send.mockClear();
    }

    it('says once of an outage why, and that the statuses may be out of date', async () => {
      await inOutage();
      await swept();
      expect(sent()).toEqual([]);
    });

    it('says its end only of a sweep that came to its end', async () => {
      await inOutage();
      // Forgotten for a while, and swept again: nothing is known of its age
      await store.clusterStates.keepOnly([], now + 1);
      await store.settings.getOrSet('unread:prod', 'unread');
      await store.clusterStates.setCursor('prod', { startedAt: now });
      await swept();
      await store.clusterStates.finished('prod', undefined);
      await store.clusterStates.setCursor('prod', { startedAt: now });
      await swept();
      expect(sent()).toEqual([]);
      await store.clusterStates.finished('prod', undefined);
      await swept();
      await swept();
      expect(sent()).toEqual([END]);
      expect(send.mock.calls[0][0].payload.description).toBe(
        'The last sweep of cluster prod came to its end.',
      );
    });

    it('has what was refused again, and not what was only slow', async () => {
      now += DAY + MINUTE;
      send.mockRejectedValueOnce(new Error('away'));
      await swept();
      let refuse = (_: Error) => {};
      send.mockReturnValueOnce(
        new Promise<void>((_, reject) => {
          refuse = reject;
        }),
      );
      isLate = true;
      await swept();
      expect(sent()).toEqual([OUTAGE, OUTAGE]);
      now += DAY;
      await swept();
      expect(sent()).toHaveLength(2);
      // Refused long after
      refuse(new Error('away'));
      for (let turn = 0; turn < 100; turn++) {
        await new Promise(setImmediate);
        await store.settings.get('unread:prod');
      }
      await swept();
      expect(sent()).toHaveLength(3);
    });

    it('has again what a process that ended had claimed and not said', async () => {
      now += DAY + MINUTE;
      expect(
        await takeClusterNews(cluster, { clock, store, sweep }),
      ).toBeDefined();
      now += 5 * MINUTE;
      await swept();
      expect(sent()).toEqual([]);
      now += 1;
      await swept();
      await swept();
      expect(sent()).toEqual([OUTAGE]);
    });
  },
);
