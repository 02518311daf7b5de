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

/** The verification of what a move has left, with the rights of the move; undefined where it is not due or not allowed. */
export function verificationOf(
  moved: OperationRecord,
  result: OperationResult | undefined,
): AskedOperation | undefined {
  if (result?.kind !== 'migrate' || result.state !== 'moved') return undefined;
  const { granted, ref } = moved;
  if (!granted.includes(verificationCreatePermission.name)) return undefined;
  const { clusterName, namespace, serviceAccount, entityRef } = moved.input;
  const input = { clusterName, namespace, serviceAccount, entityRef };
  return {
    id: randomUUID(),
    kind: 'verify',
    ref,
    entityRef: moved.entityRef,
    initiator: moved.initiator,
    initiatorType: moved.initiatorType,
    trigger: moved.trigger,
    taskId: moved.taskId,
    requestHash: requestKey({ ...input, ref }),
    recordsTimeline: false,
    input,
    granted,
    ownerRefs: moved.ownerRefs,
    entityUid: moved.entityUid,
    claimant: moved.claimant,
    holder: moved.holder,
  };
}
