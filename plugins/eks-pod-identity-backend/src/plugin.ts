import {
  type BackendFeature,
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  actionsRegistryServiceRef,
  metricsServiceRef,
} from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  type Clock,
  createEngine,
  type Engine,
  type EngineOptions,
  readEngineConfig,
  systemClock,
} from 'eks-pod-identity-engine';
import { registerActions } from './actions';
import { awsAccounts } from './awsAccounts';
import { ClusterSupply } from './clusters/ClusterSupply';
import { createEvidence } from './evidence/createEvidence';
import { Extensions } from './extensions';
import { logStart } from './logStart';
import { Administrators } from './permissions/Administrators';
import { Authorizer } from './permissions/Authorizer';
import { ClusterVisibility } from './permissions/ClusterVisibility';
import { EntityDirectory } from './permissions/EntityDirectory';
import { createOperationServices } from './operations/createOperationServices';
import {
  registerPermissions,
  serviceAccountDecisions,
} from './permissions/registerPermissions';
import { checksPageUrl } from './checksPage';
import { createRouters } from './routes/createRouters';
import { EntityNames } from './status/EntityNames';
import { withChanges } from './status/changes';
import { createStatusServices } from './status/createStatusServices';
import { StatusRecorder } from './status/StatusRecorder';
import { openStore } from './store';
import { retryingStore } from './store/retryingStore';
import { auditedTrusts } from './operations/auditedTrusts';
import { learntRates } from './operations/learntRates';
import { storedProofs } from './operations/storedProofs';
import { PortalFindings } from './setup/PortalFindings';
import { Setups } from './setup/Setups';
import { FreshLooks } from './sweep/FreshLooks';
import { scheduleBackground } from './sweep/scheduleBackground';
import { Sweeper } from './sweep/Sweeper';
import { createTelemetry, measureStore } from './telemetry';

