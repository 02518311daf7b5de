import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
  type ConditionalPolicyDecision,
  type PolicyDecision,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ServiceAccountResource } from './permissionRules';

/** A permission on a service account. */
interface AskedOnRef {
  permission: ResourcePermission;
  ref: ServiceAccountRef;
}

/** A permission, on a service account where it is about one. */
type AskedPermission = AskedOnRef | { permission: BasicPermission };

/** What conditions of the policy are judged by: the registered rules, and the resources that they are about. */
export interface ConditionJudge {
  isAllowed(
    decision: PolicyDecision,
    resource: ServiceAccountResource | undefined,
  ): boolean;
  /** By written ref; undefined where the text is none. */
  resourcesOf(
    resourceRefs: string[],
  ): Promise<(ServiceAccountResource | undefined)[]>;
}

/**
 * Asks the permission framework, always with the credentials of the caller. Conditions are judged here, by the very rules
 * and resources that the framework would come back to this plugin for, with a request for each question.
 */
export class Authorizer {
  readonly #permissions: PermissionsService;
  readonly #judge: ConditionJudge;

  constructor(permissions: PermissionsService, judge: ConditionJudge) {
    this.#permissions = permissions;
    this.#judge = judge;
  }

  /** Which of these are allowed, in one request to the policy that names each permission once. */
  async allowed(
    asked: AskedOnRef[],
    credentials: BackstageCredentials,
  ): Promise<boolean[]> {
    if (asked.length === 0) return [];
    const permissions = [...new Set(asked.map(({ permission }) => permission))];
    const answers = await this.decide(permissions, credentials);
    const decisions = new Map(
      permissions.map((permission, index) => [permission, answers[index]]),
    );
    const resources = answers.some(isConditional)
      ? await this.#resources(asked)
      : undefined;
    return asked.map(({ permission, ref }) =>
      this.#judge.isAllowed(
        decisions.get(permission)!,
        resources?.get(stringifyServiceAccountRef(ref)),
      ),
    );
  }

  /** @throws NotAllowedError that begins with the refusal and names the permission */
  async require(
    refusal: string,
    asked: AskedPermission,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const [allowed] =
      'ref' in asked
        ? await this.allowed([asked], credentials)
        : await this.#allowedAnywhere(asked, credentials);
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
    const answers = await this.#permissions.authorizeConditional(
      permissions.map(permission => ({ permission })),
      { credentials },
    );
    for (const answer of answers) {
      if (
        isConditional(answer) &&
        answer.resourceType !== RESOURCE_TYPE_SERVICE_ACCOUNT
      ) {
        throw new Error(
          `The permission policy answered with conditions on ${answer.resourceType}, but was asked about ${RESOURCE_TYPE_SERVICE_ACCOUNT}`,
        );
      }
    }
    return answers;
  }

  async #allowedAnywhere(
    asked: { permission: BasicPermission },
    credentials: BackstageCredentials,
  ): Promise<boolean[]> {
    const answers = await this.#permissions.authorize([asked], { credentials });
    return answers.map(({ result }) => result === AuthorizeResult.ALLOW);
  }

  async #resources(asked: AskedOnRef[]) {
    const written = [
      ...new Set(asked.map(({ ref }) => stringifyServiceAccountRef(ref))),
    ];
    const resources = await this.#judge.resourcesOf(written);
    return new Map(written.map((ref, index) => [ref, resources[index]]));
  }
}

function isConditional(
  decision: PolicyDecision,
): decision is ConditionalPolicyDecision {
  return decision.result === AuthorizeResult.CONDITIONAL;
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
