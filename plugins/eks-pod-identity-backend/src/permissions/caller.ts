import {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';

/** A user or a service that may call our routes. */
export type Caller = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

/** Who asked: the entity ref of a user, or the subject of a service. */
export interface Initiator {
  type: 'user' | 'service';
  name: string;
}

/**
 * Judges the task that a request names. What a task made carries its id, and a rollback removes by it, so a user cannot
 * choose it: only the scaffolder that runs the task for the user, or another service.
 *
 * @throws NotAllowedError
 */
export function checkTask(
  { principal }: Caller,
  taskId: string | undefined,
): void {
  if (taskId === undefined || principal.type === 'service') return;
  if (principal.actor?.subject === 'plugin:scaffolder') return;
  throw new NotAllowedError(
    'taskId is not allowed: the scaffolder names its own task, and no other request has one. Leave it out',
  );
}

export function initiatorOf({ principal }: Caller): Initiator {
  return principal.type === 'user'
    ? { type: 'user', name: principal.userEntityRef }
    : { type: 'service', name: principal.subject };
}