/** The plugin; tests replace parts of the engine and the clock. */
export function createPodIdentityPlugin(
  options: {
    engine?: (options: EngineOptions) => Engine;
    clock?: Clock;
  } = {},
): BackendFeature {
  return createBackendPlugin({
    pluginId: 'eks-pod-identity',
    register(env) {
      const extensions = new Extensions();
      extensions.register(env);
      env.registerInit({
        deps: {
          actionsRegistry: actionsRegistryServiceRef,
          auditor: coreServices.auditor,
          auth: coreServices.auth,
          catalog: catalogServiceRef,
          database: coreServices.database,
          httpAuth: coreServices.httpAuth,
          httpRouter: coreServices.httpRouter,
          instance: coreServices.rootInstanceMetadata,
          logger: coreServices.logger,
          metrics: metricsServiceRef,
          notifications: notificationService,
          permissions: coreServices.permissions,
          permissionsRegistry: coreServices.permissionsRegistry,
          rootConfig: coreServices.rootConfig,
          pluginLifecycle: coreServices.lifecycle,
          scheduler: coreServices.scheduler,
          signals: signalsServiceRef,
          userInfo: coreServices.userInfo,
        },
        async init({
          actionsRegistry,
          auditor,
          auth,
          catalog,
          database,
          httpAuth,
          httpRouter,
          instance,
          logger,
          metrics,
          notifications,
          permissions,
          permissionsRegistry,
          rootConfig,
          pluginLifecycle,
          scheduler,
          signals,
          userInfo,
        }) {
          const clock = options.clock ?? systemClock;
          const config = readEngineConfig(rootConfig);
          const docsUrl = config.docsUrl ?? checksPageUrl(config.appBaseUrl);
          const supply = new ClusterSupply({
            auth,
            catalog,
            clock,
            config,
            logger,
            rootConfig,
            suppliers: extensions.suppliers,
          });
          const telemetry = createTelemetry(metrics);
          const store = await openStore(database, () => clock.now());
          const retrying = retryingStore(store, clock, {
            onRefused: error =>
              logger.error(
                "The portal's database refused a statement of an operation",
                error,
              ),
          });
          const evidence = createEvidence({
            clock,
            isOn: config.evidence.cloudTrail,
            logger,
            source: extensions.evidenceSource,
            store,
          });
          const engine = (options.engine ?? createEngine)({
            config,
            moreClusters: await supply.first(),
            credentials: awsAccounts(rootConfig, config.timings),
            clock,
            logger,
            observer: telemetry.observer,
            docsUrl,
            additionalChecks: extensions.checks,
            roleNaming: extensions.roleNaming,
            storedProofs: storedProofs(retrying),
            rates: learntRates(store),
            trustRecords: auditedTrusts(retrying, auditor),
            evidence: evidence?.ofVerification,
            seenPrograms: cluster => store.access.seen(cluster),
            componentOf: ref => store.access.componentOf(ref),
          });
          const { clusters, lifecycle, verification } = engine;
          evidence?.connect(clusters);
          measureStore(metrics, { clock, clusters, logger, store });
          const entities = new EntityDirectory({ auth, catalog, config });

          registerPermissions(permissionsRegistry, store);
          const decisions = serviceAccountDecisions(permissionsRegistry, store);
          const authorizer = new Authorizer(permissions, decisions);
          const administrators = new Administrators({ config, userInfo });
          const visibility = new ClusterVisibility({
            authorizer,
            clusters,
            toCriteria: decisions.toCriteria,
          });
          const recorder = new StatusRecorder({
            store: retrying,
            clock,
            proofMaxAgeMs: config.proof.maxAgeMs,
            ownershipOf: ({ cluster: id, ...ref }) => {
              const cluster = clusters.list().find(one => one.id === id);
              return cluster && { portalId: config.portalId, ...ref, cluster };
            },
          });
          const {
            access,
            moves,
            rolePermissions,
            notifier,
            pickers,
            proposals,
            roles,
            fleet,
            identities,
          } = createStatusServices({
            administrators,
            authorizer,
            catalog,
            clock,
            clusters,
            entities,
            config,
            isAllowed: decisions.isAllowed,
            logger,
            notifications,
            visibility,
            signals,
            store,
            telemetry,
            readsUse: evidence !== undefined,
            userInfo,
          });
          const services = createOperationServices({
            administrators,
            auditor,
            authorizer,
            catalog,
            clock,
            clusters,
            config,
            entities,
            guard: extensions.guard,
            lifecycle,
            logger,
            moves: engine.moves,
            onEnd: async end => {
              const [first] = end.records;
              telemetry.operationEnded(
                end,
                first && {
                  kind: first.kind,
                  durationMs: clock.now() - first.createdAt,
                },
              );
              // The operation has ended for good: without its headline the pages would say so only after the next sweep.
              await recorder.recordEnd(end);
              await notifier.moveEnded(end);
            },
            onQueueEnd: queue => notifier.queueEnded(queue),
            ownedBy: (ownerRef, caller) =>
              new EntityNames(catalog, caller).ownedBy(ownerRef),
            readsUse: evidence !== undefined,
            visibility,
            retryingStore: retrying,
            store,
            userInfo,
            verification: withChanges(verification, {
              logger,
              store: retrying,
              source: evidence?.source,
            }),
          });
          const { operations, queues, rules, runner } = services;
          recorder.onChange(change => notifier.statusWritten(change));
          operations.onChange(({ ref, entityRef }) =>
            notifier.cardsChanged(ref, entityRef ? [entityRef] : []),
          );
          evidence?.reader.onRead(read => notifier.useRead(read));
          const sweeper = new Sweeper({
            additionalChecks: extensions.checks,
            auth,
            changeSource: evidence?.source,
            recorder,
            catalog,
            clock,
            clusters,
            config,
            entities,
            evidence: evidence?.ofLooks(),
            logger,
            onDrift: (ref, reason) => notifier.drifted(ref, reason),
            onLooked: cluster => void rules.follow(cluster),
            onSwept: cluster => notifier.clusterSwept(cluster),
            scheduler,
            store,
            telemetry,
            verification,
          });

          const fresh = new FreshLooks({
            clock,
            clusters,
            config,
            entities,
            leases: store.leases,
            logger,
            recorder,
            store: retrying,
            verification,
          });

          const shutdown = new AbortController();
          const setups = new Setups({ clock, clusters, config, store });
          const findings = new PortalFindings({
            auth,
            catalog,
            clusters,
            config,
            docsUrl,
            instance,
            rootConfig,
          });
          const routers = createRouters({
            ...services,
            access,
            administrators,
            authorizer,
            catalog,
            clock,
            clusters,
            config,
            entities,
            findings,
            fleet,
            fresh,
            httpAuth,
            identities,
            logger,
            moves,
            onUseChanged: ref => notifier.cardsChanged(ref),
            pickers,
            proposals,
            reader: evidence?.reader,
            rolePermissions,
            roles,
            scheduler,
            setups,
            shutdown: shutdown.signal,
            store,
            userInfo,
            visibility,
          });
          for (const router of routers) httpRouter.use(router);
          registerActions({
            ...services,
            access,
            actionsRegistry,
            additionalChecks: extensions.checks,
            authorizer,
            catalog,
            clock,
            config,
            docsUrl,
            fleet,
            identities,
            logger,
            shutdown: shutdown.signal,
            store,
          });
          await logStart({
            clusters,
            logger,
            permissionsAreOn:
              rootConfig.getOptionalBoolean('permission.enabled') ?? false,
            portalId: config.portalId,
            store,
          });

          pluginLifecycle.addStartupHook(() => {
            runner.start();
            queues.run();
          });
          pluginLifecycle.addShutdownHook(async () => {
            shutdown.abort(new Error('shutting down'));
            await Promise.all([
              runner.stop(),
              queues.close(),
              sweeper.stop(),
              fresh.stop(),
              evidence?.reader.stop(),
            ]);
            await engine.close();
          });
          await scheduleBackground({
            clock,
            config,
            database,
            engine,
            evidence,
            findings,
            logger,
            notifier,
            scheduler,
            setups,
            store,
            supply,
            sweeper,
          });
        },
      });
    },
  });
}

/**
 * The backend plugin `eks-pod-identity`: the portal's only part that talks to AWS and Kubernetes.
 *
 * @public
 */
export const eksPodIdentityPlugin = createPodIdentityPlugin();
