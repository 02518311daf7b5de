import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBackend } from '@backstage/backend-defaults';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { SandboxClient, startSandbox } from 'eks-sandbox';
import knexFactory from 'knex';

/**
 * Records what a portal of some commit has in its database and answers of it, for upgrade.test.ts, whose header says
 * how to run this. It takes nothing of the plugin but its default export, so that it runs in a tree of any commit.
 */
const [database, file] = process.argv.slice(2);
const port = 7713;
const api = `http://127.0.0.1:${port}/api/eks-pod-identity`;

const TABLES = [
  'operations',
  'operation_events',
  'leases',
  'reports',
  'owners',
  'settings',
  'associations',
  'service_accounts',
  'entity_refs',
  'cluster_states',
  'operation_timelines',
  'permission_checks',
  'evidence',
  'evidence_sweeps',
  'cluster_setups',
];

const component = (name: string, annotation?: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    namespace: 'default',
    uid: createHash('md5').update(name).digest('hex'),
    annotations: annotation
      ? { 'aws.amazon.com/eks-pod-identity': annotation }
      : {},
  },
  spec: { type: 'service', lifecycle: 'production', owner: 'user:mock' },
  relations: [{ type: 'ownedBy', targetRef: 'user:default/mock' }],
});

/** Service accounts that the sandbox breaks, by the scenario that does. */
const BROKEN = {
  keys: 'static-keys',
  old: 'pods-older-than-association',
  crowded: 'quota-full',
  untrusted: 'trust-for-irsa-only',
};
const brokenRef = (name: string) => `payments-prod/${name}-shop/${name}`;

const entities = [
  component('till'),
  component('payments-ledger', 'payments-prod/payments/payments-ledger'),
  component('stranger', 'elsewhere/shop/stranger'),
  ...Object.keys(BROKEN).map(name => component(name, brokenRef(name))),
];

const ref = (serviceAccount: string) => ({
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount,
  entityRef: 'component:default/till',
});
const grants = {
  managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'],
  createServiceAccount: 'always',
};

/** What is asked of the portal, in this order; the third also runs into a refusal of its own guardrails. */
const OPERATIONS = [
  { kind: 'associate', input: { ...ref('till'), ...grants, planOnly: true } },
  { kind: 'associate', input: { ...ref('till'), ...grants } },
  {
    kind: 'associate',
    input: {
      ...ref('drawer'),
      ...grants,
      managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    },
  },
  { kind: 'verify', input: ref('till') },
  { kind: 'associate', input: { ...ref('drawer'), ...grants } },
  { kind: 'teardown', input: ref('drawer') },
  {
    kind: 'verify',
    input: {
      ...ref('payments-ledger'),
      entityRef: 'component:default/payments-ledger',
    },
  },
  {
    kind: 'verify',
    input: { ...ref('counter'), clusterName: 'orders-legacy' },
  },
  // Changed and not tested since
  {
    kind: 'associate',
    input: {
      ...ref('till'),
      ...grants,
      managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSNSReadOnlyAccess'],
    },
  },
  // Set up and not tested
  { kind: 'associate', input: { ...ref('fresh'), ...grants } },
  ...Object.keys(BROKEN).map(name => ({
    kind: 'verify',
    input: {
      ...ref(name),
      namespace: `${name}-shop`,
      entityRef: `component:default/${name}`,
    },
  })),
];

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function ask(path: string, init?: RequestInit) {
  const answer = await fetch(api + path, {
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
    },
    ...init,
  });
  return { path, status: answer.status, body: await answer.json() };
}

async function operate(operation: object): Promise<string | undefined> {
  const { status, body } = await ask('/v1/operations', {
    method: 'POST',
    body: JSON.stringify(operation),
  });
  if (status >= 300) {
    console.error('refused:', JSON.stringify(body.error));
    return undefined;
  }
  for (;;) {
    const { body: now } = await ask(`/v1/operations/${body.id}`);
    if (['succeeded', 'failed', 'cancelled'].includes(now.state)) {
      console.error(operation, now.state, now.error?.message ?? '');
      return now.id;
    }
    await pause(200);
  }
}

