import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { DefaultAwsCredentialsManager } from '@backstage/integration-aws-node';
// The one proxy of all tests, which is no part of the published package.
// eslint-disable-next-line @backstage/no-relative-monorepo-imports
import {
  TestProxy,
  useProxies,
} from '../../../packages/engine/src/network/__testUtils__/TestProxy';
import type { JsonObject } from '@backstage/types';
import { readEngineConfig } from 'eks-pod-identity-engine';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { awsAccounts } from './awsAccounts';
import {
  type SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { ADA, follow, verify } from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const PASSWORD = 'geheim-7';
const AS_HEADER = Buffer.from(`ada:${PASSWORD}`).toString('base64');

const { timings } = readEngineConfig(
  mockServices.rootConfig({
    data: {
      app: { baseUrl: 'https://portal.example.com' },
      eksPodIdentity: {
        clusters: [],
        timings: { requestTimeout: PATIENCE_MS, connectTimeout: PATIENCE_MS },
      },
    },
  }),
);

const accountsOf = (data: JsonObject = {}) =>
  awsAccounts(mockServices.rootConfig({ data }), timings);

describe('a portal behind a proxy, with the keys of its own environment', () => {
  let portal: SandboxPortal;
  let proxy: TestProxy;
  let restore: () => void;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        { name: 'payments-prod', id: 'prod', kubernetes: { access: 'none' } },
      ],
    });
    proxy = await TestProxy.start();
    const { port } = new URL(portal.sandbox.awsEndpoint);
    process.env.AWS_ENDPOINT_URL = `http://aws.sandbox.invalid:${port}`;
    restore = useProxies({
      HTTP_PROXY: `http://ada:${PASSWORD}@${proxy.host}`,
    });
  });
  afterAll(async () => {
    await portal.stop();
    restore();
    await proxy.stop();
  });
  beforeEach(() => proxy.reset());

  async function run() {
    const knex = await databases.init('SQLITE_3');
    const replica = await portal.start({ knex });
    const client = replica.as(ADA);
    const { id } = await client.startOperation(verify('payments-ledger'));
    const events = await follow(client, id);
    const operation = await client.getOperation(id);
    const tables = await knex('sqlite_master').where({ type: 'table' });
    const rows = await Promise.all(
      tables.map(({ name }: { name: string }) => knex(name).select()),
    );
    const everything = JSON.stringify([
      events,
      operation,
      rows,
      replica.logger,
    ]);
    return { operation, everything, rows };
  }

  const statusOf = (
    { result }: Awaited<ReturnType<typeof run>>['operation'],
    check: string,
  ) => (result as any).report.checks.find((one: any) => one.id === check);

  it('reads AWS through it, without a word of its password', async () => {
    const { operation, everything } = await run();
    expect(statusOf(operation, 'access.aws')).toMatchObject({ status: 'pass' });
    expect(proxy.hosts).toEqual(['aws.sandbox.invalid']);
    expect(proxy.authorization).toBe(`Basic ${AS_HEADER}`);
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain(AS_HEADER);
  });

  it('says what the proxy answered, in a report without its password', async () => {
    proxy.refusal = 407;
    const { operation, everything, rows } = await run();
    const { status, fix } = statusOf(operation, 'access.aws');
    expect(status).toBe('unknown');
    expect(JSON.stringify(fix)).toMatch(
      /does not accept who the portal is \(407\)\..*Give HTTP_PROXY in the portal's environment a user/,
    );
    expect(JSON.stringify(rows)).toContain(proxy.host);
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain(AS_HEADER);
  });

  it('refuses the keys of another account', async () => {
    const { getCredentialProvider } = accountsOf();
    await expect(
      getCredentialProvider({ accountId: '999999999999' }),
    ).rejects.toThrow(
      'There is no AWS integration that matches 999999999999: the main credentials belong to 111122223333.',
    );
  });

  it('takes the main keys where no account is asked for', async () => {
    const { sdkCredentialProvider } = await accountsOf().getCredentialProvider(
      {},
    );
    const { accessKeyId } = await sdkCredentialProvider();
    expect(accessKeyId).toBe(process.env.AWS_ACCESS_KEY_ID);
  });

  it('takes the main keys of the configuration', async () => {
    const { backstage } = portal.sandbox.credentials;
    const { accessKeyId, secretAccessKey } = backstage;
    const accounts = accountsOf({
      aws: { mainAccount: { accessKeyId, secretAccessKey } },
    });
    const { sdkCredentialProvider } = await accounts.getCredentialProvider({
      accountId: portal.sandbox.accountId,
    });
    expect(await sdkCredentialProvider()).toMatchObject({ accessKeyId });
  });

  it("is Backstage's own without a proxy", () => {
    const undo = useProxies();
    expect(accountsOf()).toBeInstanceOf(DefaultAwsCredentialsManager);
    undo();
  });
});
