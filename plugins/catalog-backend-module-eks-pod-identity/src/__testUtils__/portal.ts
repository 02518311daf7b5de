import {
  coreServices,
  createBackendModule,
  createServiceFactory,
  type DatabaseService,
  type HttpRouterService,
} from '@backstage/backend-plugin-api';
import {
  mockServices,
  startTestBackend,
  type TestDatabases,
} from '@backstage/backend-test-utils';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
} from '@backstage/catalog-model';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import {
  catalogProcessingExtensionPoint,
  catalogServiceRef,
  type CatalogService,
  type EntityProviderConnection,
  type EntityProviderMutation,
} from '@backstage/plugin-catalog-node';
import type { JsonObject } from '@backstage/types';
// The provider reads the API of the real one
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import {
  POD_IDENTITY_ANNOTATION,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
import podIdentityCatalogModule from '..';
import { LOCATION } from '../entities';
import { IdentityEntityProvider } from '../IdentityEntityProvider';

type Knex = Awaited<ReturnType<DatabaseService['getClient']>>;

/** The mock lets a test say when a task runs. */
type Scheduler = ReturnType<typeof mockServices.scheduler> & {
  waitForTask(id: string): Promise<void>;
  factory(options: {
    skipTaskRunOnStartup: boolean;
  }): ReturnType<typeof mockServices.scheduler.factory>;
};

/** An identity as a sweep would have recorded it. */
export interface Recorded {
  ref: ServiceAccountRef;
  roleArn?: string;
  targetRoleArn?: string;
  /** As the tag on AWS names it. */
  entityRef?: string;
}

const toRow = (
  { ref, roleArn, targetRoleArn, entityRef }: Recorded,
  index: number,
) => ({
  cluster: ref.cluster,
  namespace: ref.namespace,
  service_account: ref.serviceAccount,
  association_id: `a-${index}`,
  arn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-${index}`,
  owner: 'portal',
  role_arn: roleArn ?? null,
  target_role_arn: targetRoleArn ?? null,
  entity_ref: entityRef ?? null,
  listed_at: 1,
});

export const FILE = 'url:https://example.com/catalog-info.yaml';

/** A component of the payments team; `claims` are the service accounts of its annotation. */
export const component = (name: string, claims?: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    annotations: {
      [ANNOTATION_LOCATION]: FILE,
      [ANNOTATION_ORIGIN_LOCATION]: FILE,
      ...(claims && { [POD_IDENTITY_ANNOTATION]: claims }),
    },
  },
  spec: { type: 'service', lifecycle: 'production', owner: 'payments' },
});

/**
 * The real catalog and the real backend of the identities, each with a database of its own, and the module between them.
 * What goes over HTTP and what the provider says to the catalog is counted.
 */
export async function startPortal(options: {
  databases: TestDatabases;
  provider?: JsonObject;
  entities?: Entity[];
}) {
  const requests = { identities: 0, catalog: 0 };
  const mutations: EntityProviderMutation[] = [];
  const scheduler = mockServices.scheduler() as Scheduler;
  const auth = mockServices.auth();
  const warnings: string[] = [];
  const logger = mockServices.rootLogger.mock({
    child: () => logger,
    warn: message => {
      warnings.push(message);
    },
  });
  let refuses: (path: string) => boolean = () => false;
  let knex!: Knex;
  let catalog!: CatalogService;
  let company!: EntityProviderConnection;

  const countRequests = (
    router: HttpRouterService,
    what: keyof typeof requests,
  ) =>
    router.use((req, res, next) => {
      requests[what] += 1;
      if (refuses(req.url)) res.status(503).end();
      else next();
    });

  const besideIdentities = createBackendModule({
    pluginId: 'eks-pod-identity',
    moduleId: 'test',
    register(env) {
      env.registerInit({
        deps: {
          database: coreServices.database,
          router: coreServices.httpRouter,
        },
        async init({ database, router }) {
          knex = await database.getClient();
          countRequests(router, 'identities');
        },
      });
    },
  });

  const besideCatalog = createBackendModule({
    pluginId: 'catalog',
    moduleId: 'test',
    register(env) {
      env.registerInit({
        deps: {
          catalogService: catalogServiceRef,
          processing: catalogProcessingExtensionPoint,
          router: coreServices.httpRouter,
        },
        async init({ catalogService, processing, router }) {
          catalog = catalogService;
          countRequests(router, 'catalog');
          processing.addEntityProvider({
            getProviderName: () => 'company',
            connect: async connection => {
              company = connection;
            },
          });
        },
      });
    },
  });

  const { connect } = IdentityEntityProvider.prototype;
  const spy = jest
    .spyOn(IdentityEntityProvider.prototype, 'connect')
    .mockImplementation(function counted(
      this: IdentityEntityProvider,
      connection,
    ) {
      return connect.call(this, {
        ...connection,
        applyMutation: mutation => {
          mutations.push(mutation);
          return connection.applyMutation(mutation);
        },
      });
    });

  const backend = await startTestBackend({
    features: [
      catalogPlugin,
      podIdentityPlugin,
      podIdentityCatalogModule,
      besideCatalog,
      besideIdentities,
      createServiceFactory({
        service: coreServices.database,
        deps: {},
        async factory() {
          const own = await options.databases.init('SQLITE_3');
          return { getClient: async () => own };
        },
      }),
      createServiceFactory({
        service: coreServices.rootLogger,
        deps: {},
        factory: () => logger,
      }),
      scheduler.factory({ skipTaskRunOnStartup: true }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'https://portal.example.com' },
          catalog: {
            ...(options.provider && {
              providers: { eksPodIdentity: options.provider },
            }),
          },
          eksPodIdentity: {
            clusters: [
              { name: 'prod', region: 'eu-west-1', accountId: '111122223333' },
              { name: 'test', region: 'eu-west-1', accountId: '111122223333' },
            ],
          },
        },
      }),
    ],
  });

  /** All that the filter finds, as a service reads it. */
  const find = async (filter: Record<string, string>) => {
    const found: Entity[] = [];
    const credentials = await auth.getOwnServiceCredentials();
    for await (const page of catalog.streamEntities(
      { filter },
      { credentials },
    )) {
      found.push(...page);
    }
    return found;
  };

  /** Waits until the filter finds so many. */
  const count = (filter: Record<string, string>, expected: number) =>
    until(async () => {
      const credentials = await auth.getOwnServiceCredentials();
      const { totalItems } = await catalog.queryEntities(
        { filter, limit: 0 },
        { credentials },
      );
      return totalItems === expected;
    });

  const run = async (task: string) => {
    const ended = scheduler.waitForTask(task);
    await Promise.all([scheduler.triggerTask(task), ended]);
  };

  const portal = {
    mutations,
    requests,
    /** What any plugin has logged as a warning. */
    warnings,
    /** Has some requests answered with 503. */
    refuse(what: (path: string) => boolean) {
      refuses = what;
    },
    /** Makes these the only identities that the portal has recorded, in whole sweeps of these clusters. */
    async record(identities: Recorded[], swept = ['prod', 'test']) {
      await knex('associations').delete();
      await knex('cluster_states').delete();
      for (const cluster of swept) {
        await knex('cluster_states').insert({
          cluster,
          swept_at: 1,
          updated_at: 1,
        });
      }
      for (let start = 0; start < identities.length; start += 50) {
        const part = identities.slice(start, start + 50);
        await knex('associations').insert(
          part.map((one, index) => toRow(one, start + index)),
        );
      }
    },
    /** Has the portal read what annotations claim, as it does beside its sweeps. */
    readAnnotations: () => run('catalog-annotations'),
    /** Runs the task of the provider, as the scheduler does when it is due. */
    refresh: () => run('eks-pod-identity-entities'),
    find,
    /** Entities of the provider, as soon as the catalog has processed what was said last. */
    async entities(expected: number): Promise<Entity[]> {
      const ours = {
        [`metadata.annotations.${ANNOTATION_LOCATION}`]: LOCATION,
      };
      await count(ours, expected);
      return find(ours);
    },
    /** Makes these the only components, and waits until the catalog has processed them. */
    async company(entities: Entity[]) {
      await company.applyMutation({
        type: 'full',
        entities: entities.map(entity => ({ entity })),
      });
      await count({ kind: 'component' }, entities.length);
    },
    /** Adds an entity as a registered file does, and waits until the catalog has processed it. */
    async register(entity: Entity) {
      await company.applyMutation({
        type: 'delta',
        added: [{ entity, locationKey: FILE }],
        removed: [],
      });
      await count({ 'metadata.name': entity.metadata.name }, 1);
    },
    /** Removes what a file registered. */
    async unregister(entity: Entity) {
      await company.applyMutation({
        type: 'delta',
        added: [],
        removed: [{ entity, locationKey: FILE }],
      });
      await count({ 'metadata.name': entity.metadata.name }, 0);
    },
    async stop() {
      spy.mockRestore();
      await backend.stop();
    },
  };
  if (options.entities) await portal.company(options.entities);
  return portal;
}

export type Portal = Awaited<ReturnType<typeof startPortal>>;
