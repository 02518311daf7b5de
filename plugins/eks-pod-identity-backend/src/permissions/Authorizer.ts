import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
  type ConditionalPolicyDecision,
  type Permission,
  type PolicyDecision,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  podIdentityUsePermission,
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

/** What conditions are about, by written ref. */
export type Resources = ReadonlyMap<string, ServiceAccountResource | undefined>;

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
    options?: { forPage: boolean },
  ): Promise<boolean[]> {
    const answers = await this.answers(asked, credentials, options);
    return answers.map(({ allowed }) => allowed);
  }

  /** The same, and whether the policy decided for the service account: one that allows everything did not. */
  async answers(
    asked: AskedOnRef[],
    credentials: BackstageCredentials,
    options?: { forPage: boolean },
  ): Promise<{ allowed: boolean; decided: boolean }[]> {
    if (asked.length === 0) return [];
    const permissions = [...new Set(asked.map(({ permission }) => permission))];
    const answers = await this.decide(permissions, credentials, options);
    const decisions = asked.map(({ permission, ref }) => ({
      decision: answers[permissions.indexOf(permission)],
      ref,
    }));
    const allowed = await this.judge(decisions);
    return decisions.map(({ decision }, index) => ({
      allowed: allowed[index],
      decided: isConditional(decision),
    }));
  }

  /** Which decisions allow it on their service accounts; asks the policy nothing. */
  async judge(
    asked: { decision: PolicyDecision; ref: ServiceAccountRef }[],
  ): Promise<boolean[]> {
    const resources: Resources = asked.some(({ decision }) =>
      isConditional(decision),
    )
      ? await this.resourcesOf(asked.map(({ ref }) => ref))
      : new Map();
    return asked.map(one => this.isAllowed(one, resources));
  }

  /** Whether a decision allows it on a service account; asks nothing. */
  isAllowed(
    { decision, ref }: { decision: PolicyDecision; ref: ServiceAccountRef },
    resources: Resources,
  ): boolean {
    return this.#judge.isAllowed(
      decision,
      resources.get(stringifyServiceAccountRef(ref)),
    );
  }

  /** @throws NotAllowedError when the caller is not allowed to see the identity */
  async requireRead(
    ref: ServiceAccountRef,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const permission = associationReadPermission;
    const [allowed] = await this.allowed([{ permission, ref }], credentials);
    if (allowed) return;
    throw missing(
      `You are not allowed to see the AWS identity of ${stringifyServiceAccountRef(
        ref,
      )}`,
      permission,
    );
  }

  /**
   * Asks for a permission that has no resource, and for the use of the plugin.
   *
   * @param refusal - without a full stop
   * @throws NotAllowedError
   */
  async requireBasic(
    refusal: string,
    permission: BasicPermission,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const [answer] = await this.decide([asAsked(permission)], credentials, {
      forPage: true,
    });
    if (answer.result !== AuthorizeResult.ALLOW) {
      throw missing(refusal, permission);
    }
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

  /**
   * Decisions that may depend on the service account, for lists.
   *
   * @throws NotAllowedError for a page whose reader is not allowed to use the plugin, which the same request asks
   */
  async decide(
    permissions: ResourcePermission[],
    credentials: BackstageCredentials,
    { forPage }: { forPage: boolean } = { forPage: false },
  ): Promise<PolicyDecision[]> {
    const use = asAsked(podIdentityUsePermission);
    const answers = await this.#permissions.authorizeConditional(
      [...permissions, ...(forPage ? [use] : [])].map(permission => ({
        permission,
      })),
      { credentials },
    );
    if (forPage && answers.pop()?.result !== AuthorizeResult.ALLOW) {
      throw missing(
        'You are not allowed to use the pages of AWS identities',
        use,
      );
    }
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

  /** What `isAllowed` judges conditions by; asks the database, not the policy. */
  async resourcesOf(refs: ServiceAccountRef[]): Promise<Resources> {
    const written = [...new Set(refs.map(stringifyServiceAccountRef))];
    const resources = await this.#judge.resourcesOf(written);
    return new Map(written.map((ref, index) => [ref, resources[index]]));
  }
}

/** The policy answers for any permission; only the type of the request leaves those without a resource out. */
export function asAsked(permission: BasicPermission): ResourcePermission {
  return permission as Permission as ResourcePermission;
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
    `${refusal}: you lack the permission ${name}${more}`,
  );
}
