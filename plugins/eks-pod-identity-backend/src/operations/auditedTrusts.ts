import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  MARK_TAGS,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineOptions } from 'eks-pod-identity-engine';
import type { RetryingStore } from '../store/retryingStore';

type Records = NonNullable<EngineOptions['trustRecords']>;

/**
 * What moves wrote into trust policies, each with an event of the audit log of its own: the policy is another owner's. It is
 * written before the statement, so that no statement is without it; the event of the operation says what came of that.
 */
export function auditedTrusts(
  { moveTrusts }: Pick<RetryingStore, 'moveTrusts'>,
  auditor: Pick<AuditorService, 'createEvent'>,
): Records {
  const audited = async (
    ref: Parameters<Records['find']>[0],
    meta: Record<string, string | undefined>,
    write: () => Promise<void>,
  ) => {
    const event = await auditor.createEvent({
      eventId: 'role-trust-mutate',
      severityLevel: 'medium',
      meta: { ref: stringifyServiceAccountRef(ref), ...meta },
    });
    try {
      await write();
      await event.success();
    } catch (error) {
      await event.fail({ error: error as Error });
      throw error;
    }
  };
  return {
    find: ref => moveTrusts.find(ref),
    put: (ref, record) =>
      audited(
        ref,
        {
          actionType: 'write',
          roleArn: record.roleArn,
          entityRef: record.tags[MARK_TAGS.entityRef],
          taskId: record.tags[MARK_TAGS.taskId],
          statement: JSON.stringify(record.statements.at(-1)),
        },
        () => moveTrusts.put(ref, record),
      ),
    remove: (ref, roleArn) =>
      audited(ref, { actionType: 'remove', roleArn }, () =>
        moveTrusts.remove(ref, roleArn),
      ),
  };
}
