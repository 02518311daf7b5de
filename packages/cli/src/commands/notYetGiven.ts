import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { libraries } from '../libraries';

/** What was not given an identity yet, or goes by IRSA, is not broken. The program remembers none that it had before. */
export function notYetGiven(report: VerificationReport): VerificationReport {
  const status = libraries.common.statusWithoutAssociation(report);
  return status ? { ...report, status } : report;
}
