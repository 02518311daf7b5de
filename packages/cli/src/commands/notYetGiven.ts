import {
  isNotSetUpYet,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

/** What was not given an identity yet is not broken. The program remembers none that it had before. */
export const notYetGiven = (report: VerificationReport): VerificationReport =>
  isNotSetUpYet(report) ? { ...report, status: 'no-identity' } : report;
