import type { LoggerService } from '@backstage/backend-plugin-api';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type {
  AwsCaller,
  CatalogEntity,
  Claimant,
  Clock,
  Clusters,
  EngineConfig,
  OperationContext,
  WriteGuard,
} from 'eks-pod-identity-engine';
import type { Initiator } from '../permissions/caller';
import type { Store } from '../store';
import type { StoredClaimant } from '../store/operationRecord';
import type { RetryingStore } from '../store/retryingStore';
import type { EntityDirectory } from '../permissions/EntityDirectory';

/** What every context is made of. */
export interface ContextDeps {
  clock: Clock;
  clusters: Clusters;
  config: EngineConfig;
  logger: LoggerService;
  store: Pick<Store | RetryingStore, 'changes'>;
  entities: Pick<EntityDirectory, 'find'>;
}

/** Whose rights an operation has; a sweep has none. */
export interface ContextSubject {
  ref: ServiceAccountRef;
  signal: AbortSignal;
  /** Names of permissions. */
  granted?: readonly string[];
  /** Undefined for a service. */
  claimant?: StoredClaimant;
  entity?: CatalogEntity;
  initiator?: string;
  /** What the last associate of the ref asked for, where that is known already; else it is read. */
  lastAssociate?: () => Promise<OperationContext['lastAssociate']>;
}

/** How a run writes and what it reports; a plan and a sweep do neither. */
export type ContextKind =
  | 'plan'
  | 'sweep'
  | Pick<OperationContext, 'guard' | 'emit' | 'sawAssociation'>;

/** What the engine gets with every operation, plan and scheduled verification. */
export async function operationContext(
  kind: ContextKind,
  { clock, clusters, config, entities, logger, store }: ContextDeps,
  {
    ref,
    signal,
    granted,
    claimant,
    entity,
    initiator,
    lastAssociate = () => store.changes.lastAssociate(ref),
  }: ContextSubject,
): Promise<OperationContext> {
  const { guard, emit, sawAssociation } =
    typeof kind === 'string' ? readOnly(kind) : kind;
  return {
    config,
    clusters,
    clock,
    logger,
    signal,
    guard,
    emit,
    sawAssociation,
    granted: new Set(granted),
    claimant: claimant && toClaimant(claimant),
    entity,
    findEntity: entityRef => entities.find(entityRef),
    lastAssociate: await lastAssociate(),
    plansOfTask:
      initiator === undefined
        ? undefined
        : taskId => store.changes.plansOfTask(ref, taskId, initiator),
  };
}

/** How calls to AWS wait that a user or service has asked for. */
export function personLane({ type, name }: Initiator): AwsCaller {
  return { lane: 'person', key: `${type} ${name}` };
}

/** A user as the engine judges them. */
export function toClaimant(stored: StoredClaimant): Claimant {
  return {
    ...stored,
    claims: new Set(stored.claims),
    mayUpdate: new Set(stored.mayUpdate),
  };
}

/** A write in here is a mistake of ours, and is stopped. */
function readOnly(kind: 'plan' | 'sweep'): {
  guard: WriteGuard;
  emit: OperationContext['emit'];
  sawAssociation?: undefined;
} {
  const refuse = async (what: string): Promise<never> => {
    throw new Error(`A ${kind} must not write, but was about to: ${what}`);
  };
  return {
    emit: async () => {},
    guard: {
      beforeWrite: refuse,
      withLease: key => refuse(`lease ${key.kind} ${key.name}`),
    },
  };
}
