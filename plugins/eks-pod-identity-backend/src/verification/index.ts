export { CHECKS } from './checks';
export type { CheckInfo } from './check';
export {
  createVerification,
  type VerificationOptions,
} from './createVerification';
export { identityProven, proofOf, reportStatus } from './statusRules';
export { sweepLeftovers, type SweepResult } from './sweepLeftovers';
export type {
  GateResult,
  SweepingVerification,
  Verification,
  VerifyRequest,
} from './types';
export { associationFact } from './facts/awsAssociation';
export { roleFact } from './facts/awsRole';
export { podFact, serves } from './facts/kubernetesWorkload';
export { known, lacking, type Fact } from './facts/fact';
export type { KnownFacts } from './facts/types';
