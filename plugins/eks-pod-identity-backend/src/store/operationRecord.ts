import {
  Operation,
  OperationError,
  OperationKind,
  OperationResult,
  OperationState,
  Plan,
  presentReport,
  ServiceAccountRef,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  type Holder,
  type HolderColumns,
  holderColumns,
  toHolder,
} from './holder';
import {
  fromJson,
  fromOptionalJson,
  toIso,
  toMs,
  toOptionalMs,
} from './values';

/** A user as they were when an operation of theirs was accepted. */
export interface StoredClaimant {
  /** `ownershipEntityRefs`, lower case. */
  claims: string[];
  isAdministrator: boolean;
  /** Written refs in other namespaces whose identity they may change; undefined where it was not asked. */
  mayUpdate?: string[];
  /** The annotation of the component of the request names the service account. */
  claimsIt?: boolean;
  /** A condition of the policy allows them to verify it. */
  decided?: boolean;
}

/** An operation as it is stored. Times are epoch milliseconds. */
export interface OperationRecord {
  id: string;
  /** Operation that leads the run this one takes part in; its own id unless it joined another. */
  runId: string;
  kind: OperationKind;
  ref: ServiceAccountRef;
  entityRef?: string;
  state: OperationState;
  initiator: string;
  initiatorType: 'user' | 'service';
  trigger: 'action' | 'user' | 'schedule';
  taskId?: string;
  idempotencyKey?: string;
  requestHash: string;
  /** Its run records a timeline. */
  recordsTimeline: boolean;
  input: StartOperation['input'];
  granted: string[];
  /** `ownedBy` of the entity. */
  ownerRefs: string[];
  /** Of the entity; undefined without one, and for operations accepted before it was recorded. */
  entityUid?: string;
  /** The asking user; undefined for a service, and for operations accepted before it was recorded. */
  claimant?: StoredClaimant;
  /** For whom it is recorded; undefined where the identity is no entity's. */
  holder?: Holder;
  plan?: Plan;
  result?: OperationResult;
  error?: OperationError;
  /** Once it has ended: it wrote to AWS or Kubernetes, or may have. */
  wrote: boolean;
  attempts: number;
  lastSeq: number;
  endSeq?: number;
  cancelRequestedAt?: number;
  createdAt: number;
  updatedAt: number;
  finishedAt?: number;
}

/** What is known when an operation is accepted. */
export type NewOperationRecord = Omit<
  OperationRecord,
  | 'plan'
  | 'result'
  | 'error'
  | 'wrote'
  | 'attempts'
  | 'lastSeq'
  | 'endSeq'
  | 'cancelRequestedAt'
  | 'createdAt'
  | 'updatedAt'
  | 'finishedAt'
>;

/** An operation before it is queued or joins a run. */
export type AskedOperation = Omit<NewOperationRecord, 'runId' | 'state'>;

export interface OperationRow extends HolderColumns {
  id: string;
  run_id: string;
  kind: string;
  cluster: string;
  namespace: string;
  service_account: string;
  entity_ref: string | null;
  state: string;
  initiator: string;
  initiator_type: string;
  trigger: string;
  task_id: string | null;
  idempotency_key: string | null;
  request_hash: string;
  records_timeline: boolean | number;
  input: string;
  plan_only: boolean | number;
  granted: string;
  owner_refs: string;
  entity_uid: string | null;
  claimant: string | null;
  plan: string | null;
  result: string | null;
  error: string | null;
  attempts: number;
  last_seq: number;
  end_seq: number | null;
  wrote: boolean | number;
  cancel_requested_at: number | string | null;
  created_at: number | string;
  updated_at: number | string;
  finished_at: number | string | null;
}

/** What only plans changes nothing and promises nothing. */
export function onlyPlans({ input }: Pick<OperationRecord, 'input'>): boolean {
  return 'planOnly' in input && input.planOnly === true;
}

