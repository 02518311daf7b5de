import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
  type PolicyDecision,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** A permission, on a service account where it is about one. */
export type AskedPermission =
  | { permission: ResourcePermission; ref: ServiceAccountRef }
  | { permission: BasicPermission };

/** Asks the permission framework, always with the credentials of the caller. */
export class Authorizer {
  readonly #permissions: PermissionsService;

  constructor(permissions: PermissionsService) {
    this.#permissions = permissions;
  }

  /** Which of these are allowed, in one request to the policy. */
  async allowed(
    asked: AskedPermission[],
    credentials: BackstageCredentials,
  ): Promise<boolean[]> {
    if (asked.length === 0) return [];
    const answers = await this.#permissions.authorize(
      asked.map(one =>
        'ref' in one
          ? {
              permission: one.permission,
              resourceRef: stringifyServiceAccountRef(one.ref),
            }
          : one,
      ),
      { credentials },
    );
    return answers.map(({ result }) => result === AuthorizeResult.ALLOW);
  }

  /** @throws NotAllowedError that begins with the refusal and names the permission */
  async require(
    refusal: string,
    asked: AskedPermission,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const [allowed] = await this.allowed([asked], credentials);
    if (!allowed) throw missing(refusal, asked.permission);
  }

  /** @throws NotAllowedError when the caller may not see the identity */
  async requireRead(
    ref: ServiceAccountRef,
    credentials: BackstageCredentials,
  ): Promise<void> {
    await this.require(
      `You may not see the AWS identity of ${stringifyServiceAccountRef(ref)}`,
      { permission: associationReadPermission, ref },
      credentials,
    );
  }

  /** Those refs whose identities the caller may see. */
  async readable(
    refs: ServiceAccountRef[],
    credentials: BackstageCredentials,
  ): Promise<ServiceAccountRef[]> {
    const allowed = await this.allowed(
      refs.map(ref => ({ permission: associationReadPermission, ref })),
      credentials,
    );
    return refs.filter((_, index) => allowed[index]);
  }

  /** Decisions that may depend on the service account, for lists. */
  async decide(
    permissions: ResourcePermission[],
    credentials: BackstageCredentials,
  ): Promise<PolicyDecision[]> {
    return this.#permissions.authorizeConditional(
      permissions.map(permission => ({ permission })),
      { credentials },
    );
  }
}

/** The refusal of what the policy does not give; `more` follows the name of the permission. */
export function missing(
  refusal: string,
  { name }: { name: string },
  more = '',
): NotAllowedError {
  return new NotAllowedError(
    `${refusal}: your portal's policy does not give you ${name}${more}`,
  );
}
