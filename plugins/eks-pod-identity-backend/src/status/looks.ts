import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

/** Whether two reports say the same, whenever they were made and however long it took. */
export function saysTheSame(
  one: VerificationReport,
  other: VerificationReport,
): boolean {
  return one.probe === other.probe && essence(one) === essence(other);
}

export function newer(
  one: VerificationReport | undefined,
  other: VerificationReport,
): VerificationReport {
  return one && Date.parse(one.finishedAt) > Date.parse(other.finishedAt)
    ? one
    : other;
}

function essence({
  status,
  fingerprint,
  checks,
  changes,
  application,
}: VerificationReport): string {
  const ofCheck = (check: CheckResult) => [
    check.id,
    check.status,
    check.message,
    check.observed,
    // Else a look of an earlier version, which has none of them, would stand for ever
    check.lead,
    check.counts,
    check.tested,
    check.lacks,
    check.withheld,
    check.counted,
  ];
  return JSON.stringify([
    status,
    fingerprint,
    checks.map(ofCheck),
    // AWS writes them late
    changes?.events,
    changes?.lack,
    // It renews the proof
    application?.at,
  ]);
}