export function toRow(
  record: NewOperationRecord,
  now: number,
): Omit<
  OperationRow,
  | 'plan'
  | 'result'
  | 'error'
  | 'end_seq'
  | 'wrote'
  | 'cancel_requested_at'
  | 'finished_at'
> {
  return {
    id: record.id,
    run_id: record.runId,
    kind: record.kind,
    cluster: record.ref.cluster,
    namespace: record.ref.namespace,
    service_account: record.ref.serviceAccount,
    entity_ref: record.entityRef ?? null,
    state: record.state,
    initiator: record.initiator,
    initiator_type: record.initiatorType,
    trigger: record.trigger,
    task_id: record.taskId ?? null,
    idempotency_key: record.idempotencyKey ?? null,
    request_hash: record.requestHash,
    records_timeline: record.recordsTimeline,
    input: JSON.stringify(record.input),
    plan_only: onlyPlans(record),
    granted: JSON.stringify(record.granted),
    owner_refs: JSON.stringify(record.ownerRefs),
    entity_uid: record.entityUid ?? null,
    claimant: record.claimant ? JSON.stringify(record.claimant) : null,
    ...holderColumns(record.holder),
    attempts: 0,
    last_seq: 0,
    created_at: now,
    updated_at: now,
  };
}

/** Operations as `o`; event numbers are counted on the leader of the run. */
export function selectOperations(knex: Knex) {
  return knex<OperationRow>('operations as o')
    .join('operations as l', 'l.id', 'o.run_id')
    .select<OperationRow[]>('o.*', 'l.last_seq as last_seq');
}

/** What a verification of version 0.1 answered, in the words of today. */
export function presentResult(result: OperationResult): OperationResult {
  if (result.kind !== 'verify') return result;
  const report = presentReport(result.report);
  return { ...result, status: report.status, report };
}

/** `last_seq` has to be the leader's. */
export function fromRow(row: OperationRow): OperationRecord {
  return {
    id: row.id,
    runId: row.run_id,
    kind: row.kind as OperationKind,
    ref: {
      cluster: row.cluster,
      namespace: row.namespace,
      serviceAccount: row.service_account,
    },
    entityRef: row.entity_ref ?? undefined,
    state: row.state as OperationState,
    initiator: row.initiator,
    initiatorType: row.initiator_type as 'user' | 'service',
    trigger: row.trigger as OperationRecord['trigger'],
    taskId: row.task_id ?? undefined,
    idempotencyKey: row.idempotency_key ?? undefined,
    requestHash: row.request_hash,
    recordsTimeline: Boolean(row.records_timeline),
    input: fromJson(row.input),
    granted: fromJson(row.granted),
    ownerRefs: fromJson(row.owner_refs),
    entityUid: row.entity_uid ?? undefined,
    claimant: fromOptionalJson(row.claimant),
    holder: toHolder(row),
    plan: fromOptionalJson(row.plan),
    result:
      row.result === null ? undefined : presentResult(fromJson(row.result)),
    error: fromOptionalJson(row.error),
    wrote: Boolean(row.wrote),
    attempts: Number(row.attempts),
    lastSeq: row.end_seq === null ? Number(row.last_seq) : Number(row.end_seq),
    endSeq: row.end_seq === null ? undefined : Number(row.end_seq),
    cancelRequestedAt: toOptionalMs(row.cancel_requested_at),
    createdAt: toMs(row.created_at),
    updatedAt: toMs(row.updated_at),
    finishedAt: toOptionalMs(row.finished_at),
  };
}

/** What the API shows: nothing of permissions, keys or leases. */
export function toOperation(record: OperationRecord): Operation {
  return {
    id: record.id,
    kind: record.kind,
    ref: record.ref,
    entityRef: record.entityRef,
    state: record.state,
    initiator: record.initiator,
    taskId: record.taskId,
    createdAt: toIso(record.createdAt),
    updatedAt: toIso(record.updatedAt),
    finishedAt:
      record.finishedAt === undefined ? undefined : toIso(record.finishedAt),
    plan: record.plan,
    result: record.result,
    error: record.error,
    lastSeq: record.lastSeq,
  };
}
