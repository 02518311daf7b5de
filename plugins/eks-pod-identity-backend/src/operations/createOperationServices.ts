import type {
  AuditorService,
  LoggerService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type {
  Clock,
  Clusters,
  EngineConfig,
  Lifecycle,
  Moves,
  Verification,
} from 'eks-pod-identity-engine';
import { readClaimant } from '../permissions/claimant';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import type { Store } from '../store';
import type { RetryingStore } from '../store/retryingStore';
import { Acceptance, type AcceptanceGuard } from './Acceptance';
import { AuditTrail } from './AuditTrail';
import type { ClusterVisibility } from '../permissions/ClusterVisibility';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import { EventHub } from './EventHub';
import { MoveQueues, type MoveQueuesOptions } from './MoveQueues';
import { MoveRules } from './MoveRules';
import { Operations } from './Operations';
import { Plans } from './Plans';
import type { RunEnd } from './Run';
import { Runner } from './Runner';

/** How often followers of operations that run in other replicas look for news, milliseconds. */
const FOLLOW_POLL_MS = 1000;

/** What accepts, plans, runs and records operations. */
export function createOperationServices(options: {
  administrators: Administrators;
  auditor: AuditorService;
  authorizer: Authorizer;
  catalog: CatalogService;
  clock: Clock;
  clusters: Clusters;
  config: EngineConfig;
  entities: EntityDirectory;
  guard: AcceptanceGuard;
  lifecycle: Lifecycle;
  logger: LoggerService;
  moves: Moves;
  /** After the audit log has its end. */
  onEnd(end: RunEnd): Promise<void>;
  onQueueEnd: MoveQueuesOptions['onEnd'];
  ownedBy: MoveQueuesOptions['ownedBy'];
  readsUse: boolean;
  visibility: ClusterVisibility;
  retryingStore: RetryingStore;
  store: Store;
  userInfo: UserInfoService;
  verification: Verification;
}) {
  const { clock, config, logger, store } = options;
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
  const audit = new AuditTrail(options);
  /** What begins after an operation, by those that need the runner. */
  const followers: ((end: RunEnd) => Promise<void>)[] = [];
  const runner = new Runner({
    store,
    deps: { ...options, store: options.retryingStore, hub },
    onEnd: async end => {
      try {
        await audit.ended(end);
        await options.onEnd(end);
      } finally {
        for (const follow of followers) await follow(end);
      }
    },
  });
  const acceptance = new Acceptance({
    ...options,
    entityRefs: store.entityRefs,
    owners: store.owners,
    changes: store.changes,
  });
  const operations = new Operations({ ...options, hub, runner, acceptance });
  const plans = new Plans(options);
  const queues = new MoveQueues({
    ...options,
    acceptance,
    audit,
    operations,
    claimantOf: async caller =>
      caller.principal.type === 'user'
        ? readClaimant(caller, options.userInfo, config)
        : undefined,
    onEnd: options.onQueueEnd,
  });
  const rules = new MoveRules({ ...options, acceptance, audit, operations });
  followers.push(
    // Not awaited: guards of modules may take their time
    async end =>
      void rules
        .ended(end.records)
        .catch(error =>
          logger.warn(
            'Could not follow a rule for moves; the next look tries again',
            error as Error,
          ),
        ),
    end =>
      operations
        .verifyEnded(end)
        .catch(error =>
          logger.warn(
            'Could not verify what was moved or restarted; the next sweep looks at it',
            error as Error,
          ),
        ),
    end =>
      queues
        .ended(end.records)
        .catch(error =>
          logger.warn(
            'Could not carry on a queue of moves; trying again',
            error as Error,
          ),
        ),
  );
  return { acceptance, audit, hub, operations, plans, queues, rules, runner };
}
