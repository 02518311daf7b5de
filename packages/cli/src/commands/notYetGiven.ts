import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';

/**
 * What has neither an association nor a pod is not broken: it has not been given an identity yet. The program remembers
 * none that it had before.
 */
export function notYetGiven(report: VerificationReport): VerificationReport {
  const isMissing = report.checks.some(
    ({ id, status }) => id === 'association.exists' && status === 'fail',
  );
  const { state } = report.workloads ?? {};
  return isMissing && (state === 'no-workload' || state === 'no-pods')
    ? { ...report, status: 'no-identity' }
    : report;
}
