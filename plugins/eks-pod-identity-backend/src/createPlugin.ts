import {
  BackendFeature,
  coreServices,
  createBackendPlugin,
  LoggerService,
  PermissionsRegistryService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import {
  actionsRegistryServiceRef,
  metricsServiceRef,
} from '@backstage/backend-plugin-api/alpha';
import { DefaultAwsCredentialsManager } from '@backstage/integration-aws-node';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  podIdentityUsePermission,
  ServiceAccountRef,
  serviceAccountPermissions,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  podIdentityChecksExtensionPoint,
  podIdentityClusterSupplierExtensionPoint,
  podIdentityGuardrailsExtensionPoint,
  podIdentityRoleNamingExtensionPoint,
} from 'backstage-plugin-eks-pod-identity-node';
import {
  Clock,
  type ClusterConfig,
  type Clusters,
  createClusters,
  type EngineConfig,
  type Lifecycle,
  readClusterDefinition,
  readEngineConfig,
  systemClock,
  type Verification,
} from 'eks-pod-identity-engine';
import { registerActions } from './actions';
import { builtInGuard } from './builtInGuard';
import { createEngine } from './engine';
import { Extensions } from './extensions';
import {
  serviceAccountResourceRef,
  serviceAccountRules,
} from './permissions/permissionRules';
import { createRouter } from './routes/createRouter';
import { createStatusSide } from './statusSide';
import { openStore, Store, tryParseRef } from './store';
import { oneAtATimeBeside } from './store/oneAtATime';
import { createTelemetry } from './telemetry';

/** The floors that do the work under an operation. */
export interface Floors {
  lifecycle: Lifecycle;
  verification: Verification;
  /** Deletes probe pods that a crashed process left behind; answers how many. */
  sweepProbes?(cluster: ClusterConfig, signal: AbortSignal): Promise<number>;
}

/** What the floors are built from. */
export interface FloorsContext {
  config: EngineConfig;
  clusters: Clusters;
  clock: Clock;
  logger: LoggerService;
  store: Store;
  extensions: Extensions;
}

const RETENTION_PERIOD = { hours: 6 };
const PROBE_SWEEP_PERIOD = { minutes: 5 };

/** The plugin over given floors; `plugin.ts` gives it the real ones. */
export function createPodIdentityPlugin(options: {
  floors(context: FloorsContext): Floors;
  clock?: Clock;
}): BackendFeature {
  return createBackendPlugin({
    pluginId: 'eks-pod-identity',
    register(env) {
      const extensions = new Extensions();
      env.registerExtensionPoint(podIdentityChecksExtensionPoint, extensions);
      env.registerExtensionPoint(
        podIdentityGuardrailsExtensionPoint,
        extensions,
      );
      env.registerExtensionPoint(
        podIdentityRoleNamingExtensionPoint,
        extensions,
      );
      env.registerExtensionPoint(
        podIdentityClusterSupplierExtensionPoint,
        extensions,
      );

      env.registerInit({
        deps: {
          actionsRegistry: actionsRegistryServiceRef,
          auditor: coreServices.auditor,
          auth: coreServices.auth,
          catalog: catalogServiceRef,
          config: coreServices.rootConfig,
          database: coreServices.database,
          httpAuth: coreServices.httpAuth,
          httpRouter: coreServices.httpRouter,
          lifecycle: coreServices.lifecycle,
          logger: coreServices.logger,
          metrics: metricsServiceRef,
          notifications: notificationService,
          permissions: coreServices.permissions,
          permissionsRegistry: coreServices.permissionsRegistry,
          scheduler: coreServices.scheduler,
          signals: signalsServiceRef,
          userInfo: coreServices.userInfo,
        },
        async init(deps) {
          const { logger } = deps;
          const clock = options.clock ?? systemClock;
          const config = readEngineConfig(deps.config);
          const telemetry = createTelemetry(deps.metrics);
          const clusters = createClusters({
            config,
            credentials: DefaultAwsCredentialsManager.fromConfig(deps.config),
            clock,
            logger,
            observer: telemetry.observer,
            more: await suppliedClusters(extensions, deps.config),
          });
          const store = await openStore(deps.database, () => clock.now());
          registerPermissions(deps.permissionsRegistry, store);

          const floors = options.floors({
            config,
            clusters,
            clock,
            logger,
            store,
            extensions,
          });
          const engine = createEngine({
            ...deps,
            ...floors,
            store,
            clock,
            config,
            clusters,
            telemetry,
            guards: [builtInGuard(config), extensions.guard],
          });
          const shutdown = new AbortController();
          deps.httpRouter.use(
            createRouter({ ...deps, ...engine, shutdown: shutdown.signal }),
          );
          const statusSide = createStatusSide({
            ...deps,
            ...floors,
            clusters,
            config,
            engine,
            telemetry,
          });
          deps.httpRouter.use(statusSide.router);
          registerActions({
            ...deps,
            ...statusSide,
            plans: engine.plans,
            acceptance: engine.acceptance,
            additionalChecks: extensions.checks,
            docsUrl: config.docsUrl,
          });
          await greet(logger, config, clusters, store);

          deps.lifecycle.addStartupHook(() => engine.runner.start());
          deps.lifecycle.addShutdownHook(async () => {
            shutdown.abort(new Error('shutting down'));
            await Promise.all([
              engine.runner.stop(),
              statusSide.sweeper.stop(),
            ]);
            await clusters.close();
          });

          await oneAtATimeBeside(await deps.database.getClient(), () =>
            statusSide.sweeper.schedule(),
          );
          await deps.scheduler.scheduleTask({
            id: 'retention',
            frequency: RETENTION_PERIOD,
            timeout: { minutes: 10 },
            initialDelay: { minutes: 1 },
            fn: () => applyRetention(store, config, clusters, clock),
          });
          const { sweepProbes } = floors;
          if (sweepProbes) {
            await deps.scheduler.scheduleTask({
              id: 'probe-leftovers',
              frequency: PROBE_SWEEP_PERIOD,
              timeout: { minutes: 4 },
              fn: signal =>
                sweepLeftovers(clusters, logger, signal, sweepProbes),
            });
          }
        },
      });
    },
  });
}

