import { type IdentityStatus, isGood } from './identityStatus';
import { CheckResult, CheckStatus, VerificationReport } from './report';

/** Something that is wrong, and the checks that it explains. @public */
export interface Finding {
  check: CheckResult;
  /** In the order of the report. */
  followers: CheckResult[];
  /** The worst answer among all of them. */
  severity: CheckStatus;
}

/** What a report comes to. @public */
export interface Diagnosis {
  /** What heads the report; absent if nothing affects the verdict. */
  cause?: Finding;
  /** What is wrong besides, in the order of the report. */
  others: Finding[];
  /** By id of a check that follows from a finding, the check that explains it. */
  explainedBy: ReadonlyMap<string, CheckResult>;
}

/** Worst first. */
const SEVERITIES: readonly CheckStatus[] = [
  'fail',
  'warn',
  'unknown',
  'note',
  'pass',
  'skip',
];

/** The worst answer; `skip` if there is none. @public */
export function worstStatus(checks: readonly CheckResult[]): CheckStatus {
  return (
    SEVERITIES.find(status => checks.some(check => check.status === status)) ??
    'skip'
  );
}

const isBad = ({ status }: CheckResult) =>
  status === 'fail' || status === 'warn' || status === 'unknown';

/** A report of an earlier version has the sentence alone. */
const lackOf = ({ lacks, message }: CheckResult) => lacks ?? message;

/** The check named as the reason; otherwise the first check with the same missing fact. */
function explanationOf(
  check: CheckResult,
  checks: readonly CheckResult[],
): CheckResult | undefined {
  const named = checks.find(({ id }) => id === check.becauseOf);
  if (named && named.status !== 'pass') return named;
  return check.status === 'unknown'
    ? checks.find(
        one => one.status === 'unknown' && lackOf(one) === lackOf(check),
      )
    : undefined;
}

/** The check that a skipped one was skipped for. */
function skippedFor(
  check: CheckResult,
  checks: readonly CheckResult[],
): CheckResult | undefined {
  return check.status === 'skip'
    ? checks.find(({ id }) => id === check.becauseOf)
    : undefined;
}

/**
 * The deepest check that explains this one; the same where nothing does.
 *
 * @param through - `skips`: what skipped checks were skipped for, as the verdict counts; `explanations`: all that a check
 * can follow from, as a reader is shown it
 * @public
 */
export function rootOf(
  check: CheckResult,
  checks: readonly CheckResult[],
  through: 'skips' | 'explanations',
): CheckResult {
  const next = through === 'skips' ? skippedFor : explanationOf;
  const seen = new Set<CheckResult>();
  let root = check;
  while (!seen.has(root)) {
    seen.add(root);
    root = next(root, checks) ?? root;
  }
  return root;
}

/** True for a check of the pods that run: it never makes the way to the identity broken. @public */
export const isOfWorkloads = ({ id }: CheckResult): boolean =>
  id.startsWith('workloads.');

const failingOnTheWay = (checks: readonly CheckResult[]) =>
  checks.filter(check => check.status === 'fail' && !isOfWorkloads(check));

/** True if all that fails on the way may be explained by a change that AWS is still spreading. @public */
export function isSettling(checks: readonly CheckResult[]): boolean {
  const failing = failingOnTheWay(checks);
  return (
    failing.length > 0 &&
    failing.every(check => rootOf(check, checks, 'explanations').settling)
  );
}

/**
 * The first that fails on the way. What is wrong with the association comes before what is wrong with a role: it decides
 * which role counts.
 */
function firstOnTheWay(
  checks: readonly CheckResult[],
): CheckResult | undefined {
  const failing = failingOnTheWay(checks);
  return failing[0]?.category === 'role'
    ? failing.find(({ category }) => category === 'association') ?? failing[0]
    : failing[0];
}

/** Whether a test pod that obtains the role answers what the check could not: what is unknown of the role or of the agent. */
const isOutrankedByProof = ({ category }: CheckResult) =>
  category === 'role' || category === 'agent';

