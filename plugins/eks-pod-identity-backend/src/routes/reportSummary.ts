import {
  CATEGORY_ORDER,
  CheckResult,
  CheckStatus,
  ReportSummary,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

const WORST_FIRST: CheckStatus[] = ['fail', 'unknown', 'warn'];

const ALL_WELL: Record<string, string> = {
  verified: 'A pod obtained this identity',
  consistent: 'Everything that can be seen without a pod is right',
};

/** The worst finding, the earliest on the credential path first: the likeliest root cause. */
function worstFinding(report: VerificationReport): CheckResult | undefined {
  for (const status of WORST_FIRST) {
    const [first] = report.checks
      .filter(check => check.status === status)
      .sort(
        (a, b) =>
          CATEGORY_ORDER.indexOf(a.category) -
          CATEGORY_ORDER.indexOf(b.category),
      );
    if (first) return first;
  }
  return undefined;
}

/** One run as the history shows it. */
export function summarize(report: VerificationReport): ReportSummary {
  const count = (status: CheckStatus) =>
    report.checks.filter(check => check.status === status).length;
  return {
    id: report.id,
    status: report.status,
    proof: report.proof,
    trigger: report.trigger,
    finishedAt: report.finishedAt,
    headline:
      ALL_WELL[report.status] ?? worstFinding(report)?.message ?? report.status,
    passed: count('pass'),
    failed: count('fail'),
  };
}
