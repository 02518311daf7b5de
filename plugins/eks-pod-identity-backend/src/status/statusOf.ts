import {
  CheckResult,
  IdentityStatus,
  outcome,
  statusOfReport,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { UNSEEN } from '../store/ServiceAccountStore';
import { needsRun, provesIdentity, withFindings } from './findings';

/** Headline of a ref, made from its last proof and its last look. */
export interface Headline {
  status: IdentityStatus;
  /** The sentence, without the word for the status. */
  headline: string;
  changedSince?: 'proof' | 'failure';
  provenAt?: number;
  lookedAt?: number;
}

/** What is known of a ref. */
export interface Known {
  /** The last run with a pod that showed whether it works. */
  proof?: VerificationReport;
  /** The last run of any kind. */
  look?: VerificationReport;
  /** Warnings and failures that stand after both: `findingsAfter`. */
  findings?: readonly CheckResult[];
  /** The identity as last seen. */
  fingerprint?: string;
  /** The operation that has changed the identity, which was not looked at since. */
  changedBy?: string;
}

const headlineOf = (report: VerificationReport) => ({
  status: statusOfReport(report),
  headline: outcome(report),
});

function worstOf(findings: readonly CheckResult[]) {
  if (findings.some(({ status }) => status === 'fail')) return 'failed';
  return findings.length > 0 ? 'degraded' : undefined;
}

/** The headline of the worst finding, as the report that saw most of it would say it. */
function worstHeadline(
  status: 'failed' | 'degraded',
  { look, proof }: Known,
  findings: readonly CheckResult[],
): Pick<Headline, 'status' | 'headline'> {
  const same = [look, proof].find(report => report?.status === status);
  const report = same ?? look ?? proof;
  return headlineOf({
    ...withFindings(report!, findings),
    status,
    proof: (proof ?? report!).proof,
  });
}

/**
 * A look never makes a ref verified and never erases a proof: while the fingerprint is the proof's, the proof
 * stands, made worse by later findings. A failed pod run stays until a pod run passes, or until what failed changed.
 * A finding stands until a later run has seen it pass.
 */
export function statusOf(known: Known): Headline {
  const { proof, look, findings = [], fingerprint, changedBy } = known;
  const lookedAt = look && Date.parse(look.finishedAt);
  if (!proof) return { ...withoutProof(known), lookedAt };

  const proven = provesIdentity(proof);
  const base = {
    provenAt: proven ? Date.parse(proof.finishedAt) : undefined,
    lookedAt,
  };
  const changed =
    proof.fingerprint !== undefined &&
    (changedBy !== undefined ||
      (fingerprint !== undefined && fingerprint !== proof.fingerprint));
  // What a pod found was about another identity.
  const standing = changed ? findings.filter(one => !needsRun(one)) : findings;
  const worst = worstOf(standing);

  if (!proven && !changed) {
    // It stays until a pod run passes; a later look can only add to it.
    return {
      ...base,
      status: 'failed',
      headline:
        look?.status === 'failed'
          ? worstHeadline('failed', known, standing).headline
          : outcome(proof),
    };
  }
  if (worst === 'failed' || (worst && proven)) {
    return { ...base, ...worstHeadline(worst, known, standing) };
  }
  const tried =
    look?.id !== proof.id && look?.probe === 'pod' ? look : undefined;
  if (changed) {
    // Nothing is known of what it is now but that last try.
    if (tried?.fingerprint && tried.fingerprint === fingerprint) {
      return { ...base, ...headlineOf(tried) };
    }
    return {
      ...base,
      status: 'changed',
      changedSince: proven ? 'proof' : 'failure',
      headline: proven
        ? 'Something changed since this identity was tested. Verify it again.'
        : 'Something changed since this identity failed. Verify it again to see whether it works now.',
    };
  }
  if (proof.status === 'failed') {
    // What made it worse is gone, but only a pod may say "verified".
    return {
      ...base,
      status: 'consistent',
      headline:
        'What the last test found wrong is fixed. Verify again to see it proven.',
    };
  }
  // Its pod obtained the identity; of what it warned, nothing is left.
  const clean = { ...proof, status: 'verified' as const };
  return {
    ...base,
    status: 'verified',
    headline: tried
      ? `It worked in its last complete test. A newer test got no answer: ${outcome(
          tried,
        )}`
      : outcome(clean),
  };
}

function withoutProof(known: Known): Pick<Headline, 'status' | 'headline'> {
  const { look, findings = [] } = known;
  if (!look) {
    return {
      status: 'unverified',
      headline: UNSEEN,
    };
  }
  const worst = worstOf(findings);
  const hides = look.status === 'inconclusive' && worst !== 'failed';
  return worst && !hides
    ? worstHeadline(worst, known, findings)
    : headlineOf(look);
}
