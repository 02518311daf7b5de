import type {
  AssociateInput,
  AssociateResult,
  NewOperationEvent,
  Plan,
  RestartInput,
  RestartResult,
  ServiceAccountRef,
  TeardownInput,
  TeardownResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from './async/clock';
import type { Logger } from './async/logger';
import type { Clusters, EngineConfig } from './clusters/types';
import type { Claimant } from './guardrails/identityOwner';
import type { CatalogEntity } from './identity/entityRecord';

/** Names of the permissions granted to an operation when it was accepted. */
export type GrantedPermissions = ReadonlySet<string>;

/** Checks the lease before each write. @public */
export interface WriteGuard {
  /** Throws ConflictError when the operation lost its lease; called before every write. */
  beforeWrite(what: string): Promise<void>;
  /** Holds a lease on a role or cluster that several refs share while `work` runs. */
  withLease<T>(
    key: { kind: 'role' | 'cluster'; name: string },
    work: () => Promise<T>,
  ): Promise<T>;
  /**
   * Lets work that must not stop half-way go on to its end, such as what takes a road away: a cancel and a deadline do not
   * stop it, a lost lease does. Default: it stops as everything else.
   *
   * @param work - gets the signal that still ends it
   */
  untilItsEnd?<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Whether another change of the same service account waits until this operation ends. Default: none does. */
  isAwaited?(): Promise<boolean>;
}

/** What the lifecycle and verification get from the operation that runs them. @public */
export interface OperationContext {
  config: EngineConfig;
  clusters: Clusters;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  /** For records outside of the operation; undefined for a plan and a sweep. */
  operation?: { id: string; initiator?: string };
  /** Appends to the operation's event stream. */
  emit(event: NewOperationEvent): Promise<void>;
  guard: WriteGuard;
  granted: GrantedPermissions;
  /** The user who asked; undefined for a service. */
  claimant?: Claimant;
  /** Entity of the request as the catalog had it when the operation was accepted. */
  entity?: CatalogEntity;
  /** Asks the catalog, with the portal's rights; a sentence never tells more than whether the claimant owns it. */
  findEntity(entityRef: string): Promise<CatalogEntity | undefined>;
  /** Defaults and texts from the record; what a request may do never depends on them. */
  lastAssociate?: { input: AssociateInput; result?: AssociateResult };
  /**
   * Refs of the same namespace and service account that had an association on another cluster when it was last swept.
   * Some readers are not allowed to see them.
   */
  elsewhere?(): Promise<ServiceAccountRef[]>;
  /** The last run with a pod that showed whether the identity works, if one is stored. */
  lastProof?(): Promise<VerificationReport | undefined>;
  /** Since when the identity has had this fingerprint, epoch milliseconds: when the portal saw it for the first time, at the latest. */
  unchangedSince?(fingerprint: string): Promise<number | undefined>;
  /** Plans that a scaffolder task applied to this ref, from the record; for texts only. */
  plansOfTask?(taskId: string): Promise<Plan[]>;
  /** Whether others changed the ref after a scaffolder task, from the record; then nothing is removed for that task. */
  changedAfterTask?(taskId: string): Promise<boolean>;
}

export interface AssociateRequest {
  ref: ServiceAccountRef;
  input: AssociateInput;
  taskId?: string;
}

export interface TeardownRequest {
  ref: ServiceAccountRef;
  input: TeardownInput;
  taskId?: string;
  /** Nothing was made of a role or changed in one, so that none is looked for. */
  withoutRoles?: boolean;
}

export interface RestartRequest {
  ref: ServiceAccountRef;
  input: RestartInput;
}

/**
 * Plans and applies changes. `plan…` writes nothing and uses the read role; the others plan again with fresh state
 * and apply.
 *
 * @public
 */
export interface Lifecycle {
  planAssociate(
    request: AssociateRequest,
    context: OperationContext,
  ): Promise<Plan>;
  associate(
    request: AssociateRequest,
    context: OperationContext,
  ): Promise<AssociateResult>;
  planTeardown(
    request: TeardownRequest,
    context: OperationContext,
  ): Promise<Plan>;
  teardown(
    request: TeardownRequest,
    context: OperationContext,
  ): Promise<TeardownResult>;
  /** Restarts the workloads whose pods started before their identity; the identity stays as it is. */
  restart(
    request: RestartRequest,
    context: OperationContext,
  ): Promise<RestartResult>;
}
