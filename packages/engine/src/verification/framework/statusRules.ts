import {
  type CheckResult,
  type CheckStatus,
  type Proof,
  isOfWorkloads,
  rootOf,
  type Way,
} from 'backstage-plugin-eks-pod-identity-common';
import type { CheckId } from './checkIds';

const IDENTITY: CheckId = 'credentials.identity';
const OWN_TEMPLATES: CheckId = 'admission.own-templates';

/** The pod obtained the expected identity in this run. @public */
export function identityProven(checks: readonly CheckResult[]): boolean {
  return checks.some(check => check.id === IDENTITY && check.status === 'pass');
}

const isGood = (status: CheckStatus) => ['pass', 'note'].includes(status);

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

/** A trust policy that lets the application in, although reading it says that it does not. */
export function adjustForUse(check: CheckResult): CheckResult {
  return softened(
    check,
    'warn',
    'The application has obtained the role since the policy took this form, and later than AWS needs to spread a change.',
  );
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
 * The way to the identity: the first rule that applies.
 *
 * 1. `broken` if a check fails that is not about running pods;
 * 2. `proven` if a pod of the application obtained the role after its last change, as far as that can be read;
 * 3. `unknown` if a check that this level needs is `unknown`, or skipped because of an `unknown` (once the pod of this run
 *    obtained the identity, unknown `role.*` and `agent.*` do not count; where the cluster refuses the probe for its shape,
 *    and takes the pods of the workloads, nor do those of the probe);
 * 4. `proven` if the pod of this run obtained it;
 * 5. else `looks-right`.
 *
 * @param checks - a complete report, after `adjustForProof`
 * @param options - `isNeeded`: whether this probe level needs the answer of the check with that id; `used`: running pods
 * obtained the role after its last change · `probeRefused`: the cluster refuses the probe for its shape
 */
export function wayOf(
  checks: readonly CheckResult[],
  {
    isNeeded,
    used,
    probeRefused = false,
  }: { isNeeded(id: string): boolean; used: boolean; probeRefused?: boolean },
): Way {
  if (checks.some(one => one.status === 'fail' && !isOfWorkloads(one))) {
    return 'broken';
  }
  if (used) return 'proven';
  const proven = identityProven(checks);
  const outranked = (check: CheckResult) =>
    proven && ['role', 'agent'].includes(category(check));
  const othersTaken =
    probeRefused &&
    checks.some(one => one.id === OWN_TEMPLATES && isGood(one.status));
  const ofProbe = (check: CheckResult) =>
    ['admission', 'credentials'].includes(category(check));
  const unanswered = checks.some(check => {
    if (!isNeeded(check.id) || outranked(check)) return false;
    const root = rootOf(check, checks, 'skips');
    return root.status === 'unknown' && !(othersTaken && ofProbe(root));
  });
  if (unanswered) return 'unknown';
  return proven ? 'proven' : 'looks-right';
}

/** How far the proof of this run goes. */
export function proofOf(checks: readonly CheckResult[]): Proof {
  if (identityProven(checks)) return 'credentials';
  return checks.some(
    check => check.id === 'admission.injects' && isGood(check.status),
  )
    ? 'admission'
    : 'none';
}
