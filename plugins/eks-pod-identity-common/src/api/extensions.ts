import type {
  EvidenceEvent,
  EvidenceQuestion,
} from '../vocabulary/evidenceEvents';
import type { OperationKind, StartOperation } from './operations';
import type { ServiceAccountRef } from '../vocabulary/ref';
import type {
  CheckCategory,
  CheckFix,
  CheckStatus,
  ProbeLevel,
} from '../vocabulary/report';

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

/** The tool that made a resource of AWS. @public */
export interface PodIdentityMaker {
  /** `ACK`, `CloudFormation`, `Crossplane`, `eksctl`, `OpenTofu`, `Pulumi` or `Terraform`. */
  tool: string;
  /** `tag`: the tool or its users tagged the resource · `name`: its name only looks like one that the tool gives. */
  by: 'tag' | 'name';
}

/**
 * The input of an extension's check: the live state that the built-in checks saw in the same run. A part that does not
 * exist, or could not be read, is undefined.
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
    /** Undefined where no tag names a tool, as on what the portal made. */
    madeBy?: PodIdentityMaker;
  };
  role?: {
    arn: string;
    name: string;
    path: string;
    tags: Record<string, string>;
    /** Undefined where neither a tag nor the name names a tool, as on what the portal made. */
    madeBy?: PodIdentityMaker;
    maxSessionDurationSeconds?: number;
    permissionsBoundaryArn?: string;
    /** The trust policy as JSON, parsed. */
    trustPolicy?: unknown;
    attachedPolicyArns?: string[];
    inlinePolicyNames?: string[];
    /**
     * Only for a check that `reads` them; each document is parsed JSON. Everyone who is allowed to read the identity sees
     * what a check answers: do not quote documents.
     */
    inlinePolicies?: { name: string; document: unknown }[];
  };
  serviceAccount?: {
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  /** The running pods of the service account, those of the portal's own probe aside. */
  pods?: PodIdentityCheckPod[];
  /** The nodes of the cluster. */
  nodes?: PodIdentityCheckNode[];
  /** The Pod Identity Agent. */
  agent?: {
    /** The add-on of EKS; undefined where the agent was installed without one. */
    addon?: { version?: string; status: string };
    pods?: { name: string; nodeName?: string; ready: boolean }[];
  };
}

/** A pod as an extension's check sees it. No variable's value is read, except regions. @public */
export interface PodIdentityCheckPod {
  name: string;
  labels: Record<string, string>;
  /** `Running`, `Pending`, … as Kubernetes has it. */
  phase: string;
  nodeName?: string;
  /** The workload that made it; itself where none did. */
  owner: { kind: string; name: string };
  containers: {
    name: string;
    /** A sidecar is an init container that runs as long as the pod. */
    kind: 'container' | 'sidecar' | 'init';
    /** The webhook has given it the variables and the token of Pod Identity. */
    injected: boolean;
    /** Regions by the variable that names them: `AWS_REGION eu-west-1`. */
    regions: string[];
  }[];
}

/** A node as an extension's check sees it. @public */
export interface PodIdentityCheckNode {
  name: string;
  ready: boolean;
  os: string;
  labels: Record<string, string>;
  /** `auto`, `fargate` or `hybrid`; absent on ordinary EC2 nodes. */
  computeType?: string;
  /** Absent on nodes that no managed node group made. */
  nodegroup?: string;
}

/** Answer of a check. @public */
export interface PodIdentityCheckOutcome {
  status: CheckStatus;
  /** One sentence for the reader of the report. */
  message: string;
  expected?: string;
  observed?: string;
  fix?: CheckFix;
}

/** An additional check of every verification. @public */
export interface PodIdentityCheck {
  /** Stable and unique; starts with its category: `role.max-session-duration`. */
  id: string;
  category: CheckCategory;
  title: string;
  docsUrl: string;
  /** Probe levels at which an `unknown` answer makes the report inconclusive; default none. */
  neededBy?: ProbeLevel[];
  /** Ids of checks; if one of them failed, this one is skipped. */
  dependsOn?: string[];
  /**
   * Facts that no check of the portal needs in every run: they are read for the checks that name them. Where one cannot be
   * read, the check is not called; its answer is `unknown`, with the right that is missing.
   */
  reads?: 'inlinePolicies'[];
  evaluate(
    facts: PodIdentityCheckFacts,
    options: { signal: AbortSignal },
  ): PodIdentityCheckOutcome | Promise<PodIdentityCheckOutcome>;
}

/** The input of an extension's guardrail. @public */
export interface PodIdentityGuardrailRequest {
  kind: OperationKind;
  ref: ServiceAccountRef;
  cluster: PodIdentityCluster;
  input: StartOperation['input'];
  /** Already checked: a user owns this entity. */
  entityRef?: string;
  /** Entity ref of a user, or the subject of a service. */
  initiator: string;
}

/**
 * An additional limit, evaluated before an operation is accepted and before a plan is shown. Guardrails can only refuse;
 * they cannot allow what the built-in ones forbid.
 *
 * @public
 */
export interface PodIdentityGuardrail {
  name: string;
  /** The initiator reads the reason of a refusal: say what to do instead. */
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
  /** The name that the built-in strategy would choose. */
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

/** One search of an evidence source. @public */
export interface PodIdentityEvidenceRequest {
  /** Any cluster of the account to search. */
  cluster: PodIdentityCluster;
  /** The region to search; default: that of the cluster. */
  region?: string;
  question: EvidenceQuestion;
  from: Date;
  until: Date;
  signal: AbortSignal;
}

/**
 * Where the portal reads what AWS recorded of calls: CloudTrail's LookupEvents, unless a module brings another, such as
 * CloudTrail Lake or a trail in S3, which also have data events.
 *
 * @public
 */
export interface PodIdentityEvidenceSource {
  /** `cloudtrail`; stored beside what was read, for words. */
  id: string;
  /**
   * Events page by page, the newest first: a reader that has seen enough asks for no further page. A page has 50 events
   * unless it is the last one; one that cannot be read counts, as `{ kind: 'other', name: 'unknown' }`.
   *
   * @throws NotAllowedError that says which right is missing
   */
  read(request: PodIdentityEvidenceRequest): AsyncIterable<EvidenceEvent[]>;
}
