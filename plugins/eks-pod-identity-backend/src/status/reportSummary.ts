import {
  CheckStatus,
  IdentityStatus,
  outcome,
  PastRun,
  ReportSummary,
  VerificationReport,
  withWord,
} from 'backstage-plugin-eks-pod-identity-common';

/** A status and its sentence, as every answer has them; `headline` stays until 1.0. */
export const inWords = (
  status: IdentityStatus,
  sentence: string,
  notes?: number,
) => ({
  status,
  headline: withWord(status, sentence, notes),
  sentence,
  ...(notes ? { notes } : {}),
});

/** What one run found, as cards and the history show it. */
export function summarize(report: VerificationReport): ReportSummary {
  const count = (status: CheckStatus) =>
    report.checks.filter(check => check.status === status).length;
  return {
    id: report.id,
    ...inWords(report.status, outcome(report)),
    proof: report.proof,
    trigger: report.trigger,
    finishedAt: report.finishedAt,
    passed: count('pass'),
    failed: count('fail'),
  };
}

/** One run as the history shows it. */
export function pastRun(report: VerificationReport): PastRun {
  return { ...summarize(report), startedBy: report.startedBy };
}
