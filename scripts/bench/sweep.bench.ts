/**
 * The calls to AWS and the time of a sweep: of a first one over three clusters with 300 associations each, and of a
 * second one when nothing has changed. The plugin and the sandbox share this process, so the time includes the
 * sandbox's work; pacing, which in a portal takes most of the time, is effectively off, and the catalog is empty. The database is SQLite in memory.
 */
import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
  type SchedulerService,
} from '@backstage/backend-plugin-api';
import {
  type CatalogService,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { ConfigReader } from '@backstage/config';
import { countByOperation, startSandbox } from 'eks-sandbox';
import eksPodIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { figure, section, table } from './lib/output.mjs';

const CLUSTERS = ['payments-prod', 'platform-auto', 'orders-legacy'];
const EACH = 300;
const WHAT = `sweep of ${CLUSTERS.length} × ${EACH} associations`;

async function main() {
  const sandbox = await startSandbox({ clusters: CLUSTERS });
  process.env.AWS_ENDPOINT_URL = sandbox.awsEndpoint;
  process.env.AWS_REGION = sandbox.region;
  const { backstage, roles } = sandbox.credentials;
  process.env.AWS_ACCESS_KEY_ID = backstage.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = backstage.secretAccessKey;
  const { eks, iam } = sandbox.aws;
  for (const cluster of CLUSTERS) {
    for (const { associationId } of eks.associations(cluster)) {
      eks.deleteAssociation(cluster, associationId);
    }
    eks.putAssociations(
      cluster,
      Array.from({ length: EACH }, (_, index) => ({
        namespace: `team-${index % 6}`,
        serviceAccount: `sa-${String(index).padStart(3, '0')}`,
        roleArn: iam.putRole({ name: `bulk-${index}` }).arn,
      })),
    );
  }

  const tasks = new Map<string, (signal: AbortSignal) => unknown>();
  const scheduler = {
    scheduleTask: async task => {
      tasks.set(task.id, signal => task.fn(signal));
    },
  } as Partial<SchedulerService> as SchedulerService;
  const catalog = {
    getEntitiesByRefs: async ({ entityRefs }) => ({
      items: entityRefs.map(() => undefined),
    }),
  } as Partial<CatalogService> as CatalogService;
  const config = new ConfigReader({
    app: { baseUrl: 'https://portal.example.com' },
    backend: {
      baseUrl: 'http://127.0.0.1',
      listen: { host: '127.0.0.1', port: 0 },
      database: { client: 'better-sqlite3', connection: ':memory:' },
    },
    eksPodIdentity: {
      clusters: CLUSTERS.map(name => ({
        name,
        region: sandbox.region,
        accountId: sandbox.accountId,
        roles: { ...roles },
      })),
      pacing: { eksPerSecond: 100_000, iamPerSecond: 100_000 },
    },
  });
  const backend = createBackend();
  backend.add(
    createServiceFactory({
      service: coreServices.scheduler,
      deps: {},
      factory: () => scheduler,
    }),
  );
  backend.add(
    createServiceFactory({
      service: catalogServiceRef,
      deps: {},
      factory: () => catalog,
    }),
  );
  backend.add(
    createServiceFactory({
      service: coreServices.rootConfig,
      deps: {},
      factory: () => config,
    }),
  );
  backend.add(eksPodIdentityPlugin);
  await backend.start();

  const rows: (string | number)[][] = [];
  for (const run of ['first', 'second, nothing changed']) {
    sandbox.calls.reset();
    const start = performance.now();
    for (const cluster of CLUSTERS) {
      await tasks.get(`sweep:${cluster}`)!(new AbortController().signal);
    }
    const seconds = (performance.now() - start) / 1000;
    const calls = sandbox.calls.calls().filter(call => !call.internal);
    const counts = Object.entries(countByOperation(calls));
    const aws = counts.filter(([name]) => /^(eks|iam):/.test(name));
    const described = counts.find(
      ([name]) => name === 'eks:DescribePodIdentityAssociation',
    )?.[1];
    if (run === 'first' && described !== CLUSTERS.length * EACH) {
      throw new Error(`The first sweep described ${described} associations.`);
    }
    figure(`${WHAT}, ${run}: time`, seconds, 's');
    figure(
      `${WHAT}, ${run}: calls to AWS`,
      aws.reduce((sum, [, count]) => sum + count, 0),
      'calls',
    );
    for (const [name, count] of counts.sort()) {
      figure(`${WHAT}, ${run}: ${name}`, count, 'calls');
    }
    rows.push([
      run,
      aws.reduce((sum, [, count]) => sum + count, 0),
      seconds.toFixed(1),
    ]);
  }
  section('sweep', [
    `A ${WHAT}:`,
    table(['sweep', 'calls to AWS', 'seconds'], rows),
  ]);
}

main().then(
  () => process.exit(0),
  error => {
    console.error(error);
    process.exit(1);
  },
);
