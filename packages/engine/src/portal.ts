/**
 * What the portal's backend takes of the engine beside its front door. It changes with the portal: a program of your own
 * is better off without it.
 *
 * @packageDocumentation
 */
export { Semaphore } from './async/Semaphore';
export {
  type CallRecorder,
  createCallRecorder,
  pause,
} from './async/CallRecorder';
export { raceAbort } from './async/raceAbort';
export {
  type RoleInAccount,
  type RolesOfAccount,
  type SessionPolicy,
  readRoles,
  unlessDenied,
} from './aws/account';
export { readRolesWithPolicies } from './aws/accountPolicies';
export { type AwsCaller, callingFor, currentCaller } from './aws/caller';
export { nameOfArn } from './aws/arn';
export { isRegion } from './aws/partition';
export { readKeys } from './aws/localKeys';
export { type CallObserver } from './async/CallObserver';
export { toBackstageError } from './aws/toBackstageError';
export { readClusterDefinitions } from './clusters/config';
export {
  type FoundCluster,
  type LeftOutCluster,
  readLocatedClusters,
} from './clusters/locators';
export { portalRoles } from './clusters/portalRoles';
export { publicCluster } from './clusters/publicCluster';
export { type ClusterSession } from './clusters/types';
export { changesRead, type ChangesRequest } from './evidence/changes';
export { readEvidence } from './evidence/read';
export { type EvidenceRequest, type ReadEvidence } from './evidence/types';
export { judgeManagedPolicy } from './guardrails/managedPolicies';
export { checkNamespace, isOpenNamespace } from './guardrails/namespaces';
export { matchesPattern } from './guardrails/patterns';
export { type Claimant, mayActFor } from './guardrails/identityOwner';
export { holderByTag } from './guardrails/probeRight';
export {
  checkPermissionChecks,
  policyTestOf,
  withPolicyTests,
} from './guardrails/probeCommands';
export { checkRequest } from './guardrails/requests';
export { usableRoles } from './guardrails/usableRoles';
export {
  type AssociationSettings,
  settingsOf,
} from './identity/associationSettings';
export { consoleLinks } from './identity/consoleLinks';
export {
  type CatalogEntity,
  type EntityRecord,
  ownersNow,
  readEntityRecord,
} from './identity/entityRecord';
export { type MarkSubject, createTags, ownership } from './identity/ownership';
export { checkUnasked } from './move/operation/expected';
export { type MovePlanner, readForMoves } from './move/planMove';
export { givingUpApart, givingUpOnce } from './kubernetes/givingUp';
export { type WriteGuard } from './operationContext';
export { type AgentState } from './verification/sweep/presetFacts';
export { hashOf } from './verification/framework/canonical';
export { type CheckId } from './verification/framework/checkIds';
export { usesProxies } from './network/proxies';
export { assertCheckId } from './verification/run/additionalChecks';
export { docsUrlOf } from './verification/framework/check';
export { checksPage, permissionsPage } from './pages';
export { identityProven } from './verification/framework/statusRules';
export { requestKey } from './verification/run/requestKey';
export {
  type PermissionsOfRole,
  permissionsOfRole,
} from './verification/role/permissionsOfRole';
export { driftOf } from './lifecycle/association/drift';
