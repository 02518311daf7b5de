import {
  AssociateInput,
  OperationResult,
  PermissionCheck,
  RestartInput,
  RollbackInput,
  TeardownInput,
  VerificationReport,
  VerifyInput,
  VerifyResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  EngineConfig,
  Lifecycle,
  MoveContext,
  Moves,
  OperationContext,
  VerifyContext,
  Verification,
  VerifyRequest,
} from 'eks-pod-identity-engine';
import { checkPermissionChecks } from 'eks-pod-identity-engine/portal';
import { identityPage } from '../permissions/entityPage';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import { onlyPlans, OperationRecord } from '../store';
import type { RetryingStore } from '../store/retryingStore';
import { expectedBy, GRANTED, type RuledMigrateInput } from './ruledMoves';

const DEFAULT_TIMEOUT_SECONDS = 300;

export function timeoutMsOf(record: OperationRecord): number {
  return (record.input.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
}

/** True for what may write, and so needs the lease on the service account. */
export function isChange(
  record: Pick<OperationRecord, 'kind' | 'input'>,
): boolean {
  return record.kind !== 'verify' && !onlyPlans(record);
}

/** True for what may change the identity itself; a restart only has its pods recreated. */
export function changesIdentity(
  record: Pick<OperationRecord, 'kind' | 'input'>,
): boolean {
  return isChange(record) && record.kind !== 'restart';
}

/** True for what waits for roll-outs after its own work. */
export function restartsWorkloads({
  kind,
  input,
}: Pick<OperationRecord, 'kind' | 'input'>): boolean {
  return (
    kind === 'restart' ||
    ('restartWorkloads' in input && input.restartWorkloads === true)
  );
}

/** Hands the operation to the part of the engine that carries it out. */
export async function perform(
  record: OperationRecord,
  context: MoveContext,
  deps: {
    lifecycle: Lifecycle;
    moves: Moves;
    verification: Verification;
    store: Pick<RetryingStore, 'changes' | 'permissionChecks'>;
    entities: Pick<EntityDirectory, 'hasTab'>;
  },
): Promise<OperationResult> {
  const { ref, taskId } = record;
  switch (record.kind) {
    case 'associate':
      return deps.lifecycle.associate(
        { ref, taskId, input: record.input as AssociateInput },
        context,
      );
    case 'teardown':
      return deps.lifecycle.teardown(
        { ref, taskId, input: record.input as TeardownInput },
        context,
      );
    case 'restart':
      return deps.lifecycle.restart(
        { ref, input: record.input as RestartInput },
        context,
      );
    case 'migrate': {
      const { rule, ...input } = record.input as RuledMigrateInput;
      const request = { ref, taskId, input };
      if (!rule) return deps.moves.migrate(request, context);
      const { config } = context;
      const expects = await expectedBy(rule, record, deps.store, config);
      return deps.moves.migrate(
        { ...request, expects },
        { ...context, granted: GRANTED },
      );
    }
    case 'rollback':
      return deps.moves.rollback(
        { ref, input: record.input as RollbackInput },
        context,
      );
    case 'verify':
      return toVerifyResult(
        await verify(record, context, deps),
        context.config,
        deps.entities,
      );
    default:
      throw new Error(`Unknown kind of operation: ${record.kind}`);
  }
}

async function verify(
  record: OperationRecord,
  context: VerifyContext,
  deps: {
    verification: Verification;
    store: Pick<RetryingStore, 'changes' | 'permissionChecks'>;
  },
): Promise<VerificationReport> {
  const input = record.input as VerifyInput;
  const probe = input.probe ?? 'pod';
  const request: VerifyRequest = {
    ref: record.ref,
    entityRef: record.entityRef,
    taskId: record.taskId,
    trigger: record.trigger,
    probe,
    expectedRoleArn: input.expectedRoleArn,
    asksAsBefore: !input.permissionChecks,
    permissionChecks:
      input.permissionChecks ??
      (probe === 'pod' ? await askedBefore(record, context, deps) : []),
    perNodeGroup:
      input.perNodeGroup ??
      (probe === 'pod' && (await failedInNodeGroup(context))),
    timeoutSeconds: input.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    changedAt: await deps.store.changes.lastAt(record.ref),
  };
  return deps.verification.verify(request, context);
}

/** A pod in one of several node groups got no credentials, and none has got them there since: one elsewhere would hide it. */
async function failedInNodeGroup({
  lastProof,
}: VerifyContext): Promise<boolean> {
  const proof = await lastProof?.();
  const answer = proof?.checks.find(
    ({ id }) => id === 'credentials.node-groups',
  );
  if (answer?.status === 'skip') return answer.becauseOf !== undefined;
  return answer?.status === 'fail' || answer?.status === 'unknown';
}

/** What was asked for of the identity before, as far as the guardrails allow it now. */
async function askedBefore(
  { ref }: OperationRecord,
  { clusters, emit }: OperationContext,
  { store }: { store: Pick<RetryingStore, 'permissionChecks'> },
): Promise<PermissionCheck[]> {
  const cluster = clusters.get(ref.cluster);
  const allowed: PermissionCheck[] = [];
  for (const check of await store.permissionChecks.find(ref)) {
    try {
      checkPermissionChecks([check], cluster);
      allowed.push(check);
    } catch (error) {
      await emit({
        type: 'log',
        data: {
          level: 'warn',
          message: `The permission check ${
            check.name
          } of an earlier verification is left out: ${
            (error as Error).message
          }`,
        },
      });
    }
  }
  return allowed;
}

async function toVerifyResult(
  report: VerificationReport,
  config: EngineConfig,
  entities: Pick<EntityDirectory, 'hasTab'>,
): Promise<VerifyResult> {
  const count = (status: string) =>
    report.checks.filter(check => check.status === status).length;
  return {
    kind: 'verify',
    status: report.status,
    proof: report.proof,
    callerArn: report.callerArn,
    passed: count('pass'),
    failed: count('fail'),
    reused: report.reused ?? false,
    report,
    links: report.entityRef
      ? [
          {
            title: 'Report',
            url: await identityPage(
              config.appBaseUrl,
              report.entityRef,
              { ref: report.ref, reportId: report.id },
              entities,
            ),
          },
        ]
      : [],
  };
}
