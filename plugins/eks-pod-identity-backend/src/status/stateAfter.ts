import type {
  CheckResult,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LastReports } from '../store/ReportStore';
import {
  type ServiceAccountState,
  UNTESTED,
} from '../store/ServiceAccountStore';
import { findingsAfter } from './findings';
import { statusOf } from './statusOf';

/** What a look saw that has no report, or that no report contains. */
export interface Seen {
  fingerprint?: string;
  /** The operation that changed it, after which nothing was looked at. */
  changedBy?: string;
  /** Epoch milliseconds. */
  lookedAt?: number;
}

/** The headline of a ref, of what it was before and of its last reports. */
export async function stateAfter(
  ref: ServiceAccountRef,
  before: ServiceAccountState | undefined,
  last: LastReports,
  seen: Seen & { hasAssociation(): Promise<boolean> },
): Promise<ServiceAccountState> {
  const resetAt = before?.resetAt ?? 0;
  const since = (report: VerificationReport | undefined) =>
    report && Date.parse(report.finishedAt) >= resetAt ? report : undefined;
  const proof = since(last.proof);
  const look = since(last.look);
  const { fingerprint, changedBy } = identityOf(before, look, seen);
  const findings = findingsOf(before, proof, look);
  // What was seen of the identity before a change says nothing about it now.
  const headline = changedBy
    ? statusOf({ proof, changedBy })
    : statusOf({ proof, look, findings, fingerprint });
  const isReset = !proof && !look && before?.resetAt !== undefined;
  const resetHeadline = async () =>
    (await seen.hasAssociation()) ? UNTESTED : before?.headline;
  return {
    ref,
    ...headline,
    headline: (isReset && (await resetHeadline())) || headline.headline,
    lookedAt:
      seen.lookedAt ?? (look && latest(look.finishedAt, before?.lookedAt)),
    fingerprint,
    changedBy,
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
  return look ? findingsAfter(known, look, proof) : before?.findings;
}

function latest(iso: string, ms: number | undefined): number {
  return Math.max(Date.parse(iso), ms ?? 0);
}
