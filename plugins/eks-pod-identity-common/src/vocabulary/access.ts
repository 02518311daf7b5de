import { z } from 'zod/v3';
import { type AccessNodeGroup, accessNodeGroupSchema } from './accessNodes';
import { plain } from './disclosure';
import { type ServiceAccountRef, serviceAccountRefSchema } from './ref';
import { type CheckFix, checkFixSchema } from './report';
import { object } from './schema';

/** @public */
export const accessRoadSchema = z.enum([
  'pod-identity',
  'irsa',
  'irsa-by-hand',
  'static-keys',
  'kube2iam',
  'secret',
]);
/**
 * By what pods of a service account get to AWS.
 *
 * - `pod-identity`: an association
 * - `irsa`: the annotation `eks.amazonaws.com/role-arn`
 * - `irsa-by-hand`: a pod template sets the variables of IRSA itself
 * - `static-keys`: a pod template names an access key
 * - `kube2iam`: the annotation `iam.amazonaws.com/role` of pods
 * - `secret`: variables from a Secret whose name suggests access keys; Secrets are not read, so that it always stands last
 *
 * @public
 */
export type AccessRoad = z.infer<typeof accessRoadSchema>;

/** @public */
export const accessVerdictSchema = z.enum([
  'ready',
  'ready-tags-off',
  'needs-owner',
  'needs-target',
  'by-rule',
  'not-allowed',
  'blocked',
  'broken',
  'add-on',
  'left-over',
  'no-move',
  'unknown',
]);
/**
 * What stands between a service account and Pod Identity.
 *
 * - `ready`: nothing; every fact that a move needs is known and right. A portal adds a statement to the trust policy itself where that is open to it
 * - `ready-tags-off`: nothing, but its association should leave out the session tags
 * - `needs-owner`: one edit of the role's trust policy, by the role's owner
 * - `needs-target`: a role of the cluster's account, because its own is of another
 * - `by-rule`: its role's trust policy admits a pattern of service accounts, of which each needs an association
 * - `not-allowed`: a limit of AWS or of the portal
 * - `blocked`: by Pod Identity its pods would get no credentials, or AWS would refuse their calls
 * - `broken`: its pods, or new ones, get no credentials today
 * - `add-on`: an add-on has it, whose own update moves it where its version supports Pod Identity
 * - `left-over`: it has Pod Identity, and something of the old road is still there
 * - `no-move`: it has Pod Identity, or a road from which nothing can be moved
 * - `unknown`: a fact is missing
 *
 * @public
 */
export type AccessVerdict = z.infer<typeof accessVerdictSchema>;

/** @public */
export const trustShapeSchema = z.enum([
  'exact',
  'several',
  'several-clusters',
  'pattern',
  'never-matches',
  'no-audience',
  'no-subject',
  'other-audience',
  'conditions',
  'dual',
  'dead-principal',
  'assumes-itself',
]);
/**
 * How the statements of a trust policy for IRSA are written; several are possible.
 *
 * - `exact`: one service account of one cluster · `several`: more of them · `several-clusters`: more than one provider
 * - `pattern`: service accounts by a pattern with `*`
 * - `never-matches`: `StringEquals` with a `*`, which it takes for a character
 * - `no-audience`, `no-subject`: without that condition, so wider than it looks
 * - `other-audience`: another audience than `sts.amazonaws.com`
 * - `conditions`: further conditions, which do not carry over to Pod Identity
 * - `dual`: Pod Identity is let in as well
 * - `dead-principal`: it names the id of a principal that was deleted
 * - `assumes-itself`: the role may assume itself
 *
 * @public
 */
export type TrustShape = z.infer<typeof trustShapeSchema>;

/** @public */
export const accessSharerKindSchema = z.enum([
  'service-account',
  'pattern',
  'provider',
  'service',
  'principal',
]);

/** Who else may use the role of a service account. @public */
export interface AccessSharer {
  /** `pattern` is one of service accounts. */
  kind: z.infer<typeof accessSharerKindSchema>;
  /** `payments/worker`, `token.actions.githubusercontent.com`, an ARN, … */
  name: string;
  /** Of a service account or a pattern of another cluster: its OIDC issuer. */
  issuer?: string;
}

