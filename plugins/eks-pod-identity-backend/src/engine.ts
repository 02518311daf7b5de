import {
  AuditorService,
  LoggerService,
  PermissionsRegistryService,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { createConditionTransformer } from '@backstage/plugin-permission-node';
import type {
  Clock,
  Clusters,
  EngineConfig,
  Lifecycle,
  Verification,
} from 'eks-pod-identity-engine';
import { serviceAccountResourceRef } from './permissions/permissionRules';
import { Acceptance, AcceptanceGuard } from './operations/Acceptance';
import { AuditTrail } from './operations/AuditTrail';
import { ClusterReach } from './operations/ClusterReach';
import { EventHub } from './operations/EventHub';
import { Operations } from './operations/Operations';
import { patiently } from './operations/patience';
import { Plans } from './operations/Plans';
import { Runner } from './operations/Runner';
import { StatusBook } from './status/StatusBook';
import type { Store } from './store';
import type { Telemetry } from './telemetry';

/** Everything the routes need, built over the lower floors. */
export interface Engine {
  store: Store;
  hub: EventHub;
  clock: Clock;
  acceptance: Acceptance;
  operations: Operations;
  plans: Plans;
  audit: AuditTrail;
  runner: Runner;
  reach: ClusterReach;
  /** Headlines of all refs. */
  book: StatusBook;
}

export interface EngineOptions {
  store: Store;
  clock: Clock;
  logger: LoggerService;
  config: EngineConfig;
  clusters: Clusters;
  lifecycle: Lifecycle;
  verification: Verification;
  permissions: PermissionsService;
  /** With our resource type registered. */
  permissionsRegistry: PermissionsRegistryService;
  catalog: CatalogService;
  userInfo: UserInfoService;
  auditor: AuditorService;
  guards: readonly AcceptanceGuard[];
  telemetry: Telemetry;
}

/** How often followers of operations that run in other replicas look for news, milliseconds. */
const FOLLOW_POLL_MS = 1000;

export function createEngine(options: EngineOptions): Engine {
  const { store, clock, logger, config, clusters, telemetry } = options;
  const hub = new EventHub({
    events: store.events,
    clock,
    pollMs: Math.min(config.timings.leaseHeartbeat, FOLLOW_POLL_MS),
    onError: error =>
      logger.warn(
        'Could not look for events of other replicas; trying again',
        error as Error,
      ),
  });
  const audit = new AuditTrail({ auditor: options.auditor, logger });
  const book = new StatusBook({
    store,
    clock,
    marksOf: ref => ({
      portalId: config.portalId,
      ...ref,
      cluster: clusters.get(ref.cluster),
    }),
  });
  const runner = new Runner({
    rooms: { ...options, hub },
    onEnd: async end => {
      await audit.ended(end);
      const [record] = end.records;
      telemetry.operationEnded(end, record && clock.now() - record.createdAt);
      // The operation has ended for good: without its headline the pages would say so only after the next sweep.
      await patiently(clock, () => book.recordEnd(end));
    },
  });
  const reach = new ClusterReach({
    clusters,
    permissions: options.permissions,
    toCriteria: createConditionTransformer(
      options.permissionsRegistry.getPermissionRuleset(
        serviceAccountResourceRef,
      ),
    ),
  });
  const acceptance = new Acceptance({
    permissions: options.permissions,
    catalog: options.catalog,
    userInfo: options.userInfo,
    clusters,
    reach,
    guards: options.guards,
  });
  const operations = new Operations({
    store,
    hub,
    runner,
    acceptance,
    config,
    clock,
  });
  const plans = new Plans(options);
  return {
    store,
    hub,
    clock,
    acceptance,
    operations,
    plans,
    audit,
    runner,
    reach,
    book,
  };
}
