export {
  analyzePolicy,
  checkInlinePolicies,
  judgeInlinePolicy,
  type PolicyFinding,
} from './inlinePolicies';
export {
  checkManagedPolicies,
  isPowerfulPolicy,
  judgeManagedPolicy,
} from './managedPolicies';
export { checkNamespace, isOpenNamespace } from './namespaces';
export { findPattern, matchesPattern, patternsMeet } from './patterns';
export { checkPermissionChecks } from './probeCommands';
export {
  checkAssociate,
  checkTeardown,
  checkVerify,
  type GuardrailContext,
} from './requests';
export {
  adoptionRefusal,
  checkRoleAccount,
  checkTargetRole,
  isAdoptable,
  judgeAdoption,
  type AdoptionContext,
  type Ownership,
} from './roles';
export { checkTags } from './tags';