const sharerSchema = object<AccessSharer>({
  kind: accessSharerKindSchema,
  name: z.string(),
  issuer: plain().optional(),
});

/** A program that obtained the role by IRSA. @public */
export interface AccessProgram {
  /** As people call it, such as `boto3`; absent where its user agent names none that is known. */
  name?: string;
  version?: string;
  /** Whether that version works with Pod Identity. */
  age: 'works' | 'too-old' | 'unknown';
  /** The oldest version that does, as far as is known. */
  minimum?: string;
  /** Seconds; of the longest session that it asked for, where it named a length. */
  sessionSeconds?: number;
  /** ISO 8601; when it asked for one of that length for the last time. */
  sessionAt?: string;
  /** ISO 8601. */
  lastAt: string;
}

const programSchema = object<AccessProgram>({
  name: plain().optional(),
  version: plain().optional(),
  age: z.enum(['works', 'too-old', 'unknown']),
  minimum: plain().optional(),
  sessionSeconds: z.number().int().optional(),
  sessionAt: plain().optional(),
  lastAt: plain(),
});

/** The role of a service account, as far as it was read. @public */
export interface AccessRole {
  arn: string;
  /** The caller may know its name, which stands in the annotation, and nothing more of it. */
  withheld?: boolean;
  /** Absent where the roles of its account were not read. */
  exists?: boolean;
  /** The tool from whose source it comes, such as `Terraform`. */
  maker?: string;
  /** What shows the maker: a tag, or only a name that looks like one of its names. */
  makerBy?: 'tag' | 'name';
  /** ISO 8601; last use by anything, which AWS tells with a delay of hours. */
  lastUsedAt?: string;
  /** Its trust policy admits the service account by IRSA; false where that is not known. */
  letsIn?: boolean;
  shapes?: TrustShape[];
  /** At most 20. */
  sharedWith?: AccessSharer[];
  /** All of them. */
  sharedWithCount?: number;
  /**
   * `payments/worker`: service accounts of the cluster that a pattern of its trust policy lets in today, that ask for it, and
   * that have no association. At most 20; those that the caller may see.
   */
  fitting?: string[];
  /** All of them. */
  fittingCount?: number;
  /** What in the trust policy decides, one sentence each; they quote its conditions. */
  trustReasons?: string[];
}

/** @public */
export const accessRoleSchema = object<AccessRole>({
  withheld: z.boolean().optional(),
  arn: plain(),
  exists: z.boolean().optional(),
  maker: plain().optional(),
  makerBy: z.enum(['tag', 'name']).optional(),
  lastUsedAt: plain().optional(),
  letsIn: z.boolean().optional(),
  shapes: z.array(trustShapeSchema).optional(),
  sharedWith: z.array(sharerSchema).optional(),
  sharedWithCount: z.number().int().optional(),
  fitting: z.array(z.string()).optional(),
  fittingCount: z.number().int().optional(),
  trustReasons: z.array(z.string()).optional(),
});

/** @public */
export const accessFindingKindSchema = z.enum([
  'provider-gone',
  'role-gone',
  'annotation-gone',
  'not-let-in',
  'never-matches',
  'keys-beside',
  'unused-role',
]);

/**
 * Something that is wrong with how a service account gets to AWS:
 * `provider-gone` · the account does not trust the OIDC provider of the cluster
 * `role-gone` · the role of the annotation does not exist
 * `annotation-gone` · pods run on IRSA, and the service account has no annotation
 * `not-let-in` · the trust policy of the role does not admit it
 * `never-matches` · because `StringEquals` compares a pattern
 * `keys-beside` · access keys come before its identity
 * `unused-role` · no use of the role in 90 days
 *
 * @public
 */
export interface AccessFinding {
  kind: z.infer<typeof accessFindingKindSchema>;
  fix: CheckFix;
}

const findingSchema = object<AccessFinding>({
  kind: accessFindingKindSchema,
  fix: checkFixSchema,
});

/**
 * Something in a role's trust policy that is worth a look and breaks nothing today. No command is printed for it, because a
 * narrower trust policy may lock out a service account that needs the role.
 *
 * @public
 */
export type AccessNote = Extract<
  TrustShape,
  'no-audience' | 'no-subject' | 'pattern' | 'never-matches' | 'dead-principal'
>;

