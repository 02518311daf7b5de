import {
  failureOf,
  type VerificationReport,
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
  if (state && !state.proofReportId && !state.lookReportId) return undefined;
  if (state?.changedSince) {
    const { fingerprint } = state;
    return fingerprint && look?.fingerprint === fingerprint ? look : undefined;
  }
  const status = state?.status;
  const isBad = status !== undefined && failureOf(status) !== undefined;
  const report = isBad && look?.status === status ? look : proof ?? look;
  const isFailedProof = report === proof && report && !provesIdentity(report);
  if (!report || !state?.findings || isFailedProof) return report;
  const shown = withFindings(report, state.findings);
  return {
    ...shown,
    status: status ?? shown.status,
    workloads: state?.memory?.workloads,
  };
}
