/**
 * Plans, applies and verifies EKS Pod Identity associations. Knows AWS and Kubernetes; knows nothing of Backstage's
 * backend services, HTTP or a database.
 *
 * @packageDocumentation
 */
export { createEngine, type Engine, type EngineOptions } from './createEngine';
export { type Clock, systemClock } from './async/clock';
export {
  type Association,
  describeAssociation,
  describeListed,
  listAssociations,
} from './aws/association';
export { accountOfArn } from './aws/arn';
export { type LearntRate, type RateMemory } from './aws/callRate';
export { type LocalKeys, localKeys } from './aws/localKeys';
export {
  accountOfWorkload,
  type KindWithAccount,
} from './clusters/accountOfWorkload';
export { accountsWithLabels } from './clusters/accountsWithLabels';
export { readEngineConfig } from './clusters/config';
export {
  type ClusterConfig,
  type Clusters,
  type CredentialRole,
  type EngineConfig,
  type LocatorsConfig,
  type MoveRule,
} from './clusters/types';
export { cloudTrailSource } from './evidence/cloudTrail';
export { decodeCloudTrailEvent } from './evidence/decode';
export { readEvidence } from './evidence/read';
export {
  type AccessRequest,
  type AccessSeen,
  lookAtAccess,
} from './inventory/lookAtAccess';
export {
  type EksContext,
  eksContext,
  type KubeconfigChoice,
  type KubernetesAccess,
  kubeconfigAccess,
} from './kubernetes/kubeconfig';
export { type Lifecycle, type OperationContext } from './operationContext';
export {
  type MigrateRequest,
  type MoveContext,
  type Moves,
  type RollbackRequest,
  type TrustRecord,
  type TrustRecords,
  type TrustWrite,
} from './move/operation/types';
export { NarrowLists } from './verification/sweep/NarrowLists';
export { SweepLists } from './verification/sweep/SweepLists';
export { presetFacts } from './verification/sweep/presetFacts';
export { type FactBundle, parseBundle } from './verification/run/bundle';
export { judgeBundle } from './verification/run/judgeBundle';
export {
  type ManifestObject,
  type ManifestPath,
  type ManifestPlace,
  objectInManifest,
} from './verification/workloads/inManifest';
export { planMove } from './move/planMove';
export { admissionPoliciesYaml } from './setup/admissionPolicies';
export { checkSetup } from './setup/checkSetup';
export { CHECKS } from './verification/run/checks';
export { explanationOf } from './pages';
export { PROGRAM, type SettingKey, type Voice } from './text/voice';
export {
  type FactProviders,
  type VerifyRequest,
} from './verification/framework/request';
export {
  type Verification,
  type VerifyContext,
} from './verification/run/verification';
