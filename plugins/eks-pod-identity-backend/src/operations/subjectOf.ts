import type { OperationRecord } from '../store';

/** Whose rights an operation has, and for which entity. */
export function subjectOf(record: OperationRecord) {
  const { ref, granted, holder, initiator } = record;
  return {
    ref,
    granted,
    claimant: claimantOf(record),
    entity: entityOf(record),
    holder,
    initiator,
    operationId: record.id,
  };
}

/** A user whose operation was accepted before claims were recorded owns nothing: the run says so and stops. */
function claimantOf({ initiatorType, claimant }: OperationRecord) {
  return initiatorType === 'user'
    ? claimant ?? { claims: [], isAdministrator: false }
    : undefined;
}

function entityOf({ entityRef, entityUid, ownerRefs }: OperationRecord) {
  return entityRef !== undefined && entityUid !== undefined
    ? { entityRef, uid: entityUid, ownerRefs }
    : undefined;
}
