import {
  CheckStatus,
  headline,
  PastRun,
  ReportSummary,
  statusOfReport,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

/** What one run found, as cards and the history show it. */
export function summarize(report: VerificationReport): ReportSummary {
  const count = (status: CheckStatus) =>
    report.checks.filter(check => check.status === status).length;
  return {
    id: report.id,
    status: statusOfReport(report),
    proof: report.proof,
    trigger: report.trigger,
    finishedAt: report.finishedAt,
    headline: headline(report),
    passed: count('pass'),
    failed: count('fail'),
  };
}

/** One run as the history shows it. */
export function pastRun(report: VerificationReport): PastRun {
  return { ...summarize(report), startedBy: report.startedBy };
}
