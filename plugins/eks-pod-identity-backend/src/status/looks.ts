import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

const sameData = (one: unknown, other: unknown): boolean =>
  one === other ||
  (typeof one === 'object' &&
    typeof other === 'object' &&
    JSON.stringify(one) === JSON.stringify(other));

const saysOfCheck = (check: CheckResult) => [
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

const sameCheck = (one: CheckResult, other: CheckResult) => {
  const theirs = saysOfCheck(other);
  return saysOfCheck(one).every((part, at) => sameData(part, theirs[at]));
};

/** Whether two reports say the same, whenever they were made and however long it took. */
export function saysTheSame(
  one: VerificationReport,
  other: VerificationReport,
): boolean {
  return (
    one.probe === other.probe &&
    one.status === other.status &&
    one.fingerprint === other.fingerprint &&
    one.checks.length === other.checks.length &&
    one.checks.every((check, at) => sameCheck(check, other.checks[at])) &&
    // AWS writes them late
    sameData(one.changes?.events, other.changes?.events) &&
    sameData(one.changes?.lack, other.changes?.lack) &&
    // It renews the proof
    one.application?.at === other.application?.at
  );
}

export function newer(
  one: VerificationReport | undefined,
  other: VerificationReport,
): VerificationReport {
  return one && Date.parse(one.finishedAt) > Date.parse(other.finishedAt)
    ? one
    : other;
}