async function main() {
  const knex =
    database === 'sqlite'
      ? knexFactory({
          client: 'better-sqlite3',
          connection: ':memory:',
          useNullAsDefault: true,
        })
      : knexFactory({ client: 'pg', connection: database });
  const sandbox = await startSandbox({
    clusters: ['payments-prod', 'orders-legacy'],
  });
  const control = new SandboxClient(sandbox.awsEndpoint);
  for (const [name, scenario] of Object.entries(BROKEN)) {
    await control.scenario(scenario, { identity: brokenRef(name) });
  }
  const { backstage, roles } = sandbox.credentials;
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: sandbox.awsEndpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: backstage.accessKeyId,
    AWS_SECRET_ACCESS_KEY: backstage.secretAccessKey,
  });

  const config = {
    app: { baseUrl: 'https://portal.example.com' },
    eksPodIdentity: {
      portalId: 'upgraded-portal',
      clusters: sandbox.connections().map(({ name, region, accountId }) => ({
        name,
        region,
        accountId,
        roles: { ...roles },
        allow: { installAgent: true },
      })),
      role: {
        path: '/backstage/',
        permissionsBoundaryArn: `arn:aws:iam::${sandbox.accountId}:policy/backstage-workload-boundary`,
      },
    },
  };
  const backend = createBackend();
  backend.add(
    mockServices.rootConfig.factory({
      data: {
        ...config,
        backend: {
          baseUrl: `http://127.0.0.1:${port}`,
          listen: { host: '127.0.0.1', port },
        },
      },
    }),
  );
  backend.add(mockServices.auth.factory());
  backend.add(mockServices.httpAuth.factory());
  backend.add(mockServices.userInfo.factory());
  backend.add(mockServices.permissions.factory());
  backend.add(mockServices.database.factory({ knex }));
  backend.add(catalogServiceMock.factory({ entities }));
  backend.add(import('backstage-plugin-eks-pod-identity-backend'));
  await backend.start();

  const ids: string[] = [];
  for (const operation of OPERATIONS) {
    const id = await operate(operation);
    if (id) ids.push(id);
  }
  // What follows an operation, and the sweeps, are written a moment later
  // wall time: by hand, once for each release
  await pause(15_000);

  const reports: string[] = await knex('reports').orderBy('id').pluck('id');
  const paths = [
    ...ids.flatMap(id => [
      `/v1/operations/${id}`,
      `/v1/operations/${id}/events?poll=true`,
    ]),
    ...reports.map(id => `/v1/reports/${id}`),
    ...['till', 'drawer', 'payments-ledger'].map(
      name => `/v1/service-accounts/payments-prod/payments/${name}/reports`,
    ),
    ...entities.map(
      ({ metadata }) => `/v1/entities/component/default/${metadata.name}`,
    ),
    '/v1/associations',
    '/v1/associations?limit=2',
    '/v1/associations?owner=portal&status=verified',
    '/v1/associations?drift=true',
    '/v1/associations?q=ledger',
    '/v1/clusters',
  ];
  const answers = [];
  for (const path of paths) answers.push(await ask(path));

  const rows: Record<string, unknown[]> = {};
  for (const table of TABLES) {
    // An earlier commit may have no such table
    if (await knex.schema.hasTable(table)) rows[table] = await knex(table);
  }
  const folder = resolvePackagePath(
    'backstage-plugin-eks-pod-identity-backend',
    'migrations',
  );
  const migrations = Object.fromEntries(
    readdirSync(folder).map(name => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
  const at = Date.now();
  writeFileSync(
    file,
    `${JSON.stringify({ at, migrations, config, entities, rows, answers })}\n`,
  );
  console.error(
    Object.entries(rows).map(([table, found]) => `${table} ${found.length}`),
    answers.map(({ path, status }) => `${status} ${path}`),
  );
  process.exit(0);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
