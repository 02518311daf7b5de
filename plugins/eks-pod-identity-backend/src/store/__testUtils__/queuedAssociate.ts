import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { NewOperationRecord } from '../operationRecord';

/** An associate that waits, which a user asked for; its run has the id of the operation. */
export function queuedAssociate(
  id: string,
  ref: ServiceAccountRef,
  more: Partial<NewOperationRecord> = {},
): NewOperationRecord {
  const { cluster: clusterName, ...accepted } = ref;
  return {
    id,
    runId: id,
    kind: 'associate',
    ref,
    state: 'queued',
    initiator: 'user:default/ada',
    initiatorType: 'user',
    trigger: 'user',
    requestHash: 'h',
    recordsTimeline: false,
    input: { clusterName, ...accepted },
    granted: [],
    ownerRefs: [],
    ...more,
  };
}
