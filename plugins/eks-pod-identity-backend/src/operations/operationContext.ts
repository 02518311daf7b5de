import type { LoggerService } from '@backstage/backend-plugin-api';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type {
  Clock,
  Clusters,
  EngineConfig,
  MoveContext,
} from 'eks-pod-identity-engine';
import type { AwsCaller, CatalogEntity } from 'eks-pod-identity-engine/portal';
import type { Initiator } from '../permissions/caller';
import { type Holder, sameHolder, type Store } from '../store';
import type { LastAssociate } from '../store/ChangeStore';
import type { StoredClaimant } from '../store/operationRecord';
import type { RetryingStore } from '../store/retryingStore';
import { toClaimant } from '../permissions/claimant';
import type { EntityDirectory } from '../permissions/EntityDirectory';

/** What every context is made of. */
export interface ContextDeps {
  clock: Clock;
  clusters: Clusters;
  config: EngineConfig;
  logger: LoggerService;
  store: Pick<
    Store | RetryingStore,
    'changes' | 'associations' | 'reports' | 'serviceAccounts'
  >;
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
  /** Whose identity it is. */
  holder?: Holder;
  initiator?: string;
  /** Undefined for a plan and a sweep. */
  operationId?: string;
  /** The last associate of the ref, where that is known already; else it is read. */
  lastAssociate?: () => Promise<LastAssociate | undefined>;
}

/** How a run writes and what it reports; a plan and a sweep do neither. */
export type ContextKind =
  | 'plan'
  | 'sweep'
  | Pick<
      MoveContext,
      'guard' | 'emit' | 'sawAccess' | 'sawAssociation' | 'sawFacts'
    >;

/** What the engine gets with every operation, plan and scheduled verification. */
export async function operationContext(
  kind: ContextKind,
  { clock, clusters: present, config, entities, logger, store }: ContextDeps,
  subject: ContextSubject,
): Promise<MoveContext> {
  const { ref, signal, granted, claimant, entity, initiator, operationId } =
    subject;
  const { lastAssociate = () => store.changes.lastAssociate(ref) } = subject;
  const clusters = present.snapshot();
  const last = await lastAssociate();
  const { guard, emit, sawAccess, sawAssociation, sawFacts } =
    typeof kind === 'string' ? readOnly(kind) : kind;
  return {
    config,
    clusters,
    clock,
    logger,
    signal,
    guard,
    emit,
    operation: operationId ? { id: operationId, initiator } : undefined,
    sawAccess,
    sawAssociation,
    sawFacts,
    granted: new Set(granted),
    claimant: claimant && toClaimant(claimant),
    entity,
    elsewhere: async () => {
      const refs = clusters
        .list()
        .filter(({ id }) => id !== ref.cluster)
        .map(({ id }) => ({ ...ref, cluster: id }));
      const found = await store.associations.findMany(refs);
      return [...found.values()].map(one => one.ref);
    },
    findEntity: entityRef => entities.find(entityRef),
    lastProof: () => store.reports.lastProof(ref),
    unchangedSince: async fingerprint => {
      const state = await store.serviceAccounts.find(ref);
      return state?.fingerprint === fingerprint
        ? state.memory?.sameSince
        : undefined;
    },
    lastAssociate: last && isFor(last, kind, subject) ? last : undefined,
    plansOfTask:
      initiator === undefined
        ? undefined
        : taskId => store.changes.plansOfTask(ref, taskId, initiator),
    changedAfterTask: taskId => store.changes.changedAfterTask(ref, taskId),
  };
}

/** What another component asked for is not told to the next one. */
function isFor(
  { holder: then }: LastAssociate,
  kind: ContextKind,
  { claimant, entity, holder }: ContextSubject,
): boolean {
  const isUnlimited = !claimant || claimant.isAdministrator;
  return (
    !then ||
    (kind !== 'sweep' && isUnlimited) ||
    sameHolder(then, holder ?? entity)
  );
}

/** How calls to AWS wait that a user or service has asked for. */
export function personLane({ type, name }: Initiator): AwsCaller {
  return { lane: 'person', key: `${type} ${name}` };
}

/** A write in here is a mistake of ours, and is stopped. */
function readOnly(kind: 'plan' | 'sweep'): Exclude<ContextKind, string> {
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
