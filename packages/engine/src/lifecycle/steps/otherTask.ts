import { tagValue } from '../../identity/ownership';

/** Why a resource of ours stays when only the work of one task is rolled back. */
export function otherTask(
  taskId: string | undefined,
  createdByTask: string | undefined,
): string | undefined {
  if (createdByTask === undefined) return undefined;
  if (taskId === tagValue(createdByTask) || taskId === createdByTask) {
    return undefined;
  }
  return `it was made by ${
    taskId ? `task ${taskId}` : 'no task'
  }, not by ${createdByTask}`;
}
