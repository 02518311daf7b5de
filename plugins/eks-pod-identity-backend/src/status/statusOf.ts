import {
  CheckResult,
  headline as reportHeadline,
  IdentityStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { UNSEEN } from '../store/ServiceAccountStore';
import { needsRun, provesIdentity, withFindings } from './findings';

/** Headline of a ref, made from its last proof and its last look. */
export interface Headline {
  status: IdentityStatus;
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
}

const lowerFirst = (text: string) => text[0].toLowerCase() + text.slice(1);

const headlineOf = (report: VerificationReport) => ({
  status: report.status,
  headline: reportHeadline(report),
});

function worstOf(findings: readonly CheckResult[]) {
  if (findings.some(({ status }) => status === 'fail')) return 'failed';
  return findings.length > 0 ? 'degraded' : undefined;
}

/** The sentence of the worst finding, as the report that saw most of it would say it. */
function sentence(
  status: 'failed' | 'degraded',
  { look, proof }: Known,
  findings: readonly CheckResult[],
): string {
  const same = [look, proof].find(report => report?.status === status);
  const report = same ?? look ?? proof;
  return reportHeadline({ ...withFindings(report!, findings), status });
}

/**
 * A look never makes a ref verified and never erases a proof: while the fingerprint is the proof's, the proof
 * stands, made worse by later findings. A failed pod run stays until a pod run passes, or until what failed changed.
 * A finding stands until a later run has seen it pass.
 */
export function statusOf(known: Known): Headline {
  const { proof, look, findings = [], fingerprint } = known;
  const lookedAt = look && Date.parse(look.finishedAt);
  if (!proof) return { ...withoutProof(known), lookedAt };

  const proven = provesIdentity(proof);
  const base = {
    provenAt: proven ? Date.parse(proof.finishedAt) : undefined,
    lookedAt,
  };
  const changed =
    fingerprint !== undefined &&
    proof.fingerprint !== undefined &&
    fingerprint !== proof.fingerprint;
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
          ? sentence('failed', known, standing)
          : reportHeadline(proof),
    };
  }
  if (worst === 'failed' || (worst && proven)) {
    return {
      ...base,
      status: worst,
      headline: sentence(worst, known, standing),
    };
  }
  const tried =
    look?.id !== proof.id && look?.probe === 'pod' ? look : undefined;
  if (changed) {
    // Nothing is known of what it is now but that last try.
    if (tried?.fingerprint === fingerprint) {
      return { ...base, ...headlineOf(tried) };
    }
    return {
      ...base,
      status: 'changed',
      changedSince: proven ? 'proof' : 'failure',
      headline: proven
        ? 'Something changed since this identity was proven. Verify it again.'
        : 'Something changed since this identity failed. Verify it again to see whether it works now.',
    };
  }
  if (proof.status === 'failed' || proof.status === 'degraded') {
    // What made it worse is gone, but only a pod may say "verified".
    return {
      ...base,
      status: 'consistent',
      headline:
        'The warnings of the last proof are gone. Verify again to see it proven.',
    };
  }
  return {
    ...base,
    status: proof.status,
    headline: tried
      ? `The last try to prove it again was ${lowerFirst(
          reportHeadline(tried),
        )}`
      : reportHeadline(proof),
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
  // "Degraded" says that it works; a look that could not see enough cannot say that.
  const hides = look.status === 'inconclusive' && worst !== 'failed';
  return worst && !hides
    ? { status: worst, headline: sentence(worst, known, findings) }
    : headlineOf(look);
}
