import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabaseId } from '@backstage/backend-test-utils';
import {
  NotificationSendOptions,
  notificationService,
} from '@backstage/plugin-notifications-node';
import { SandboxClient } from 'eks-sandbox';
import type { Knex } from 'knex';
import { createTestDatabases } from './__testUtils__/databases';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { follow, Replica, verify } from './__testUtils__/testBackend';
import { fill, recorded, rowsAt } from './__testUtils__/upgrade/recorded';

const CLUSTERS = ['payments-prod', 'orders-legacy'];

/** What was wrong when the portal was recorded, as in `record.ts`. */
const BROKEN = {
  keys: 'static-keys',
  old: 'pods-older-than-association',
  crowded: 'quota-full',
  untrusted: 'trust-for-irsa-only',
};

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())(
  'a portal of de4ae82b, which notified owners in words of version 0.1, upgraded on %s',
  databaseId => {
    let portal: SandboxPortal;
    let replica: Replica;
    let control: SandboxClient;
    let knex: Knex;
    let startedAt: number;
    const sent: NotificationSendOptions[] = [];
    const tasks = new Map<string, (signal: AbortSignal) => unknown>();

    beforeAll(async () => {
      portal = await startSandboxPortal({
        sandbox: { clusters: CLUSTERS },
        clusters: CLUSTERS.map(name => ({ name })),
      });
      control = new SandboxClient(portal.sandbox.awsEndpoint);
      for (const [name, scenario] of Object.entries(BROKEN)) {
        const identity = `payments-prod/${name}-shop/${name}`;
        await control.scenario(scenario, { identity });
      }
      const before = recorded('de4ae82b', String(databaseId));
      startedAt = Date.now();
      knex = await databases.init(databaseId as TestDatabaseId);
      await fill(knex, {
        migrations: before.migrations,
        rows: rowsAt(before, startedAt),
      });
      replica = await portal.start({
        knex,
        entities: before.entities,
        // Of those that the sandbox breaks, no tag names a component
        section: { notifications: { recipients: 'annotated' } },
        scheduler: mockServices.scheduler.mock({
          scheduleTask: async task => {
            tasks.set(task.id, signal => task.fn(signal));
          },
        }).factory,
        features: [
          createServiceFactory({
            service: notificationService,
            deps: {},
            factory: () => ({
              send: async (notification: NotificationSendOptions) => {
                sent.push(notification);
              },
            }),
          }),
        ],
      });
    });

    afterAll(() => portal?.stop());

    async function sweep() {
      for (const name of CLUSTERS) {
        await tasks.get(`sweep:${name}`)!(new AbortController().signal);
      }
    }

    it('had every status that version 0.1 knew', async () => {
      const { rows } = recorded('de4ae82b', String(databaseId));
      const statuses = rows.service_accounts.map(({ status }) => status);
      expect([...new Set(statuses)].sort()).toEqual([
        'changed',
        'consistent',
        'degraded',
        'failed',
        'inconclusive',
        'restart-needed',
        'unverified',
        'verified',
      ]);
    });

    it('notifies nobody by its first sweeps, however they judge', async () => {
      await sweep();
      await sweep();
      const looked = await knex('service_accounts')
        .where('looked_at', '>', startedAt)
        .orderBy('service_account')
        .select('service_account', 'former_notified', 'notified_status');
      // Its owners knew, or had not been notified of anything
      expect(looked).toEqual(
        expect.arrayContaining([
          {
            service_account: 'untrusted',
            former_notified: 'failed',
            notified_status: 'broken',
          },
          {
            service_account: 'till',
            former_notified: 'verified',
            notified_status: 'broken',
          },
        ]),
      );
      expect(looked.map(row => row.service_account)).toEqual(
        expect.arrayContaining([...Object.keys(BROKEN), 'payments-ledger']),
      );
      expect(sent).toEqual([]);
    });

    it('notifies of what breaks after that', async () => {
      const serviceAccount = 'payments-ledger';
      const owner = replica.as('user:default/mock');
      const { id } = await owner.startOperation(
        verify(serviceAccount, {
          clusterName: 'payments-prod',
          entityRef: `component:default/${serviceAccount}`,
        }),
      );
      await follow(owner, id);
      expect(sent).toEqual([]);
      await control.scenario('association-missing', {
        identity: `payments-prod/payments/${serviceAccount}`,
      });
      await sweep();
      expect(sent.map(({ payload }) => payload.title)).toEqual([
        'Broken: AWS identity of payments-ledger',
      ]);
    });
  },
);