async function suppliedClusters(
  extensions: Extensions,
  config: RootConfigService,
): Promise<ClusterConfig[]> {
  const lists = await Promise.all(
    extensions.suppliers.map(supplier => supplier.getClusters()),
  );
  return lists.flatMap((list, supplier) =>
    list.map((definition, index) =>
      readClusterDefinition(
        definition,
        config,
        `cluster ${index + 1} of cluster supplier ${supplier + 1}`,
      ),
    ),
  );
}

/**
 * The resource of our permissions is a value, not a row: every well-formed ref has an answer, so that also the
 * creation of something that is not there yet can be judged.
 */
function registerPermissions(
  registry: PermissionsRegistryService,
  store: Store,
) {
  registry.addResourceType({
    resourceRef: serviceAccountResourceRef,
    permissions: serviceAccountPermissions,
    rules: Object.values(serviceAccountRules),
    getResources: async resourceRefs => {
      const refs = resourceRefs.map(tryParseRef);
      const owners = await store.owners.findMany(
        refs.filter((ref): ref is ServiceAccountRef => ref !== undefined),
      );
      return refs.map(
        ref =>
          ref && {
            ...ref,
            ownerRefs:
              owners.get(stringifyServiceAccountRef(ref))?.ownerRefs ?? [],
          },
      );
    },
  });
  registry.addPermissions([podIdentityUsePermission]);
}

/** One line that tells whoever reads the log what this portal works on. */
async function greet(
  logger: LoggerService,
  config: EngineConfig,
  clusters: Clusters,
  store: Store,
) {
  const ids = clusters.list().map(cluster => cluster.id);
  logger.info(
    `EKS Pod Identity for portal ${config.portalId}: ${
      ids.length === 0
        ? 'no clusters are configured (eksPodIdentity.clusters)'
        : `${ids.length} ${
            ids.length === 1 ? 'cluster' : 'clusters'
          } (${ids.join(', ')})`
    }`,
  );
  const before = await store.settings.swap('portalId', config.portalId);
  if (before !== undefined && before !== config.portalId) {
    logger.warn(
      `The portal id changed from ${before} to ${config.portalId}: what was created under the old one is no longer recognised as this portal's. Set eksPodIdentity.portalId to ${before} to keep it`,
    );
  }
}

async function applyRetention(
  store: Store,
  config: EngineConfig,
  clusters: Clusters,
  clock: Clock,
) {
  const olderThan = clock.now() - config.retention.days * 24 * 3600_000;
  const perRef = config.retention.reportsPerRef;
  while ((await store.reports.sweep({ perRef, olderThan })) > 0);
  while ((await store.operations.sweep(olderThan)) > 0);
  const ids = clusters.list().map(({ id }) => id);
  // None at all is rather a mistake in the configuration than a farewell.
  if (ids.length > 0) await store.clusterStates.keepOnly(ids);
}

async function sweepLeftovers(
  clusters: Clusters,
  logger: LoggerService,
  signal: AbortSignal,
  sweepProbes: NonNullable<Floors['sweepProbes']>,
) {
  for (const cluster of clusters.list()) {
    if (cluster.kubernetes.access === 'none') continue;
    try {
      const gone = await sweepProbes(cluster, signal);
      if (gone > 0) {
        logger.info(
          `Deleted ${gone} probe ${
            gone === 1 ? 'pod' : 'pods'
          } that an interrupted verification left on ${cluster.id}`,
        );
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn(
        `Could not look for left-over probe pods on ${cluster.id}; the next round tries again`,
        error as Error,
      );
    }
  }
}
