import { z } from 'zod/v3';
import { applicationProofSchema } from './evidence';
import { serviceAccountRefSchema } from './ref';

/** @public */
export const checkStatusSchema = z.enum([
  'pass',
  'note',
  'warn',
  'fail',
  'skip',
  'unknown',
]);

/**
 * Answer of one check.
 *
 * `note` is worth reading and never lowers the verdict; `skip` means not applicable, not part of this probe level, or
 * that a prerequisite failed (the message says which); `unknown` means that the check could not be done, and says what
 * is missing.
 *
 * @public
 */
export type CheckStatus = z.infer<typeof checkStatusSchema>;

/** @public */
export const checkCategorySchema = z.enum([
  'access',
  'cluster',
  'agent',
  'role',
  'association',
  'service-account',
  'admission',
  'credentials',
  'permissions',
  'workloads',
]);

/** The hop of the credential path that a check belongs to. @public */
export type CheckCategory = z.infer<typeof checkCategorySchema>;

/** @public */
export const checkFixSchema = z.object({
  /** Why it happens, in one sentence. */
  cause: z.string(),
  /** What to do, in order. */
  actions: z.array(z.string()),
  snippet: z.object({ language: z.string(), text: z.string() }).optional(),
  /**
   * Associating again mends it: `as-before` with what was asked for last, `with-changes` with something else too, which
   * the actions name.
   */
  rerun: z.enum(['as-before', 'with-changes']).optional(),
});

/** What to do about a finding. @public */
export type CheckFix = z.infer<typeof checkFixSchema>;

/** @public */
export const outdatedWorkloadSchema = z.object({
  /** Kind of the workload; `Pod` for one that nothing makes anew. */
  kind: z.string(),
  name: z.string(),
  pods: z.number(),
});
/** A workload with the number of its pods that a restart would mend. @public */
export type OutdatedWorkload = z.infer<typeof outdatedWorkloadSchema>;

/** @public */
export const checkResultSchema = z.object({
  /** Stable: `role.trust-policy`. */
  id: z.string(),
  category: checkCategorySchema,
  title: z.string(),
  status: checkStatusSchema,
  message: z.string(),
  /** Redacted. */
  expected: z.string().optional(),
  /** Redacted. */
  observed: z.string().optional(),
  fix: checkFixSchema.optional(),
  docsUrl: z.string(),
  resource: z
    .object({
      kind: z.string(),
      name: z.string(),
      consoleUrl: z.string().optional(),
    })
    .optional(),
  durationMs: z.number(),
  attempts: z.number(),
  /** Id of the check that explains this one: without it there is nothing to check, or it would have passed. */
  becauseOf: z.string().optional(),
  /** Where its cause lies, if that is not its own category. */
  blames: checkCategorySchema.optional(),
  /** True if no probe level needs the answer: `unknown` then does not affect the verdict. */
  advisory: z.boolean().optional(),
  /**
   * Service accounts with similar names that have what this one lacks, most similar first: one of them may be meant.
   * Only those that the caller may see.
   */
  nearby: z.array(serviceAccountRefSchema).optional(),
  /** Of a warning: the running pods that a restart of their workloads would mend. */
  restart: z.array(outdatedWorkloadSchema).optional(),
});

/** Kinds of workloads that the portal can roll out anew. @public */
export const RESTARTABLE_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
] as const;
/** @public */
export type RestartableKind = (typeof RESTARTABLE_KINDS)[number];

/** True for a workload that the portal can roll out anew. @public */
export function isRestartable<T extends { kind: string }>(
  workload: T,
): workload is T & { kind: RestartableKind } {
  return (RESTARTABLE_KINDS as readonly string[]).includes(workload.kind);
}

/** The answer of one check, with its evidence. @public */
export type CheckResult = z.infer<typeof checkResultSchema>;

/** @public */
export const reportStatusSchema = z.enum([
  'verified',
  'consistent',
  'degraded',
  'failed',
  'inconclusive',
]);

/**
 * Verdict of one run. `verified` only if a pod really obtained the identity in that run; `consistent` means that
 * everything that was checked without a pod is correct.
 *
 * @public
 */
export type ReportStatus = z.infer<typeof reportStatusSchema>;

/** @public */
export const proofSchema = z.enum(['credentials', 'admission', 'none']);

/** How far the run went. @public */
export type Proof = z.infer<typeof proofSchema>;

/** @public */
export const proofLevelSchema = z.enum(['application', ...proofSchema.options]);

/** How far the proof of an identity goes: of a run, or by the application itself. @public */
export type ProofLevel = z.infer<typeof proofLevelSchema>;

/** @public */
export const probeLevelSchema = z.enum(['pod', 'admission', 'none']);

/** What a verification may do: run a pod, dry-run one, or only read. @public */
export type ProbeLevel = z.infer<typeof probeLevelSchema>;

/** @public */
export const verificationReportSchema = z.object({
  id: z.string(),
  ref: serviceAccountRefSchema,
  entityRef: z.string().optional(),
  trigger: z.enum(['action', 'user', 'schedule']),
  /** Entity ref of the user who started it, or whose template did; only where the caller may see that user. */
  startedBy: z.string().optional(),
  status: reportStatusSchema,
  proof: proofSchema,
  probe: probeLevelSchema,
  /** Running pods obtained the role themselves since the identity last changed, as AWS recorded. */
  application: applicationProofSchema.optional(),
  callerArn: z.string().optional(),
  expectedRoleArn: z.string().optional(),
  /** Where the expected role comes from: the input, the last associate or the association itself. */
  expectedRoleSource: z
    .enum(['input', 'last-associate', 'association'])
    .optional(),
  /** Milliseconds from the start of the gate until every API server injected the identity. */
  effectiveAfterMs: z.number().optional(),
  /** Hash of association id and modifiedAt, role id, trust policy, attached policies and session settings. */
  fingerprint: z.string().optional(),
  /** Of a run with a pod: hash of what else could be seen, such as agents, nodes and the workload's pods. */
  surroundings: z.string().optional(),
  /** ISO 8601. */
  startedAt: z.string(),
  finishedAt: z.string(),
  checks: z.array(checkResultSchema),
  engineVersion: z.string(),
  /** True if a stored report was returned instead of running another pod within a minute; never to a person. */
  reused: z.boolean().optional(),
  /** Operation that has the timeline of this run; absent when none was recorded. */
  timelineOf: z.string().optional(),
});

/** The answers of one run; it contains every known check. @public */
export type VerificationReport = z.infer<typeof verificationReportSchema>;

/**
 * The level of proof: `application` where a pod of the portal proved the credentials, and running pods obtained the role
 * themselves.
 *
 * @param application - of the newest report about the same fingerprint; a later look may have seen it
 * @public
 */
export function proofLevelOf(
  proof: Proof,
  application: VerificationReport['application'],
): ProofLevel {
  return proof === 'credentials' && application ? 'application' : proof;
}

/** The order of the credential path: a finding in an earlier category is the more likely root cause. @public */
export const CATEGORY_ORDER: readonly CheckCategory[] =
  checkCategorySchema.options;
