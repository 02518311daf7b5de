import type {
  IdentityStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { provesIdentity, withFindings } from './findings';

/**
 * The proof saw more hops than a look does; a look with findings knows better what is wrong now. Where the headline
 * says that it was not looked at, or that it changed since, older reports are about something else. A failed pod run stands
 * as it was.
 */
export function shownReport(
  state: ServiceAccountState | undefined,
  proof: VerificationReport | undefined,
  look: VerificationReport | undefined,
) {
  if (state?.status === 'unverified') return undefined;
  if (state?.status === 'changed') {
    const { fingerprint } = state;
    return fingerprint && look?.fingerprint === fingerprint ? look : undefined;
  }
  const verdict = state && verdictBehind(state.status);
  const isBad = verdict === 'failed' || verdict === 'degraded';
  const report = isBad && look?.status === verdict ? look : proof ?? look;
  const isFailedProof = report === proof && report && !provesIdentity(report);
  if (!report || !state?.findings || isFailedProof) return report;
  const shown = withFindings(report, state.findings);
  return isBad ? { ...shown, status: verdict } : shown;
}

/** What a run says that gives an identity this status. */
function verdictBehind(status: IdentityStatus) {
  return status === 'restart-needed' ? 'degraded' : status;
}
