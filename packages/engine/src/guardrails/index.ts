export { identityRefusal, ownerRefusal } from './identityOwner';
export { judgeInlinePolicy } from './inlinePolicies';
export { judgeManagedPolicy } from './managedPolicies';
export {
  checkAssociate,
  checkTeardown,
  checkTrustWithoutTags,
} from './requests';
export {
  adoptionRefusal,
  isAdoptable,
  judgeAdoption,
  type AdoptionContext,
} from './roles';
