import type { OperationKind, StartOperation } from './operations';
import type { ServiceAccountRef } from './ref';
import type {
  CheckCategory,
  CheckFix,
  CheckStatus,
  ProbeLevel,
} from './report';

/** A cluster as extensions see it. @public */
export interface PodIdentityCluster {
  /** Unique in the portal. */
  id: string;
  /** Name in EKS. */
  name: string;
  title: string;
  region: string;
  accountId: string;
  partition: string;
  arn: string;
}

/**
 * What a check of an extension may look at: the live state that the built-in checks saw in the same run. A part
 * that does not exist, or could not be read, is undefined.
 *
 * @public
 */
export interface PodIdentityCheckFacts {
  ref: ServiceAccountRef;
  cluster: PodIdentityCluster;
  entityRef?: string;
  association?: {
    id: string;
    arn: string;
    roleArn: string;
    targetRoleArn?: string;
    disableSessionTags?: boolean;
    tags: Record<string, string>;
  };
  role?: {
    arn: string;
    name: string;
    path: string;
    tags: Record<string, string>;
    maxSessionDurationSeconds?: number;
    permissionsBoundaryArn?: string;
    /** The trust policy as JSON, parsed. */
    trustPolicy?: unknown;
    attachedPolicyArns?: string[];
  };
  serviceAccount?: {
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
}

/** Answer of a check. @public */
export interface PodIdentityCheckOutcome {
  status: CheckStatus;
  /** One sentence for a person. */
  message: string;
  expected?: string;
  observed?: string;
  fix?: CheckFix;
}

/** One more question a verification asks. @public */
export interface PodIdentityCheck {
  /** Stable and unique, begins with its category: `role.max-session-duration`. */
  id: string;
  category: CheckCategory;
  title: string;
  docsUrl: string;
  /** Probe levels at which an `unknown` answer makes the report inconclusive; default none. */
  neededBy?: ProbeLevel[];
  /** Ids of checks that must not have failed; else this one is skipped. */
  dependsOn?: string[];
  evaluate(
    facts: PodIdentityCheckFacts,
    options: { signal: AbortSignal },
  ): PodIdentityCheckOutcome | Promise<PodIdentityCheckOutcome>;
}

/** What a guardrail of an extension judges. @public */
export interface PodIdentityGuardrailRequest {
  kind: OperationKind;
  ref: ServiceAccountRef;
  cluster: PodIdentityCluster;
  input: StartOperation['input'];
  /** Checked: for a user it names an entity they own. */
  entityRef?: string;
  /** Entity ref of a user, or the subject of a service. */
  initiator: string;
}

/**
 * One more limit, judged before an operation is accepted and before a plan is shown. Guardrails can only refuse:
 * none can allow what the built-in ones forbid.
 *
 * @public
 */
export interface PodIdentityGuardrail {
  name: string;
  /** A refusal's reason is shown to the initiator: say what to do instead. */
  judge(
    request: PodIdentityGuardrailRequest,
  ):
    | { allowed: true }
    | { allowed: false; reason: string }
    | Promise<{ allowed: true } | { allowed: false; reason: string }>;
}

/**
 * Proposes the name of a role that is about to be created. It must be deterministic, unique for the ref and a valid
 * IAM role name of at most 64 characters; anything else fails the operation before its first write.
 *
 * @public
 */
export type PodIdentityRoleNaming = (request: {
  ref: ServiceAccountRef;
  cluster: PodIdentityCluster;
  entityRef?: string;
  /** What the built-in strategy would answer. */
  defaultName: string;
}) => string;

/**
 * One cluster from a supplier: the same keys as an entry of `eksPodIdentity.clusters` in app-config, which also
 * validates it and supplies the defaults.
 *
 * @public
 */
export interface PodIdentityClusterDefinition {
  name: string;
  id?: string;
  title?: string;
  region: string;
  accountId: string;
  [key: string]: unknown;
}
