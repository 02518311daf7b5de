export { CHECKS } from './checks';
export type { CheckInfo } from './check';
export {
  createVerification,
  type VerificationOptions,
} from './createVerification';
export { identityProven, proofOf, reportStatus } from './statusRules';
export { sweepLeftovers, type SweepResult } from './sweepLeftovers';
export type { GateResult, Verification, VerifyRequest } from './types';
