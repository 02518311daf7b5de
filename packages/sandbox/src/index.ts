export * from './core/contract';
export { AWS_CLI_MS, DEMO_DELAYS, NO_DELAYS } from './core/delays';
export { countByOperation } from './core/calls';
export type { IssuedSecret, IssuedSecrets, SecretKind } from './core/secrets';
export type { Checkpoint, Holds, Moment, PassingWrite } from './core/holds';
export { startSandbox } from './sandbox';
export type { Sandbox, SandboxOptions } from './sandbox';
export type { FleetSize } from './fleet';
export { SandboxClient, SandboxControlError } from './client/client';
export type {
  CallFilter,
  ClockState,
  Remote,
  RemoteCluster,
} from './client/client';
export { useEndpoint } from './client/useEndpoint';
export { writeSettings } from './cli/settings';
export type { ClusterConnection, NewCluster } from './clusters';
export type {
  AgentBehaviour,
  ClusterOptions,
  KubeObject,
  KubernetesClusterHandle,
  KubernetesSide,
  Manifest,
  NodeOptions,
  WebhookTrouble,
} from './kubernetes';
export {
  BOUNDARY_NAME,
  letPortalPass,
  MAIN_ACCOUNT,
  MAIN_REGION,
  PORTAL_GROUPS,
  SECOND_ACCOUNT,
} from './seed/accounts';
export { isOfApplication, SCENARIOS, scenariosByRow } from './scenarios';
export { identityFrom, Stage } from './scenarios/stage';
export { portalClusterRole, portalRbac } from './seed/manifests';
export type { AccessKeys, SandboxCredentials } from './seed/accounts';
export { POD_IDENTITY_TRUST, serviceTrust } from './aws/direct/iam';
export type { DocumentInput, RoleInput } from './aws/direct/iam';
export type { ClusterInput, ClusterRef } from './aws/direct/eks';
export type { EventInput } from './aws/direct/cloudTrail';
export type { AwsDirect } from './aws/direct';
export type { PolicyDocument, Statement } from './aws/policy/document';
export { trustAllows } from './aws/eksAuth/trustRequest';
export type { AskingPod, SourceRole } from './aws/eksAuth/trustRequest';
