import type {
  Evidence,
  GotThrough,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Addon } from '../../../aws/addon';
import type { Association } from '../../../aws/association';
import type { InlinePolicy, Role, RolePolicies } from '../../../aws/role';
import type { Fact } from '../fact';
import type { AdmissionFact, OwnDryRunsFact, WebhookFact } from './admission';
import type { AgentPodFact, DaemonSetFact, NodeFact } from './agent';
import type { ExpectedFact } from './association';
import type {
  ClusterFact,
  NodegroupFact,
  NodeReachFact,
  NodeRoleFact,
  VpcEndpointFact,
} from './cluster';
import type { RulingFact } from './permissions';
import type { GroupRunFact, PodRightsFact, PodRunFact } from './probe';
import type { RoleLimitsFact, TargetRoleFact } from './role';
import type { NamespaceFact, ServiceAccountFact } from './serviceAccount';
import type {
  CniFact,
  EgressPolicyFact,
  NetworkPolicyFact,
  PodFact,
  StrayFact,
  WorkloadsFact,
} from './workloads';

/** Every fact by name. `null` means that it was read and does not exist. */
export interface FactTypes {
  /** ARN of the portal's own role or user, where app-config names none; `null` where AWS does not tell. */
  principal: string | null;
  cluster: ClusterFact | null;
  addon: Addon | null;
  agentDaemonSets: DaemonSetFact[];
  agentPods: AgentPodFact[];
  nodes: NodeFact[];
  nodegroups: NodegroupFact[];
  nodeRoles: NodeRoleFact[];
  /** Of the node groups whose pods run without the identity. */
  nodeReach: NodeReachFact[];
  /** Of a private-only cluster: endpoints for eks-auth and sts in its VPC. */
  vpcEndpoints: VpcEndpointFact[];
  association: Association | null;
  /** The service account with an association here that was probably meant, and those of the same name on other clusters; some readers are not allowed to see them. */
  nearby: ServiceAccountRef[];
  expected: ExpectedFact;
  role: Role | null;
  /** ARN of the role that has the name of the association's missing role, at another path. */
  namesake: string | null;
  rolePolicies: RolePolicies;
  /** By name. */
  inlinePolicies: InlinePolicy[];
  roleLimits: RoleLimitsFact;
  targetRole: TargetRoleFact | null;
  namespace: NamespaceFact | null;
  serviceAccount: ServiceAccountFact | null;
  pods: PodFact[];
  /** Pods of the service account that ended in failure and are still there, those of Jobs above all. */
  failedPods: PodFact[];
  strays: StrayFact[];
  webhook: WebhookFact | null;
  /** Those that belong to the identity, with their templates. */
  workloads: WorkloadsFact;
  podRights: PodRightsFact;
  /** Lacking where the user who asks must not have a pod under this identity. */
  mayRun: true;
  /** Lacking where the pod must try no commands for the user who asks. */
  mayTest: true;
  /** Dry runs alone; `admission` also knows what a created pod showed. */
  dryRuns: AdmissionFact;
  admission: AdmissionFact;
  /** Of pods that were made from the templates of the workloads. */
  ownDryRuns: OwnDryRunsFact;
  podRun: PodRunFact;
  /** In the other node groups in use, where a request asks for them. */
  groupRuns: GroupRunFact[];
  rulings: RulingFact[];
  /** What AWS recorded of the application's use of the identity. */
  evidence: Evidence;
  cni: CniFact | null;
  networkPolicies: NetworkPolicyFact[];
  egressPolicies: EgressPolicyFact;
  /** Whether running pods have obtained the role since the identity is as it is. */
  usedAsItIs: boolean;
  /** What the test pod of the last proof got through although it bars its way; `null` where it did not. */
  gotThrough: GotThrough | null;
}

export type FactName = keyof FactTypes;

/** Source of the checks' facts; each is collected once, on first use. */
export interface FactReader {
  get<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>>;
}
