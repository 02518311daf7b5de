/**
 * The backend plugin of the EKS Pod Identity suite, and what permission policies need to decide about it.
 *
 * @packageDocumentation
 */
export { eksPodIdentityPlugin as default } from './plugin';
export {
  createPodIdentityConditionalDecision,
  isInCluster,
  isInNamespace,
  isServiceAccountEntityOwner,
  podIdentityConditions,
  serviceAccountResourceRef,
  type ServiceAccountResource,
} from './permissions/permissionRules';
export { type ServiceAccountFilter } from './store/criteria';
