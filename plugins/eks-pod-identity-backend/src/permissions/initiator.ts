import {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';

/** Who asked: the entity ref of a user, or the subject of a service. */
export interface Initiator {
  type: 'user' | 'service';
  name: string;
}

export function initiatorOf(
  credentials: BackstageCredentials<
    BackstageUserPrincipal | BackstageServicePrincipal
  >,
): Initiator {
  const { principal } = credentials;
  return principal.type === 'user'
    ? { type: 'user', name: principal.userEntityRef }
    : { type: 'service', name: principal.subject };
}
