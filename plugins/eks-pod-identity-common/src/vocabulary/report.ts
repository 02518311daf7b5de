import { z } from 'zod/v3';
import {
  type ChangesFound,
  changesFoundSchema,
  type IdentityParts,
  identityPartsSchema,
  type Infrastructure,
  infrastructureSchema,
} from './changes';
import { entityRef, plain, sentence, suggestions } from './disclosure';
import { type ApplicationProof, applicationProofSchema } from './evidence';
import { type ServiceAccountRef, serviceAccountRefSchema } from './ref';
import {
  type IdentityStatus,
  identityStatusSchema,
  presentStatus,
} from './identityStatus';
import { object } from './schema';
import {
  type Way,
  waySchema,
  type WorkloadsFound,
  workloadsFoundSchema,
} from './verdict';

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

/** What to do about a finding. @public */
export interface CheckFix {
  /** Why it happens, in one sentence. */
  cause: string;
  /** What to do, in order. */
  actions: string[];
  snippet?: { language: string; text: string };
  /**
   * Associating again fixes it: `as-before` with what was asked for last, `with-changes` with something else too, which
   * the actions name, `with-agent` as before by a user who may install the agent.
   */
  rerun?: 'as-before' | 'with-changes' | 'with-agent';
}

/** @public */
export const checkFixSchema = object<CheckFix>({
  cause: sentence(),
  actions: z.array(sentence()),
  snippet: z.object({ language: plain(), text: sentence() }).optional(),
  rerun: z.enum(['as-before', 'with-changes', 'with-agent']).optional(),
});

/** A workload with the number of its pods that a restart would fix. @public */
export interface OutdatedWorkload {
  /** Kind of the workload; `Pod` for one that nothing recreates. */
  kind: string;
  name: string;
  pods: number;
}

/** @public */
export const outdatedWorkloadSchema = object<OutdatedWorkload>({
  kind: plain(),
  name: sentence(),
  pods: z.number(),
});

/** How many of what a check looked at are as they should be. @public */
export interface CheckCounts {
  what: 'pods' | 'policies' | 'nodes';
  /** Absent where being there is all that is asked. */
  good?: number;
  all: number;
  /** Of policies: the names of the first 20. */
  names?: string[];
  /** Of nodes: in how many other node groups a pod can be run that proves more of them. */
  groups?: number;
}

const checkCountsSchema = object<CheckCounts>({
  what: z.enum(['pods', 'policies', 'nodes']),
  good: z.number().optional(),
  all: z.number(),
  names: z.array(sentence()).optional(),
  groups: z.number().optional(),
});

/** NetworkPolicies that bar pods by their rules, and that a test pod got through. @public */
export interface GotThrough {
  /** A hash of each: of its name, of what it selects and of what it allows. */
  policies: string[];
  /** When the test pod did, ISO 8601. */
  at: string;
}

const gotThroughSchema = object<GotThrough>({
  policies: z.array(plain()),
  at: plain(),
});

/** The answer of one check, with its evidence. @public */
export interface CheckResult {
  /** Stable: `role.trust-policy`. */
  id: string;
  category: CheckCategory;
  title: string;
  status: CheckStatus;
  message: string;
  /** The first sentence of a message that has several. */
  lead?: string;
  /** Redacted. */
  expected?: string;
  /** Redacted. */
  observed?: string;
  counts?: CheckCounts;
  /** Of a permission check: what follows `aws` in its command. */
  tested?: string;
  /** Of `unknown`: a hash of what is lacking, the same in every check that lacks it. */
  lacks?: string;
  fix?: CheckFix;
  docsUrl: string;
  resource?: { kind: string; name: string; consoleUrl?: string };
  durationMs: number;
  attempts: number;
  /** Id of the check that explains this one: without it there is nothing to check, or it would have passed. */
  becauseOf?: string;
  /** Where its cause lies, if that is not its own category. */
  blames?: CheckCategory;
  /** True if no probe level needs the answer: `unknown` then does not affect the verdict. */
  advisory?: boolean;
  /**
   * Service accounts with similar names that have what this one lacks, most similar first: one of them may be meant.
   * Only those that the caller may see.
   */
  nearby?: ServiceAccountRef[];
  /** Of a warning: the running pods that a restart of their workloads would fix. */
  restart?: OutdatedWorkload[];
  /** Of a failure: AWS may still be spreading a change of the last five minutes, which would explain it. */
  settling?: boolean;
  /** Of a note: it is counted beside the status. Others only say more. */
  counted?: boolean;
  /** Of a pass although NetworkPolicies bar the pods by their rules. */
  gotThrough?: GotThrough;
  /** The user who asked must not have it tried: whether skipped or unknown, it says nothing of what was found before. */
  withheld?: boolean;
}

/** @public */
export const checkResultSchema = object<CheckResult>({
  id: plain(),
  category: checkCategorySchema,
  title: sentence(),
  status: checkStatusSchema,
  message: sentence(),
  lead: sentence().optional(),
  expected: sentence().optional(),
  observed: sentence().optional(),
  counts: checkCountsSchema.optional(),
  tested: sentence().optional(),
  lacks: plain().optional(),
  fix: checkFixSchema.optional(),
  docsUrl: plain(),
  resource: z
    .object({
      kind: plain(),
      name: sentence(),
      consoleUrl: plain().optional(),
    })
    .optional(),
  durationMs: z.number(),
  attempts: z.number(),
  becauseOf: plain().optional(),
  blames: checkCategorySchema.optional(),
  advisory: z.boolean().optional(),
  nearby: suggestions(z.array(serviceAccountRefSchema)).optional(),
  restart: z.array(outdatedWorkloadSchema).optional(),
  settling: z.boolean().optional(),
  counted: z.boolean().optional(),
  gotThrough: gotThroughSchema.optional(),
  withheld: z.boolean().optional(),
});

