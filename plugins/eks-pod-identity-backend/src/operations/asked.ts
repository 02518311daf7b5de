import { randomUUID } from 'node:crypto';
import {
  type OperationResult,
  type StartOperation,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { hashOf, requestKey } from 'eks-pod-identity-engine/portal';
import type { AskedOperation, OperationRecord } from '../store';
import type { Accepted } from './Acceptance';

/** What was asked for, with what its asker is allowed to do. */
export function recordOf(
  accepted: Accepted<StartOperation>,
  { id, timeline }: { id: string; timeline: boolean },
): AskedOperation {
  const { entity, initiator, request } = accepted;
  return {
    id,
    kind: request.kind,
    ref: accepted.ref,
    entityRef: entity?.entityRef,
    initiator: initiator.name,
    initiatorType: initiator.type,
    trigger: accepted.trigger,
    taskId: request.taskId,
    idempotencyKey: request.idempotencyKey,
    requestHash: requestHashOf(request, accepted),
    recordsTimeline: timeline,
    input: request.input,
    granted: accepted.granted,
    ownerRefs: [...(entity?.ownerRefs ?? [])],
    entityUid: entity?.uid,
    claimant: accepted.claimant,
    holder: accepted.holder,
  };
}

function requestHashOf(request: StartOperation, accepted: Accepted): string {
  return request.kind === 'verify'
    ? requestKey({ ...request.input, ref: accepted.ref })
    : hashOf(request.input);
}

/** A move that came to its end, or a restart that left no workload alone: then the user has to read why. */
function isToVerify(result: OperationResult | undefined): boolean {
  return (
    (result?.kind === 'migrate' &&
      ['moved', 'finished'].includes(result.state)) ||
    (result?.kind === 'restart' && result.warnings.length === 0)
  );
}

/** The verification of what a move or a restart has left, with its rights; undefined where it is not due or not allowed. */
export function verificationOf(
  done: OperationRecord,
  result: OperationResult | undefined,
): AskedOperation | undefined {
  if (!isToVerify(result)) return undefined;
  const { granted, ref } = done;
  if (!granted.includes(verificationCreatePermission.name)) return undefined;
  const { clusterName, namespace, serviceAccount, entityRef } = done.input;
  const input = { clusterName, namespace, serviceAccount, entityRef };
  return {
    id: randomUUID(),
    kind: 'verify',
    ref,
    entityRef: done.entityRef,
    initiator: done.initiator,
    initiatorType: done.initiatorType,
    trigger: done.trigger,
    taskId: done.taskId,
    requestHash: requestKey({ ...input, ref }),
    recordsTimeline: false,
    input,
    granted,
    ownerRefs: done.ownerRefs,
    entityUid: done.entityUid,
    claimant: done.claimant,
    holder: done.holder,
  };
}
