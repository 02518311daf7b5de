/** @night `sweep/databases` stops a sweep, and goes on, in one process */
import {
  countByOperation,
  Sandbox,
  startSandbox,
  useEndpoint,
} from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import knexFactory, { Knex } from 'knex';
import {
  putBulkAssociations,
  slowDownLooks,
} from '../__testUtils__/bulkAssociations';
import { createTestDatabases, postgresIds } from '../__testUtils__/databases';
import { ReplicaProcesses } from '../__testUtils__/replicaProcesses';
import { sandboxConfig } from '../__testUtils__/sandboxBackend';
import { createStore } from '../store';

const databases = createTestDatabases();
const postgres = postgresIds(databases);

const CLUSTER = 'payments-prod';
const COUNT = 120;

it('has the PostgreSQL that the test run brings', () => {
  expect(postgres.length > 0).toBe(
    process.env.EKS_POD_IDENTITY_TEST_POSTGRES !== undefined,
  );
});

for (const databaseId of postgres) {
  describe(`a backend process that is killed in mid-sweep, on ${databaseId}`, () => {
    let sandbox: Sandbox;
    let processes: ReplicaProcesses;
    let knex: Knex;
    let restore: () => void;

    beforeAll(async () => {
      sandbox = await startSandbox({ clusters: [CLUSTER] });
      restore = useEndpoint(sandbox.awsEndpoint);
      process.env.AWS_REGION = sandbox.region;
      const { backstage } = sandbox.credentials;
      process.env.AWS_ACCESS_KEY_ID = backstage.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = backstage.secretAccessKey;
      const whole = await databases.init(databaseId);
      // Each plugin of the process has a schema
      knex = knexFactory({
        ...whole.client.config,
        searchPath: ['eks-pod-identity'],
      });
      processes = new ReplicaProcesses({
        knex: whole,
        config: sandboxConfig(sandbox, [{ name: CLUSTER }]),
      });
    });

    afterAll(async () => {
      await processes?.stop();
      await knex?.destroy();
      await sandbox?.stop();
      restore?.();
    });

    it('leaves the rest to another one, which goes on where it stopped', async () => {
      putBulkAssociations(sandbox, CLUSTER, COUNT, { namespaces: 24 });
      // Each namespace takes its time, so that the sweep can be met while it looks around
      await slowDownLooks(sandbox, CLUSTER, 60);
      const cursor = async () =>
        (await createStore(knex, Date.now).clusterStates.find(CLUSTER)).cursor
          ?.after;
      const victim = await processes.start();
      await until(async () => (await cursor()) !== undefined);
      await victim.kill();
      expect(victim.output()).not.toContain('Swept cluster');
      sandbox.latency.clear();

      const others = await processes.start();
      // What Backstage's scheduler does when the timeout of the task is over
      await knex('backstage_backend_tasks__tasks')
        .where({ id: `sweep:${CLUSTER}` })
        .update({
          current_run_ticket: null,
          current_run_started_at: null,
          current_run_expires_at: null,
          next_run_start_at: knex.fn.now(),
        });
      await until(() => others.output().includes('Swept cluster'));
      const [, looked] =
        /Swept cluster payments-prod: 120 associations, \d described, (\d+) looked at \(resumed\)/.exec(
          others.output(),
        )!;
      expect(Number(looked)).toBeLessThanOrEqual(COUNT - 25);
      const states = await knex('service_accounts').whereNotNull(
        'look_report_id',
      );
      expect(states).toHaveLength(COUNT);
      // Described once each, but for a sweep's daily share
      expect(
        countByOperation(sandbox.calls.calls())[
          'eks:DescribePodIdentityAssociation'
        ],
      ).toBeLessThan(COUNT + 10);
    });
  });
}
