import type {
  AssociateInput,
  AssociateResult,
  NewOperationEvent,
  Plan,
  ServiceAccountRef,
  TeardownInput,
  TeardownResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from './async/clock';
import type { Logger } from './async/logger';
import type { Clusters, EngineConfig } from './clusters/types';
import type { Association } from './aws/association';

/** What an operation may do, as asked and granted once at acceptance. Names of permissions. */
export type GrantedPermissions = ReadonlySet<string>;

/** A write is allowed only while this resolves: the lease is still ours. */
export interface WriteGuard {
  /** Throws ConflictError when the operation lost its lease; called before every write. */
  beforeWrite(what: string): Promise<void>;
  /** Takes a lease on something several refs share (a role, a cluster) for the time of `work`. */
  withLease<T>(
    key: { kind: 'role' | 'cluster'; name: string },
    work: () => Promise<T>,
  ): Promise<T>;
}

/** What every floor below an operation gets. */
export interface OperationContext {
  config: EngineConfig;
  clusters: Clusters;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
  /** Appends to the operation's event stream. */
  emit(event: NewOperationEvent): Promise<void>;
  guard: WriteGuard;
  granted: GrantedPermissions;
  /** entityRefs the initiator owns, lower case; undefined for a service initiator. */
  ownedEntities?: { owns(entityRef: string): boolean };
  /** Defaults and texts from the record, never a base of decisions. */
  lastAssociate?: { input: AssociateInput; result?: AssociateResult };
  /** Plans that a scaffolder task applied to this ref, from the record; for texts only. */
  plansOfTask?(taskId: string): Promise<Plan[]>;
  /** Told what a verification saw of the association; `null` when there is none. */
  sawAssociation?(association: Association | null): void;
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
}

/** The lifecycle floor. `plan…` writes nothing and uses the read role; `…` plans again with fresh state and applies. */
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
}
