export { closedBy } from './namespaces';
export { identityRefusal, ownerRefusal } from './identityOwner';
export { judgeInlinePolicy, judgeListedPolicy } from './inlinePolicies';
export { mayProbeAny, probeRight, type ProbeRight } from './probeRight';
export { isNamedPolicy, judgeManagedPolicy } from './managedPolicies';
export { powerOf } from './accountControl';
export {
  checkAssociate,
  checkTeardown,
  checkTrustWithoutTags,
} from './requests';
export { checkMigrate, checkRestart, checkRollback } from './workloadRequests';
export {
  adoptionRefusal,
  checkTargetRole,
  isAdoptable,
  isOpenByTag,
  judgeAdoption,
  type AdoptionContext,
} from './roles';
export {
  judgeTrustEdit,
  trustEditorOf,
  type TrustEditor,
  type TrustEditVerdict,
} from './trustEdits';
