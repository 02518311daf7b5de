import type {
  AuditorService,
  LoggerService,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type {
  Clock,
  Clusters,
  EngineConfig,
  Lifecycle,
  Verification,
} from 'eks-pod-identity-engine';
import type { StatusRecorder } from '../status/StatusRecorder';
import type { Store } from '../store';
import type { RetryingStore } from '../store/retryingStore';
import type { Telemetry } from '../telemetry';
import { Acceptance, type AcceptanceGuard } from './Acceptance';
import { AuditTrail } from './AuditTrail';
import type { ClusterVisibility } from '../permissions/ClusterVisibility';
import { EventHub } from './EventHub';
import { Operations } from './Operations';
import { Plans } from './Plans';
import { Runner } from './Runner';

/** How often followers of operations that run in other replicas look for news, milliseconds. */
const FOLLOW_POLL_MS = 1000;

/** What accepts, plans, runs and records operations. */
export function createOperationServices(options: {
  auditor: AuditorService;
  recorder: StatusRecorder;
  catalog: CatalogService;
  clock: Clock;
  clusters: Clusters;
  config: EngineConfig;
  guards: readonly AcceptanceGuard[];
  lifecycle: Lifecycle;
  logger: LoggerService;
  permissions: PermissionsService;
  visibility: ClusterVisibility;
  retryingStore: RetryingStore;
  store: Store;
  telemetry: Telemetry;
  userInfo: UserInfoService;
  verification: Verification;
}) {
  const { clock, clusters, config, lifecycle, logger, store } = options;
  const { recorder, telemetry } = options;
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
  const runner = new Runner({
    store,
    deps: {
      store: options.retryingStore,
      hub,
      clock,
      logger,
      config,
      clusters,
      lifecycle,
      verification: options.verification,
    },
    onEnd: async end => {
      await audit.ended(end);
      const [record] = end.records;
      telemetry.operationEnded(end, record && clock.now() - record.createdAt);
      // The operation has ended for good: without its headline the pages would say so only after the next sweep.
      await recorder.recordEnd(end);
    },
  });
  const acceptance = new Acceptance({
    permissions: options.permissions,
    catalog: options.catalog,
    userInfo: options.userInfo,
    clusters,
    visibility: options.visibility,
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
  const plans = new Plans({
    store,
    clock,
    logger,
    config,
    clusters,
    lifecycle,
  });
  return { acceptance, audit, hub, operations, plans, runner };
}
