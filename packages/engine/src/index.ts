/**
 * Plans, applies and verifies EKS Pod Identity associations. Knows AWS and Kubernetes; knows nothing of Backstage's
 * backend services, HTTP or a database.
 *
 * @packageDocumentation
 */
export { createEngine, type Engine, type EngineOptions } from './createEngine';
export { Semaphore } from './async/Semaphore';
export { type Clock, systemClock } from './async/clock';
export {
  type CallRecorder,
  createCallRecorder,
  pause,
} from './async/CallRecorder';
export { raceAbort } from './async/raceAbort';
export {
  type RoleInAccount,
  type RolesOfAccount,
  readRoles,
} from './aws/account';
export { type AwsCaller, callingFor, currentCaller } from './aws/caller';
export {
  type Association,
  describeAssociation,
  listAssociations,
} from './aws/association';
export { accountOfArn, nameOfArn } from './aws/arn';
export { type LocalKeys, localKeys } from './aws/localKeys';
export { type CallObserver } from './async/CallObserver';
export { toBackstageError } from './aws/toBackstageError';
export { readClusterDefinition, readEngineConfig } from './clusters/config';
export { nearest } from 'backstage-plugin-eks-pod-identity-common';
export { portalRoles } from './clusters/portalRoles';
export { publicCluster } from './clusters/publicCluster';
export {
  type ClusterConfig,
  type ClusterSession,
  type Clusters,
  type CredentialRole,
  type EngineConfig,
} from './clusters/types';
export { cloudTrailSource } from './evidence/cloudTrail';
export { decodeCloudTrailEvent } from './evidence/decode';
export { gatherEvidence } from './evidence/gather';
export { readEvidence } from './evidence/read';
export {
  type EvidenceRequest,
  type EvidenceSubject,
  type ReadEvidence,
} from './evidence/types';
export { judgeManagedPolicy } from './guardrails/managedPolicies';
export { checkNamespace, isOpenNamespace } from './guardrails/namespaces';
export { matchesPattern } from './guardrails/patterns';
export { type Claimant, mayActFor } from './guardrails/identityOwner';
export {
  checkPermissionChecks,
  policyTestOf,
  withPolicyTests,
} from './guardrails/probeCommands';
export { checkRequest } from './guardrails/requests';
export {
  type RoleSeeker,
  type UsableRole,
  usableRoles,
} from './guardrails/usableRoles';
export { samePolicy } from './iam/policyCompare';
export {
  type AssociationSettings,
  settingsOf,
} from './identity/associationSettings';
export { type ConsoleLinks, consoleLinks } from './identity/consoleLinks';
export {
  type CatalogEntity,
  type EntityRecord,
  ownersNow,
  readEntityRecord,
} from './identity/entityRecord';
export { inlinePolicyName } from './identity/names';
export { type MarkSubject, createTags, ownership } from './identity/ownership';
export {
  type KubeconfigChoice,
  type KubernetesAccess,
  kubeconfigAccess,
} from './kubernetes/kubeconfig';
export { type ReachKubernetes } from './clusters/session';
export { givingUpOnce } from './kubernetes/givingUp';
export {
  type Lifecycle,
  type OperationContext,
  type WriteGuard,
} from './operationContext';
export { NarrowLists } from './verification/sweep/NarrowLists';
export { type AgentState, presetFacts } from './verification/sweep/presetFacts';
export { type FactBundle, parseBundle } from './verification/run/bundle';
export { judgeBundle } from './verification/run/judgeBundle';
export { hashOf } from './verification/run/canonical';
export { checkSetup, type SetupRequest } from './setup/checkSetup';
export { type CheckId } from './verification/framework/checkIds';
export { docsUrlOf } from './verification/framework/check';
export { CHECKS } from './verification/run/checks';
export { checksPage, explanationOf, permissionsPage } from './pages';
export { identityProven } from './verification/framework/statusRules';
export { type KeyedRequest, requestKey } from './verification/run/requestKey';
export {
  type FactProviders,
  type VerifyRequest,
} from './verification/framework/request';
export {
  type Glance,
  type Verification,
  type VerifyContext,
} from './verification/run/verification';
export { driftOf } from './lifecycle/association/drift';
