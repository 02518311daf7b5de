export {
  analyzePolicy,
  checkInlinePolicies,
  type PolicyFinding,
} from './inlinePolicies';
export { checkManagedPolicies, isPowerfulPolicy } from './managedPolicies';
export { checkNamespace, isOpenNamespace } from './namespaces';
export { findPattern, matchesPattern, patternsMeet } from './patterns';
export * from './permissionRules';
export { checkPermissionChecks } from './probeCommands';
export {
  checkAssociate,
  checkTeardown,
  checkVerify,
  type GuardrailContext,
} from './requests';
export {
  assertMayAdopt,
  checkRoleAccount,
  checkTargetRole,
  judgeAdoption,
  type Ownership,
} from './roles';
export { checkTags } from './tags';
