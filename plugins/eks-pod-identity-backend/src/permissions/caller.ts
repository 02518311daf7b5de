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

const SCAFFOLDER = 'plugin:scaffolder';

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
export function checkTask(caller: Caller, taskId: string | undefined): void {
  if (taskId === undefined || caller.principal.type === 'service') return;
  if (actorOf(caller) === SCAFFOLDER) return;
  throw new NotAllowedError(
    'taskId is not allowed: the scaffolder names its own task, and no other request has one. Leave it out',
  );
}

export function initiatorOf({ principal }: Caller): Initiator {
  return principal.type === 'user'
    ? { type: 'user', name: principal.userEntityRef }
    : { type: 'service', name: principal.subject };
}

/** What started an operation: a step of a template, which runs as its user, or the user. No request can say that itself. */
export function triggerOf(caller: Caller): 'action' | 'user' {
  const isAction =
    caller.principal.type === 'service' || actorOf(caller) === SCAFFOLDER;
  return isAction ? 'action' : 'user';
}

/** The plugin that acts for the user, where one does. */
export function actorOf({ principal }: Caller): string | undefined {
  return principal.type === 'user' ? principal.actor?.subject : undefined;
}
