import { notificationsTo, tasksByHand } from '../__testUtils__/byHand';
import type { TestDatabaseId } from '@backstage/backend-test-utils';
import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { createTestDatabases } from '../__testUtils__/databases';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';

const databases = createTestDatabases();
const CLUSTER = 'payments-prod';
const HOUR = 3_600_000;
const ADMINISTRATORS = ['group:default/platform', 'user:default/carol'];

describe.each(databases.eachSupportedId())(
  'a cluster that two replicas cannot read, on %s',
  databaseId => {
    let portal: SandboxPortal;
    /** The notifications of both. */
    const heard = { isAway: false, sent: [] as NotificationSendOptions[] };
    let sweep: () => Promise<unknown>;
    const clock = new ShiftedClock();

    beforeAll(async () => {
      portal = await startSandboxPortal({
        sandbox: { clusters: [CLUSTER] },
        clusters: [{ name: CLUSTER, title: 'Payments (production)' }],
      });
      const knex = await databases.init(databaseId as TestDatabaseId);
      const replicas = [tasksByHand(), tasksByHand()];
      for (const { scheduler } of replicas) {
        await portal.start({
          knex,
          clock,
          scheduler,
          section: { administrators: ADMINISTRATORS },
          features: [
            notificationsTo(notification => {
              if (heard.isAway) throw new Error('The notifications are away.');
              heard.sent.push(notification);
            }),
          ],
        });
      }
      sweep = () =>
        Promise.all(
          replicas.map(({ tasks }) =>
            tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal),
          ),
        );
    });

    afterAll(() => portal?.stop());

    const titles = () => heard.sent.map(({ payload }) => payload.title);

    it('is said to its administrators once, and once that it was read whole again', async () => {
      const { iam } = portal.sandbox.aws;
      const { read } = portal.sandbox.credentials.roles;
      const before = { ...iam.role(read) };
      await sweep();
      iam.updateRole(read, { inline: {}, attached: [] });
      await sweep();
      // Within a day, what was seen still counts
      clock.shift += 23 * HOUR;
      await sweep();
      expect(heard.sent).toEqual([]);

      clock.shift += 2 * HOUR;
      heard.isAway = true;
      await sweep();
      heard.isAway = false;
      await sweep();
      expect(heard.sent).toMatchObject([
        {
          recipients: { type: 'entity', entityRef: ADMINISTRATORS },
          payload: {
            title: 'Not read whole: cluster Payments (production)',
            description: expect.stringMatching(
              /^The statuses of identities of cluster payments-prod may be out of date since \S+Z\. .*ListPodIdentityAssociations/,
            ),
            link: 'https://portal.example.com/aws-identities/clusters',
            severity: 'high',
            topic: 'AWS identity: cluster',
          },
        },
      ]);
      clock.shift += 24 * HOUR;
      await sweep();
      expect(heard.sent).toHaveLength(1);

      // Tokens from the future would be refused
      clock.shift = 0;
      Object.assign(iam.role(read), before);
      heard.sent = [];
      await sweep();
      await sweep();
      expect(titles()).toEqual([
        'Read whole again: cluster Payments (production)',
      ]);

      // The next outage is news again
      iam.updateRole(read, { inline: {}, attached: [] });
      await sweep();
      clock.shift += 25 * HOUR;
      heard.sent = [];
      await sweep();
      expect(titles()).toEqual([
        'Not read whole: cluster Payments (production)',
      ]);
    });
  },
);
