import {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';

/** A user or a service that may call our routes. */
export type Caller = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

/** Who asked: the entity ref of a user, or the subject of a service. */
export interface Initiator {
  type: 'user' | 'service';
  name: string;
}

export function initiatorOf({ principal }: Caller): Initiator {
  return principal.type === 'user'
    ? { type: 'user', name: principal.userEntityRef }
    : { type: 'service', name: principal.subject };
}