/** The check that decides the verdict. */
function decisive({
  status,
  workloads,
  checks,
}: Judged): CheckResult | undefined {
  const first = (wanted: CheckStatus, among = checks) =>
    among.find(check => check.status === wanted);
  const ofPods = checks.find(({ id }) => id === workloads?.check);
  const needed = checks.filter(({ advisory }) => !advisory);
  switch (status) {
    case 'broken':
    case 'setting-up':
      return firstOnTheWay(checks) ?? first('fail');
    case 'could-not-check':
      return (
        first(
          'unknown',
          needed.filter(check => !isOutrankedByProof(check)),
        ) ??
        first('unknown', needed) ??
        ofPods ??
        first('unknown')
      );
    default:
      // Reports of version 0.1 do not say which check it is
      return isGood(status) ? undefined : ofPods ?? first('warn');
  }
}

/** True for a note that is counted beside a status in which nothing is wrong. @public */
export const isCounted = ({ status, counted }: CheckResult): boolean =>
  status === 'note' && counted === true;

/** What a diagnosis needs of a report. @public */
export type Judged = Pick<
  VerificationReport,
  'status' | 'workloads' | 'checks'
>;

/**
 * Traces every finding of a report to the deepest check that explains it. The cause is what explains the verdict: what is
 * behind the first failure along the credential path, or behind the first answer that is missing, or behind what the pods
 * lack; it can be of any severity. What follows from a finding is folded under it.
 *
 * @public
 */
export function diagnose(report: Judged): Diagnosis {
  const { checks } = report;
  const roots = new Map(
    checks.map(check => [check, rootOf(check, checks, 'explanations')]),
  );
  const findings = checks
    .map(check => {
      const followers = checks.filter(
        other => other !== check && roots.get(other) === check,
      );
      const severity = worstStatus([check, ...followers]);
      return { check, followers, severity };
    })
    .filter(
      ({ check, followers }) =>
        roots.get(check) === check && (isBad(check) || followers.some(isBad)),
    );
  const head = decisive(report);
  const cause = head && findings.find(({ check }) => check === roots.get(head));
  return {
    cause,
    others: findings.filter(finding => finding !== cause),
    explainedBy: new Map(
      findings.flatMap(({ check, followers }) =>
        followers.map(follower => [follower.id, check]),
      ),
    ),
  };
}

/** What `WorkloadsFound.other` calls the role of IRSA. @public */
export const BY_IRSA = 'IRSA';

/**
 * What a service account without an association is, unless it had one before: not set up yet where it has no running pod
 * either, and at home with IRSA where all of its pods have their role by it. Undefined for every other, and where the pods
 * were not seen.
 *
 * @public
 */
export function statusWithoutAssociation({
  checks,
  workloads,
}: Pick<Judged, 'checks' | 'workloads'>):
  | Extract<IdentityStatus, 'no-identity' | 'uses-irsa'>
  | undefined {
  const hasNone = checks.some(
    ({ id, status }) => id === 'association.exists' && status === 'fail',
  );
  if (!hasNone) return undefined;
  switch (workloads?.state) {
    case 'no-workload':
    case 'no-pods':
      return 'no-identity';
    case 'other':
      return workloads.other === BY_IRSA ? 'uses-irsa' : undefined;
    default:
      return undefined;
  }
}

/** How many warnings, and notes that count, leave a status as it is in which nothing is wrong. @public */
export function notesIn(report: Judged): number {
  // By IRSA nothing of what the checks look at is in use.
  if (!isGood(report.status) || report.status === 'uses-irsa') return 0;
  const warnings = diagnose(report)
    .others.filter(({ severity }) => severity === 'warn')
    .map(({ check }) => check);
  return new Set([...warnings, ...report.checks.filter(isCounted)]).size;
}

/**
 * The check to read first: the cause of {@link diagnose}. Undefined if nothing is wrong.
 *
 * @public
 */
export function firstBrokenHop(report: Judged): CheckResult | undefined {
  return diagnose(report).cause?.check;
}
