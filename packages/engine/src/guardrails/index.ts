export { judgeInlinePolicy } from './inlinePolicies';
export { judgeManagedPolicy } from './managedPolicies';
export { checkAssociate, checkTeardown } from './requests';
export {
  adoptionRefusal,
  isAdoptable,
  judgeAdoption,
  type AdoptionContext,
} from './roles';
