import {
  type CheckResult,
  type CheckStatus,
  isCounted,
  type ProbeLevel,
  rootOf,
  type VerificationReport,
  type Way,
} from 'backstage-plugin-eks-pod-identity-common';
import { identityProven } from 'eks-pod-identity-engine/portal';

const BAD: CheckStatus[] = ['warn', 'fail'];
const LEVELS: ProbeLevel[] = ['none', 'admission', 'pod'];

/** What a pod that obtained the identity makes good. */
const OUTRANKED = ['role', 'agent'];

const isBad = (check: CheckResult) => BAD.includes(check.status);

/** The least that a run has to do to answer a check. */
function levelFor({ category }: CheckResult): ProbeLevel {
  switch (category) {
    case 'credentials':
    case 'permissions':
      return 'pod';
    case 'admission':
      return 'admission';
    default:
      return 'none';
  }
}

/** True for what a run without a pod cannot answer. */
export function needsRun(check: CheckResult): boolean {
  return levelFor(check) !== 'none';
}

/** True when a pod really obtained the identity in that run. */
export function provesIdentity({ checks }: VerificationReport): boolean {
  return identityProven(checks);
}

/** The way that a run saw. What it was kept from leaves open a question of its user, not of the identity. */
export function waySeen(report: VerificationReport): Way | undefined {
  const isProven = provesIdentity(report);
  const open = report.checks.filter(
    ({ status, advisory, category }) =>
      status === 'unknown' &&
      !advisory &&
      // As `wayOf` has it
      !(isProven && OUTRANKED.includes(category)),
  );
  const isKept = open.length > 0 && open.every(one => one.withheld);
  if (report.way !== 'unknown' || !isKept) return report.way;
  return isProven ? 'proven' : 'looks-right';
}

/** A permission test, of a run whose user must not have any. */
const isOfTests = ({ category }: CheckResult, run: VerificationReport) =>
  run.withheld !== undefined && category === 'permissions';

/**
 * Warnings, failures and counted notes that stand after a report: its own, and those from before that it did not answer. A
 * run that could not look has not seen them pass.
 */
export function findingsAfter(
  before: readonly CheckResult[],
  report: VerificationReport,
  proof: VerificationReport | undefined,
): CheckResult[] {
  const own = report.checks.map(check => besideProof(check, report, proof));
  const isProof = report.id === proof?.id;
  const stands = (finding: CheckResult) =>
    // A pod run answers every check, but for tests that its user must not have.
    (!isProof || isOfTests(finding, report)) &&
    !isAnswered(finding, own, report);
  const isKept = (check: CheckResult) => isBad(check) || isCounted(check);
  return [...own.filter(isKept), ...before.filter(stands)];
}

/** A report as it reads when these are all that is wrong. */
export function withFindings(
  report: VerificationReport,
  findings: readonly CheckResult[],
): VerificationReport {
  const byId = new Map(findings.map(finding => [finding.id, finding]));
  const checks = report.checks.map(check => {
    const finding = byId.get(check.id);
    byId.delete(check.id);
    if (finding || !isBad(check)) return finding ?? check;
    return { ...check, status: 'note' as const };
  });
  return { ...report, checks: [...checks, ...byId.values()] };
}

/**
 * What the last proof saw as well, and a pod obtained the identity all the same, is no worse now: an agent can be
 * baked into the node image.
 */
function besideProof(
  check: CheckResult,
  report: VerificationReport,
  proof: VerificationReport | undefined,
): CheckResult {
  const overruled =
    check.status === 'fail' &&
    (check.category === 'agent' || check.category === 'role');
  const sameIdentity =
    proof?.fingerprint !== undefined &&
    proof.fingerprint === report.fingerprint &&
    provesIdentity(proof);
  if (!overruled || !sameIdentity) return check;
  const seen = proof.checks.find(({ id }) => id === check.id);
  return seen?.status === 'note' || seen?.status === 'warn'
    ? { ...check, status: seen.status, message: seen.message, lead: seen.lead }
    : check;
}

function isAnswered(
  finding: CheckResult,
  checks: readonly CheckResult[],
  report: VerificationReport,
): boolean {
  const answer = checks.find(({ id }) => id === finding.id);
  if (answer?.status === 'unknown' || answer?.withheld) return false;
  if (isOfTests(finding, report))
    return answer !== undefined && answer.status !== 'skip';
  if (answer?.becauseOf) {
    return rootOf(answer, checks, 'skips').status !== 'unknown';
  }
  if (answer && answer.status !== 'skip') return true;
  // Not asked, or does not apply: only a run that could have looked can tell.
  return LEVELS.indexOf(report.probe) >= LEVELS.indexOf(levelFor(finding));
}
