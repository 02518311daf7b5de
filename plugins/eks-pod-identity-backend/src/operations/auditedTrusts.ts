import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  MARK_TAGS,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineOptions } from 'eks-pod-identity-engine';
import type { RetryingStore } from '../store/retryingStore';

type Records = NonNullable<EngineOptions['trustRecords']>;

/**
 * What moves wrote into trust policies. Each write of one is an event of the audit log of its own, with its outcome: the policy
 * is another owner's.
 */
export function auditedTrusts(
  { moveTrusts }: Pick<RetryingStore, 'moveTrusts'>,
  auditor: Pick<AuditorService, 'createEvent'>,
): Records {
  return {
    find: ref => moveTrusts.find(ref),
    put: (ref, record) => moveTrusts.put(ref, record),
    remove: (ref, roleArn) => moveTrusts.remove(ref, roleArn),
    audited: async (
      ref,
      { actionType, operation, record, statement },
      write,
    ) => {
      const event = await auditor.createEvent({
        eventId: 'role-trust-mutate',
        severityLevel: 'medium',
        meta: {
          ref: stringifyServiceAccountRef(ref),
          actionType,
          roleArn: record.roleArn,
          entityRef: record.tags[MARK_TAGS.entityRef],
          taskId: record.tags[MARK_TAGS.taskId],
          operationId: operation?.id,
          initiator: operation?.initiator,
          statement: JSON.stringify(statement),
        },
      });
      try {
        await write();
      } catch (error) {
        await event.fail({ error: error as Error });
        throw error;
      }
      await event.success();
    },
  };
}
