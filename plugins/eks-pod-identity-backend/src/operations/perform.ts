import {
  AssociateInput,
  NewOperationEvent,
  OperationResult,
  TeardownInput,
  VerificationReport,
  VerifyInput,
  VerifyResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from '../clusters/types';
import type { Lifecycle, OperationContext } from '../lifecycle/types';
import { OperationRecord, Store } from '../store';
import type { Verification, VerifyRequest } from '../verification/types';

/** A verified pod run answers equal questions for this long, while nothing they depend on has changed. */
export const REUSE_MS = 60_000;

export const DEFAULT_TIMEOUT_SECONDS = 300;

export function timeoutMsOf(record: OperationRecord): number {
  return (record.input.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
}

/** True for what may write, and so needs its turn on the ServiceAccount. */
export function isChange(record: OperationRecord): boolean {
  return (
    record.kind !== 'verify' &&
    !('planOnly' in record.input && record.input.planOnly)
  );
}

/** Hands the operation to its floor. */
export async function perform(
  record: OperationRecord,
  context: OperationContext,
  rooms: { lifecycle: Lifecycle; verification: Verification; store: Store },
): Promise<OperationResult> {
  const { ref, taskId } = record;
  switch (record.kind) {
    case 'associate':
      return rooms.lifecycle.associate(
        { ref, taskId, input: record.input as AssociateInput },
        context,
      );
    case 'teardown':
      return rooms.lifecycle.teardown(
        { ref, taskId, input: record.input as TeardownInput },
        context,
      );
    case 'verify':
      return toVerifyResult(
        await verify(record, context, rooms),
        context.config,
      );
    default:
      throw new Error(`Unknown kind of operation: ${record.kind}`);
  }
}

async function verify(
  record: OperationRecord,
  context: OperationContext,
  rooms: { verification: Verification; store: Store },
): Promise<VerificationReport> {
  const input = record.input as VerifyInput;
  const request: VerifyRequest = {
    ref: record.ref,
    entityRef: record.entityRef,
    trigger: record.trigger,
    probe: input.probe ?? 'pod',
    expectedRoleArn: input.expectedRoleArn,
    permissionChecks: input.permissionChecks ?? [],
    timeoutSeconds: input.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    changedAt: await rooms.store.operations.lastChangeAt(record.ref),
  };
  return (
    (await reuse(record, request, context, rooms)) ??
    rooms.verification.verify(request, context)
  );
}

/** The stored proof of less than a minute ago, if a look without a pod finds everything as it was then. */
async function reuse(
  record: OperationRecord,
  request: VerifyRequest,
  context: OperationContext,
  rooms: { verification: Verification; store: Store },
): Promise<VerificationReport | undefined> {
  if (request.probe !== 'pod') return undefined;
  const stored = await rooms.store.reports.lastVerified(
    record.ref,
    record.requestHash,
    context.clock.now() - REUSE_MS,
  );
  if (!stored?.fingerprint) return undefined;
  const checks: NewOperationEvent[] = [];
  const look = await rooms.verification.verify(
    { ...request, probe: 'none', permissionChecks: [] },
    {
      ...context,
      emit: async event => {
        checks.push(event);
      },
    },
  );
  if (look.fingerprint !== stored.fingerprint) return undefined;
  await context.emit({
    type: 'log',
    data: {
      level: 'info',
      message: `A pod proved this identity at ${stored.finishedAt} and nothing has changed since: showing that report`,
    },
  });
  for (const check of stored.checks) {
    await context.emit({ type: 'check', data: check });
  }
  return { ...stored, reused: true };
}

function toVerifyResult(
  report: VerificationReport,
  config: EngineConfig,
): VerifyResult {
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
            title: 'Component',
            url: entityPage(config.appBaseUrl, report.entityRef),
          },
        ]
      : [],
  };
}

/** `component:default/payments-api` → its page in the catalog. */
function entityPage(appBaseUrl: string, entityRef: string): string {
  const [kind, rest] = entityRef.split(':');
  const [namespace, name] = rest.split('/');
  return `${appBaseUrl}/catalog/${[namespace, kind, name]
    .map(encodeURIComponent)
    .join('/')}`;
}
