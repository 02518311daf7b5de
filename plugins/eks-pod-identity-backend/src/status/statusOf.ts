import {
  headline as reportHeadline,
  IdentityStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

/** Headline of a ref, made from its last proof and its last look. */
export interface Headline {
  status: IdentityStatus;
  headline: string;
  changedSince?: 'proof' | 'failure';
  provenAt?: number;
  lookedAt?: number;
}

const isWorse = (report: VerificationReport | undefined) =>
  report?.status === 'failed' || report?.status === 'degraded';

/** True when a pod really obtained the identity in that run. */
export function provesIdentity(report: VerificationReport): boolean {
  return (
    report.proof === 'credentials' &&
    report.checks.some(
      check => check.id === 'credentials.identity' && check.status === 'pass',
    )
  );
}

/**
 * A look never makes a ref verified and never erases a proof: while the fingerprint is the proof's, the proof
 * stands, made worse by later findings. A failed pod run stays until a pod run passes, or until what failed changed.
 *
 * `proof` is the last run with a pod, `look` the last run of any kind; `fingerprint` is the identity as last seen.
 */
export function statusOf(options: {
  proof?: VerificationReport;
  look?: VerificationReport;
  fingerprint?: string;
}): Headline {
  const { proof, look, fingerprint } = options;
  const lookedAt = look && Date.parse(look.finishedAt);
  if (!proof) {
    return look
      ? { status: look.status, headline: reportHeadline(look), lookedAt }
      : {
          status: 'unverified',
          headline: 'Nobody has looked at this identity yet. Verify it now.',
        };
  }
  const proven = provesIdentity(proof);
  const provenAt = proven ? Date.parse(proof.finishedAt) : undefined;
  const later = look && look.id !== proof.id ? look : undefined;
  const base = { provenAt, lookedAt };

  if (later && isWorse(later)) {
    return { ...base, status: later.status, headline: reportHeadline(later) };
  }
  const changed =
    fingerprint !== undefined &&
    proof.fingerprint !== undefined &&
    fingerprint !== proof.fingerprint;
  if (changed) {
    return proof.status === 'failed'
      ? {
          ...base,
          status: 'changed',
          changedSince: 'failure',
          headline:
            'Something changed since this identity failed. Verify it again to see whether it works now.',
        }
      : {
          ...base,
          status: 'changed',
          changedSince: 'proof',
          headline:
            'Something changed since this identity was proven. Verify it again.',
        };
  }
  if (proven && proof.status === 'degraded' && later?.status === 'consistent') {
    // What degraded it is gone, but only a pod may say "verified".
    return {
      ...base,
      status: 'consistent',
      headline:
        'The warnings of the last proof are gone. Verify again to see it proven.',
    };
  }
  return { ...base, status: proof.status, headline: reportHeadline(proof) };
}
