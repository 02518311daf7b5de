export { identityRefusal, ownerRefusal } from './identityOwner';
export { judgeInlinePolicy, judgeListedPolicy } from './inlinePolicies';
export { mayProbeAny, probeRight, type ProbeRight } from './probeRight';
export { isNamedPolicy, judgeManagedPolicy } from './managedPolicies';
export { powerOf } from './accountControl';
export {
  checkAssociate,
  checkMigrate,
  checkRestart,
  checkRollback,
  checkTeardown,
  checkTrustWithoutTags,
} from './requests';
export {
  adoptionRefusal,
  checkTargetRole,
  isAdoptable,
  judgeAdoption,
  type AdoptionContext,
} from './roles';
