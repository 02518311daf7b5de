import { isSampled } from 'eks-sandbox/patience/sample';
import { notificationsTo, tasksByHand } from './__testUtils__/byHand';
import { TestDatabaseId } from '@backstage/backend-test-utils';
import { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { SandboxClient } from 'eks-sandbox';
import type { Knex } from 'knex';
import { createTestDatabases } from './__testUtils__/databases';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { follow, Replica, verify } from './__testUtils__/testBackend';
import {
  fill,
  recorded,
  type Row,
  rowsAt,
} from './__testUtils__/upgrade/recorded';
import { migrationsDirectory } from './store';

const CLUSTERS = ['payments-prod', 'orders-legacy'];

/** What was wrong when the portal was recorded, as in `record.ts`. */
const BROKEN = {
  keys: 'static-keys',
  old: 'pods-older-than-association',
  crowded: 'quota-full',
  untrusted: 'trust-for-irsa-only',
};

/** The trial `upgrade` takes 1,000. */
const MANY = Number(process.env.EKS_TEST_ROWS ?? (isSampled ? 40 : 200));
/** A recorded identity with each status of version 0.1. */
const OF_EACH = [
  ...Object.keys(BROKEN),
  'till',
  'fresh',
  'payments-ledger',
  'ebs-csi-controller-sa',
];

/** The rows of many more identities, each like a recorded one but for names and ids. The sandbox gets them too. */
async function multiply(rows: Record<string, Row[]>, portal: SandboxPortal) {
  const { sandbox } = portal;
  const more = Array.from({ length: MANY }, (_, index) => {
    const account = OF_EACH[index % OF_EACH.length];
    const ours = ({ service_account }: Row) => service_account === account;
    const known = rows.associations.find(ours)!;
    const { namespace, role_arn: roleArn } = known;
    const serviceAccount = `${account}-${index}`;
    const associationId = `a-${index}`.padEnd(19, 'x');
    sandbox.aws.eks.putAssociations(CLUSTERS[0], [
      { namespace, serviceAccount, roleArn, associationId },
    ]);
    const copies = (table: string, change: Row = {}) =>
      rows[table].filter(ours).map(row => ({
        ...JSON.parse(
          JSON.stringify(row)
            .replaceAll(`"${account}\\"`, `"${serviceAccount}\\"`)
            .replaceAll(known.association_id, associationId)
            .replaceAll(/-[0-9a-f]{12}\b/g, `-${index}`.padEnd(13, 'e')),
        ),
        service_account: serviceAccount,
        ...change,
      }));
    return {
      service_accounts: copies('service_accounts'),
      associations: copies('associations', {
        owner: 'external',
        entity_ref: null,
      }),
      reports: copies('reports', {
        entity_ref: null,
        holder_ref: null,
        holder_uid: null,
        holder_owners: null,
      }),
      entity_refs: [
        {
          ...rows.entity_refs.find(({ source }) => source === 'annotation'),
          cluster: CLUSTERS[0],
          namespace,
          service_account: serviceAccount,
        },
      ],
    };
  });
  await sandbox.cluster(CLUSTERS[0]).apply(
    more.map(({ associations: [{ namespace, service_account: name }] }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
    })),
  );
  const all = { ...rows };
  for (const table of Object.keys(more[0]) as (keyof (typeof more)[0])[]) {
    all[table] = [...rows[table], ...more.flatMap(one => one[table])];
  }
  return all;
}

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())(
  'a portal of de4ae82b, which notified owners in words of version 0.1, upgraded on %s',
  databaseId => {
    let portal: SandboxPortal;
    let replica: Replica;
    let control: SandboxClient;
    let knex: Knex;
    let startedAt: number;
    let rows: Record<string, Row[]>;
    const sent: NotificationSendOptions[] = [];
    const { tasks, scheduler } = tasksByHand();

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
      rows = await multiply(rowsAt(before, startedAt), portal);
      await fill(knex, { migrations: before.migrations, rows });
      const migratedAt = performance.now();
      await knex.migrate.latest({ directory: migrationsDirectory });
      const seconds = (performance.now() - migratedAt) / 1_000;
      process.stdout.write(
        `${MANY} identities on ${databaseId}: ${seconds.toFixed(
          2,
        )} s of migration\n`,
      );
      replica = await portal.start({
        knex,
        entities: before.entities,
        // Of those that the sandbox breaks, no tag names a component
        section: {
          notifications: { recipients: 'annotated' },
          pacing: { eksPerSecond: 1_000, iamPerSecond: 1_000 },
        },
        scheduler,
        features: [notificationsTo(one => sent.push(one))],
      });
    });

    afterAll(() => portal?.stop());

    async function sweep() {
      for (const name of CLUSTERS) {
        await tasks.get(`sweep:${name}`)!(new AbortController().signal);
      }
    }

    it('had many identities of every status that version 0.1 knew', async () => {
      const counts: Record<string, number> = {};
      for (const { status } of rows.service_accounts.slice(-MANY)) {
        counts[status] = (counts[status] ?? 0) + 1;
      }
      const each = MANY / OF_EACH.length;
      expect(counts).toEqual({
        changed: each,
        consistent: each,
        degraded: each,
        failed: each,
        inconclusive: each,
        'restart-needed': each,
        unverified: each,
        verified: each,
      });
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
      expect(looked.length).toBeGreaterThan(MANY);
    });

    it('loses no report', async () => {
      const kept = new Set(await knex('reports').pluck('id'));
      expect(rows.reports.filter(({ id }) => !kept.has(id))).toEqual([]);
      const proofs = (of: Row[]) =>
        of
          .filter(one => one.proof_report_id)
          .map(one => `${one.service_account} ${one.proof_report_id}`)
          .sort();
      expect(proofs(await knex('service_accounts'))).toEqual(
        proofs(rows.service_accounts),
      );
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
