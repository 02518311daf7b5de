import {
  type CheckResult,
  type CheckStatus,
  type Proof,
  type ReportStatus,
  rootOf,
} from 'backstage-plugin-eks-pod-identity-common';
import type { CheckId } from './checkIds';

const IDENTITY: CheckId = 'credentials.identity';

/** The pod obtained the expected identity in this run. @public */
export function identityProven(checks: readonly CheckResult[]): boolean {
  return checks.some(check => check.id === IDENTITY && check.status === 'pass');
}

function category(check: CheckResult): string {
  return check.category;
}

/**
 * Proof overrules inspection: once a pod has obtained the identity, findings about the agent and the role cannot
 * break it. A failed `agent.*` becomes a note (an agent can be baked into the node image), a failed `role.*` a
 * warning, and what only AWS could decide a note that says so.
 *
 * @param onceProven - what the check says where only AWS could decide
 */
export function adjustForProof(
  check: CheckResult,
  proven: boolean,
  onceProven?: string,
): CheckResult {
  if (!proven) return check;
  if (check.status === 'unknown' && onceProven) {
    const { fix, lead, lacks, ...rest } = check;
    return { ...rest, status: 'note', message: onceProven };
  }
  if (check.status !== 'fail') return check;
  const suffix = 'The pod obtained the identity nevertheless.';
  if (category(check) === 'agent') return softened(check, 'note', suffix);
  return category(check) === 'role' ? softened(check, 'warn', suffix) : check;
}

function softened(
  check: CheckResult,
  status: CheckStatus,
  suffix: string,
): CheckResult {
  const { message, lead = message } = check;
  return { ...check, status, message: `${message} ${suffix}`, lead };
}

/** An agent that answered the pod runs, although inspection did not find it. */
export function adjustForAnswer(check: CheckResult): CheckResult {
  return softened(check, 'note', 'An agent answered the pod nevertheless.');
}

/**
 * The verdict: the first rule that applies.
 *
 * 1. `failed` if a check fails;
 * 2. `inconclusive` if a check that this level needs is `unknown`, or skipped because of an `unknown`
 *    (after a passed `credentials.identity`, unknown `role.*` and `agent.*` do not count);
 * 3. `degraded` if something warns;
 * 4. `verified` only if `credentials.identity` passed in this run;
 * 5. else `consistent`.
 *
 * @param checks - a complete report, after `adjustForProof`
 * @param isNeeded - whether this probe level needs the answer of the check with that id
 */
export function reportStatus(
  checks: readonly CheckResult[],
  isNeeded: (id: string) => boolean,
): ReportStatus {
  const proven = identityProven(checks);
  if (checks.some(check => check.status === 'fail')) return 'failed';

  const outranked = (check: CheckResult) =>
    proven && ['role', 'agent'].includes(category(check));
  const unanswered = checks.some(
    check =>
      isNeeded(check.id) &&
      !outranked(check) &&
      rootOf(check, checks, 'skips').status === 'unknown',
  );
  if (unanswered) return 'inconclusive';

  if (checks.some(check => check.status === 'warn')) return 'degraded';
  return proven ? 'verified' : 'consistent';
}

/** How far the proof of this run goes. */
export function proofOf(checks: readonly CheckResult[]): Proof {
  if (identityProven(checks)) return 'credentials';
  return checks.some(
    check =>
      check.id === 'admission.injects' &&
      ['pass', 'note'].includes(check.status),
  )
    ? 'admission'
    : 'none';
}
