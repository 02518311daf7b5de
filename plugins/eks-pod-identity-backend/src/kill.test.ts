import { startSandbox, Sandbox, useEndpoint } from 'eks-sandbox';
import { createTestDatabases, postgresIds } from './__testUtils__/databases';
import {
  ReplicaProcess,
  ReplicaProcesses,
} from './__testUtils__/replicaProcesses';
import { sandboxConfig } from './__testUtils__/sandboxBackend';
import { follow } from './__testUtils__/testBackend';

jest.setTimeout(120_000);

const databases = createTestDatabases();

const body = (
  kind: 'associate' | 'verify' | 'teardown',
  serviceAccount: string,
) => ({
  kind,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount,
    ...(kind === 'associate'
      ? {
          managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
          createServiceAccount: 'always' as const,
        }
      : {}),
  },
});

const postgres = postgresIds(databases);

it('has the PostgreSQL that the test run brings', () => {
  expect(postgres.length > 0).toBe(
    process.env.EKS_POD_IDENTITY_TEST_POSTGRES !== undefined,
  );
});

for (const databaseId of postgres) {
  describe(`two backend processes on one ${databaseId}`, () => {
    let sandbox: Sandbox;
    let processes: ReplicaProcesses;
    let restore: () => void;
    let survivor: ReplicaProcess;
    let victim: ReplicaProcess;

    beforeAll(async () => {
      sandbox = await startSandbox({ clusters: ['payments-prod'] });
      restore = useEndpoint(sandbox.awsEndpoint);
      process.env.AWS_REGION = sandbox.region;
      const { backstage } = sandbox.credentials;
      process.env.AWS_ACCESS_KEY_ID = backstage.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = backstage.secretAccessKey;
      processes = new ReplicaProcesses({
        knex: await databases.init(databaseId),
        config: sandboxConfig(sandbox, [{ name: 'payments-prod', id: 'prod' }]),
      });
      survivor = await processes.start();
    });

    beforeEach(async () => {
      sandbox.latency.clear();
      sandbox.calls.reset();
      victim = await processes.start();
    });

    afterAll(async () => {
      await processes?.stop();
      await sandbox?.stop();
      restore?.();
    });

    const calls = (operation: string) =>
      sandbox.calls.calls().filter(call => call.operation === operation).length;

    const pods = () =>
      sandbox.calls
        .calls()
        .filter(call => call.write && call.operation === 'create pods').length;

    async function until(condition: () => boolean) {
      while (!condition()) {
        await new Promise(resolve => {
          setTimeout(resolve, 10);
        });
      }
    }

    it.each([
      ['after the role was created', 'CreateRole', 'iam:AttachRolePolicy'],
      [
        'after the association was created',
        'CreatePodIdentityAssociation',
        'eks:DescribePodIdentityAssociation',
      ],
    ])('finish what was killed %s', async (_when, written, held) => {
      const name = written.toLowerCase();
      sandbox.latency.set(held, 5_000);
      const { id } = await victim.client.startOperation(
        body('associate', name),
      );
      await until(() => calls(written) > 0);
      await victim.kill();
      sandbox.latency.clear();

      const events = await follow(survivor.client, id);
      expect(events.at(-1)).toMatchObject({ data: { state: 'succeeded' } });
      expect(calls('CreateRole')).toBe(1);
      expect(calls('CreatePodIdentityAssociation')).toBe(1);
      expect(
        sandbox.aws.eks
          .associations('payments-prod')
          .filter(one => one.serviceAccount === name),
      ).toHaveLength(1);

      const again = await survivor.client.startOperation(
        body('associate', name),
      );
      await follow(survivor.client, again.id);
      expect(
        (await survivor.client.getOperation(again.id)).result,
      ).toMatchObject({ changed: false });
    });

    it('finish a removal that was killed in the middle', async () => {
      const made = await survivor.client.startOperation(
        body('associate', 'removed'),
      );
      await follow(survivor.client, made.id);
      const roles = () => sandbox.aws.iam.roles().map(role => role.name);
      const { result } = await survivor.client.getOperation(made.id);
      const roleName = result?.kind === 'associate' ? result.roleName : '';
      expect(roles()).toContain(roleName);

      sandbox.latency.set('iam:DetachRolePolicy', 5_000);
      const { id } = await victim.client.startOperation(
        body('teardown', 'removed'),
      );
      await until(() => calls('DeletePodIdentityAssociation') > 0);
      await victim.kill();
      sandbox.latency.clear();
      await follow(survivor.client, id);
      expect((await survivor.client.getOperation(id)).state).toBe('succeeded');
      expect(roles()).not.toContain(roleName);
      expect(calls('DeletePodIdentityAssociation')).toBe(1);
    });

    it('prove again what was killed while a probe ran', async () => {
      const made = await survivor.client.startOperation(
        body('associate', 'proven'),
      );
      await follow(survivor.client, made.id);
      sandbox.calls.reset();
      sandbox.delays.podStart = 60_000;
      const { id } = await victim.client.startOperation(
        body('verify', 'proven'),
      );
      await until(() => pods() === 1);
      await victim.kill();
      sandbox.delays.podStart = 0;

      await follow(survivor.client, id);
      const { state, result } = await survivor.client.getOperation(id);
      expect(state).toBe('succeeded');
      expect(result).toMatchObject({ status: 'verified', reused: false });
      expect(pods()).toBe(2);
      const { items } = await survivor.client.listReports({
        cluster: 'prod',
        namespace: 'payments',
        serviceAccount: 'proven',
      });
      expect(items).toHaveLength(1);
    });

    it('make one pod of two clicks at the same time, and tell both the same', async () => {
      const made = await survivor.client.startOperation(
        body('associate', 'clicked'),
      );
      await follow(survivor.client, made.id);
      sandbox.calls.reset();
      const clients = [survivor.client, victim.client];
      const operations = await Promise.all(
        clients.map(client => client.startOperation(body('verify', 'clicked'))),
      );
      expect(new Set(operations.map(({ id }) => id)).size).toBe(2);
      const streams = await Promise.all(
        operations.map(({ id }, index) => follow(clients[index], id)),
      );
      expect(pods()).toBe(1);
      const [one, other] = streams.map(events =>
        events.find(event => event.type === 'result'),
      );
      expect(one).toMatchObject({ data: { status: 'verified' } });
      expect(other?.data).toEqual(one?.data);
    });

    it('hand over at SIGTERM and end at once', async () => {
      sandbox.latency.set('iam:AttachRolePolicy', 1_000);
      const { id } = await victim.client.startOperation(
        body('associate', 'handed'),
      );
      await until(() => calls('CreateRole') > 0);
      const began = Date.now();
      await victim.terminate();
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(victim.output()).toContain(
        `Left associate of prod/payments/handed (operation ${id}) to another process`,
      );
      sandbox.latency.clear();
      await follow(survivor.client, id);
      expect((await survivor.client.getOperation(id)).state).toBe('succeeded');
      expect(calls('CreateRole')).toBe(1);
    });
  });
}
