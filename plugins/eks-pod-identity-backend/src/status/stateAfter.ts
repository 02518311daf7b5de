import {
  type CheckResult,
  isCounted,
  notesIn,
  outcome,
  type ServiceAccountRef,
  statusWithoutAssociation,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LastReports } from '../store/ReportStore';
import {
  type Memory,
  type ServiceAccountState,
  UNTESTED,
} from '../store/ServiceAccountStore';
import { findingsAfter } from './findings';
import { isUnseen, rememberedAfter } from './memory';
import { replacedAfter } from './outdated';
import { type Headline, statusOf } from './statusOf';

/** What a look saw that has no report, or that no report contains. */
export interface Seen {
  fingerprint?: string;
  /** The operation that changed it, after which nothing was looked at. */
  changedBy?: string;
  /** Epoch milliseconds. */
  lookedAt?: number;
  /** The last look was repeated, and saw the same. */
  seenAgain?: boolean;
}

interface Now {
  /** Epoch milliseconds. */
  now: number;
  /** Age from which a proof no longer counts; default: 30 days. */
  proofMaxAgeMs?: number;
  hasAssociation(): Promise<boolean>;
}

function withNotes(
  memory: Memory | undefined,
  found: Parameters<typeof notesIn>[0],
): Memory | undefined {
  const notes = notesIn({ ...found, workloads: memory?.workloads });
  if (!notes && !memory?.notes) return memory;
  return { ...memory, notes: notes || undefined };
}

/** Since when the identity has been seen to be as it is; a look that cannot read it might have missed another one. */
function withSameSince(
  memory: Memory | undefined,
  before: ServiceAccountState | undefined,
  fingerprint: string | undefined,
  at: number,
): Memory | undefined {
  const { sameSince: _, ...rest } = memory ?? {};
  if (!fingerprint) return memory && rest;
  const known =
    before?.fingerprint === fingerprint ? before.memory?.sameSince : undefined;
  return { ...rest, sameSince: known ?? at };
}

/** What has not been given an identity yet is not broken; what has lost its association is. */
async function withoutIdentity(
  found: Headline,
  checks: CheckResult[] = [],
  { workloads, associated }: Memory = {},
  look: VerificationReport | undefined,
  seen: Now,
): Promise<Headline> {
  if (found.status !== 'broken' || associated) return found;
  const status = statusWithoutAssociation({ checks, workloads });
  if (!status || (await seen.hasAssociation())) return found;
  return status === 'uses-irsa' && look
    ? { ...found, status, headline: outcome({ ...look, status, workloads }) }
    : { ...found, status };
}

/** The headline of a ref, of what it was before and of its last reports. */
export async function stateAfter(
  ref: ServiceAccountRef,
  before: ServiceAccountState | undefined,
  last: LastReports,
  seen: Seen & Now,
): Promise<ServiceAccountState> {
  const resetAt = before?.resetAt ?? 0;
  const since = (report: VerificationReport | undefined) =>
    report && Date.parse(report.finishedAt) >= resetAt ? report : undefined;
  const proof = since(last.proof);
  const look = since(last.look);
  const { fingerprint, changedBy } = identityOf(before, look, seen);
  const findings = findingsOf(before, proof, look);
  // What was seen of the identity before a change says nothing about it now.
  const replaced = replacedAfter(before, { proof, look }, seen.now);
  const remembered = rememberedAfter(before, look, seen);
  const memory =
    remembered || replaced ? { ...remembered, replaced } : undefined;
  const found = changedBy
    ? statusOf({ proof, changedBy })
    : statusOf({
        proof,
        look,
        findings,
        fingerprint,
        workloads: memory?.workloads,
        unseen: isUnseen(memory, look),
        replaced,
        now: seen.now,
        proofMaxAgeMs: seen.proofMaxAgeMs,
      });
  const headline = await withoutIdentity(found, findings, memory, look, seen);
  // What broke off may have made an association again.
  const isReset =
    !proof &&
    !look &&
    before?.resetAt !== undefined &&
    !(changedBy && before.status === 'no-identity');
  // A new owner of what was there before has seen nothing of it.
  const isSetUp = before?.status === 'looks-right';
  const resetHeadline = async () =>
    isSetUp && (await seen.hasAssociation()) ? UNTESTED : before?.headline;
  return {
    ref,
    ...headline,
    ...(isReset ? { status: before.status } : {}),
    headline: (isReset && (await resetHeadline())) || headline.headline,
    lookedAt:
      seen.lookedAt ?? (look && latest(look.finishedAt, before?.lookedAt)),
    fingerprint,
    changedBy,
    memory: withSameSince(
      withNotes(memory, {
        status: headline.status,
        checks: findings ?? [],
      }),
      before,
      isUnread(before, look, seen) ? undefined : fingerprint,
      seen.lookedAt ?? seen.now,
    ),
    findings,
    proofReportId: proof?.id,
    lookReportId: look?.id,
    resetAt: before?.resetAt,
    notifiedStatus: before?.notifiedStatus,
  };
}

/** The identity as last seen, by whomever: looks that saw nothing new have no report, but have been here. */
function identityOf(
  before: ServiceAccountState | undefined,
  look: VerificationReport | undefined,
  seen: Seen,
): Pick<Seen, 'fingerprint' | 'changedBy'> {
  const { fingerprint, changedBy } = seen;
  if (fingerprint || changedBy) return { fingerprint, changedBy };
  const lookedAnew =
    seen.lookedAt !== undefined ||
    (look !== undefined && look.id !== before?.lookReportId);
  return lookedAnew
    ? { fingerprint: look?.fingerprint ?? before?.fingerprint }
    : { fingerprint: before?.fingerprint, changedBy: before?.changedBy };
}

function isUnread(
  before: ServiceAccountState | undefined,
  look: VerificationReport | undefined,
  { fingerprint, seenAgain }: Seen,
): boolean {
  const isNew = seenAgain || look?.id !== before?.lookReportId;
  return look !== undefined && isNew && !(fingerprint ?? look.fingerprint);
}

/** A report is counted once: what it left open, a later one may have answered. */
function findingsOf(
  before: ServiceAccountState | undefined,
  proof: VerificationReport | undefined,
  look: VerificationReport | undefined,
): CheckResult[] | undefined {
  if (before?.findings && look?.id === before.lookReportId) {
    return before.findings;
  }
  const known =
    before?.findings ?? (proof ? findingsAfter([], proof, proof) : []);
  if (!look) return before?.findings;
  // What a pod found before a change was about another identity.
  const isOfAnother = look.id === proof?.id && isAnother(before, look);
  const was = before?.findings ? before.fingerprint : proof?.fingerprint;
  const isSame = !look.fingerprint || look.fingerprint === was;
  const ofIt = known.filter(one => isSame || !isCounted(one));
  return findingsAfter(isOfAnother ? [] : ofIt, look, proof);
}

function isAnother(
  before: ServiceAccountState | undefined,
  { fingerprint }: VerificationReport,
): boolean {
  const isSame = !before?.fingerprint || before.fingerprint === fingerprint;
  return before?.changedSince !== undefined || (!!fingerprint && !isSame);
}

function latest(iso: string, ms: number | undefined): number {
  return Math.max(Date.parse(iso), ms ?? 0);
}