/** How one service account gets to AWS, and what stands between it and Pod Identity. @public */
export interface AccessRow {
  ref: ServiceAccountRef;
  /** The one that wins stands first; where programs differ, the one that some take before others. */
  roads: AccessRoad[];
  verdict: AccessVerdict;
  /** One sentence. */
  sentence: string;
  /** Further ones, the most important first. */
  reasons: string[];
  /** With `by-rule`: the verdict for it alone; its role goes on to let the others in. */
  alone?: AccessVerdict;
  /**
   * With `by-rule`, `not-allowed`, `needs-target` and `add-on`: the portal does not make the move, which works by hand. Of an
   * association whose role does not let it in: the rest of its move, or the way back, works by hand.
   */
  movesByHand?: boolean;
  /** What its role's trust policy lacks to let it in by Pod Identity. */
  statement?: Record<string, unknown>;
  /** What is wrong today, with what to do. */
  findings?: AccessFinding[];
  role?: AccessRole;
  /** Name of the add-on of EKS that has it. */
  addon?: string;
  /** `Deployment api`: what runs under it, or would. At most 10. */
  workloads: string[];
  /** Running pods. */
  pods: number;
  /** What they run on, or ran on last, such as `EC2`, `Fargate`; none where that was not read. */
  compute: string[];
  /** Absent where CloudTrail was not read. */
  programs?: AccessProgram[];
  /** ISO 8601; last time that it obtained the role by IRSA, since the beginning of what was read. */
  irsaAt?: string;
  /** ISO 8601; last time that AWS refused it. */
  refusedAt?: string;
}

/** @public */
export const accessRowSchema = object<AccessRow>({
  ref: serviceAccountRefSchema,
  roads: z.array(accessRoadSchema),
  verdict: accessVerdictSchema,
  sentence: z.string(),
  reasons: z.array(z.string()),
  alone: accessVerdictSchema.optional(),
  movesByHand: z.boolean().optional(),
  statement: z.record(z.unknown()).optional(),
  findings: z.array(findingSchema).optional(),
  role: accessRoleSchema.optional(),
  addon: plain().optional(),
  workloads: z.array(z.string()),
  pods: z.number().int(),
  compute: z.array(plain()),
  programs: z.array(programSchema).optional(),
  irsaAt: plain().optional(),
  refusedAt: plain().optional(),
});

/** @public */
export const accessGapKindSchema = z.enum([
  'serviceAccounts',
  'pods',
  'workloads',
  'networkPolicies',
  'nodes',
  'associations',
  'addons',
  'providers',
  'roles',
  'use',
  'globalUse',
  'nodeUse',
]);

/** Something that was not read, and so which columns are empty. @public */
export interface AccessGap {
  what: z.infer<typeof accessGapKindSchema>;
  /** Why. */
  sentence: string;
  /** What it costs. */
  costs: string;
}

/** @public */
export const accessGapSchema = object<AccessGap>({
  what: accessGapKindSchema,
  sentence: z.string(),
  costs: z.string(),
});

/** How far CloudTrail of one region was searched for calls by IRSA. @public */
export interface AccessSearch {
  region: string;
  /** ISO 8601; since when it was read without a pause. */
  since: string;
  /** ISO 8601; when it was read last. */
  until: string;
}

const searchSchema = object<AccessSearch>({
  region: plain(),
  since: plain(),
  until: plain(),
});

/** Every AWS identity of a cluster at one moment. @public */
export interface ClusterAccess {
  cluster: string;
  /** ISO 8601. */
  at: string;
  /** ISO 8601; since when calls by IRSA were read. */
  usedSince?: string;
  /** The region of the cluster, and the one that has calls to the global endpoint of STS. */
  searched?: AccessSearch[];
  rows: AccessRow[];
  /** Absent where the nodes, or what CloudTrail has of them, were not read. */
  nodeGroups?: AccessNodeGroup[];
  gaps: AccessGap[];
}

/** @public */
export const clusterAccessSchema = object<ClusterAccess>({
  cluster: plain(),
  at: plain(),
  usedSince: plain().optional(),
  searched: z.array(searchSchema).optional(),
  rows: z.array(accessRowSchema),
  nodeGroups: z.array(accessNodeGroupSchema).optional(),
  gaps: z.array(accessGapSchema),
});
