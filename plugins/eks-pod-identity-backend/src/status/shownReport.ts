import {
  failureOf,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { provesIdentity, withFindings } from './findings';

/**
 * The proof saw more hops than a look does; a look with findings knows better what is wrong now. Where the headline
 * says that it changed since, older reports are about something else. A failed pod run stands as it was.
 *
 * @param proof - what `state` names; `look` as well
 */
export function shownReport(
  state: ServiceAccountState | undefined,
  proof: VerificationReport | undefined,
  look: VerificationReport | undefined,
) {
  if (state?.changedSince) {
    const { fingerprint } = state;
    return fingerprint && look?.fingerprint === fingerprint ? look : undefined;
  }
  const isBad = state !== undefined && failureOf(state.status) !== undefined;
  const report = isBad && look?.status === state.status ? look : proof ?? look;
  const isFailedProof = report === proof && report && !provesIdentity(report);
  if (!report || !state?.findings || isFailedProof) return report;
  return {
    ...withFindings(report, state.findings),
    status: state.status,
    workloads: state.memory?.workloads,
  };
}
