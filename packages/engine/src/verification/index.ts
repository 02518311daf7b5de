export { docsUrlOf, type CheckInfo } from './check';
export { CHECKS } from './checks';
export { EXPLANATIONS } from './checks/explanations';
export {
  createVerification,
  type VerificationOptions,
} from './createVerification';
export { identityProven, proofOf, reportStatus } from './statusRules';
export { sweepLeftovers, type SweepResult } from './sweepLeftovers';
export type { GateResult, Verification, VerifyRequest } from './types';