/** Kinds of workloads that the portal can roll out again. @public */
export const RESTARTABLE_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
] as const;
/** @public */
export type RestartableKind = (typeof RESTARTABLE_KINDS)[number];

/** True for a workload that the portal can roll out again. @public */
export function isRestartable<T extends { kind: string }>(
  workload: T,
): workload is T & { kind: RestartableKind } {
  return (RESTARTABLE_KINDS as readonly string[]).includes(workload.kind);
}

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

/** The answers of one run; it contains every known check. @public */
export interface VerificationReport {
  id: string;
  ref: ServiceAccountRef;
  entityRef?: string;
  trigger: 'action' | 'user' | 'schedule';
  /** Entity ref of the user who started it, or whose template did; only where the caller may see that user. */
  startedBy?: string;
  /** The verdict over `way` and `workloads`. */
  status: IdentityStatus;
  /** Absent in reports of version 0.1. */
  way?: Way;
  /** Absent in reports of version 0.1, and where nothing looked at the pods. */
  workloads?: WorkloadsFound;
  proof: Proof;
  probe: ProbeLevel;
  /** Running pods obtained the role themselves since the identity last changed, as AWS recorded. */
  application?: ApplicationProof;
  /** What the user who asked must not have under this identity: the pod, or permission tests in it. */
  withheld?: 'pod' | 'tests';
  callerArn?: string;
  expectedRoleArn?: string;
  /** Where the expected role comes from: the input, the last associate or the association itself. */
  expectedRoleSource?: 'input' | 'last-associate' | 'association';
  /** Milliseconds from the start of the gate until every API server injected the identity. */
  effectiveAfterMs?: number;
  /** Hash of association id and modifiedAt, role id, trust policy, attached policies and session settings. */
  fingerprint?: string;
  /** What the fingerprint is made of. Absent in reports of earlier versions. */
  parts?: IdentityParts;
  /** What it would be, or was, given by. Absent where the identity was not read, and in reports of earlier versions. */
  infrastructure?: Infrastructure;
  /** Of a run or a look of a sweep that found something wrong with the way, or another identity than was proven. */
  changes?: ChangesFound;
  /** Of a run with a pod: hash of what else could be seen, such as agents, nodes and the workload's pods. */
  surroundings?: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
  checks: CheckResult[];
  engineVersion: string;
  /** True if a stored report was returned instead of running another pod within a minute; never to a person. */
  reused?: boolean;
  /** Operation that has the timeline of this run; absent when none was recorded. */
  timelineOf?: string;
}

/** @public */
export const verificationReportSchema = object<VerificationReport>({
  id: plain(),
  ref: serviceAccountRefSchema,
  entityRef: entityRef().optional(),
  trigger: z.enum(['action', 'user', 'schedule']),
  startedBy: entityRef().optional(),
  status: identityStatusSchema,
  way: waySchema.optional(),
  workloads: workloadsFoundSchema.optional(),
  proof: proofSchema,
  probe: probeLevelSchema,
  application: applicationProofSchema.optional(),
  withheld: z.enum(['pod', 'tests']).optional(),
  callerArn: plain().optional(),
  expectedRoleArn: plain().optional(),
  expectedRoleSource: z
    .enum(['input', 'last-associate', 'association'])
    .optional(),
  effectiveAfterMs: z.number().optional(),
  fingerprint: plain().optional(),
  parts: identityPartsSchema.optional(),
  infrastructure: infrastructureSchema.optional(),
  changes: changesFoundSchema.optional(),
  surroundings: plain().optional(),
  startedAt: plain(),
  finishedAt: plain(),
  checks: z.array(checkResultSchema),
  engineVersion: plain(),
  reused: z.boolean().optional(),
  timelineOf: plain().optional(),
});

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

/** What version 0.1 wrote as the status of a report that warned. */
const WARNED = 'degraded';

const WAYS: Partial<Record<IdentityStatus, Way>> = {
  broken: 'broken',
  'could-not-check': 'unknown',
};

/** What a report of version 0.1 says in the words of today; it had not looked at the application as a whole. @public */
export function presentReport(report: VerificationReport): VerificationReport {
  const written: string = report.status;
  if (report.way && written === presentStatus(written)) return report;
  const isProven = report.proof === 'credentials';
  const warned = report.checks.filter(({ status }) => status === 'warn');
  const ofPods = warned.filter(({ category }) => category === 'workloads');
  let status = presentStatus(written);
  if (written === WARNED && ofPods.length === 0) {
    status = isProven ? 'verified' : 'looks-right';
  } else if (written === WARNED && warned.length === 1 && warned[0].restart) {
    status = 'restart-needed';
  }
  const way = WAYS[status] ?? (isProven ? 'proven' : 'looks-right');
  return { ...report, status, way };
}

/** The order of the credential path: a finding in an earlier category is the more likely root cause. @public */
export const CATEGORY_ORDER: readonly CheckCategory[] =
  checkCategorySchema.options;
