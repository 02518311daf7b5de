import type { AskedSettings } from '../../identity/associationSettings';
import type {
  Evidence,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Addon } from '../../aws/addon';
import type { Association } from '../../aws/association';
import type { VpcEndpoint } from '../../aws/cluster';
import type { Role, RolePolicies } from '../../aws/role';
import type { Fact } from './fact';
import type { V1LabelSelector } from '../../kubernetes/objects';
import type { PodRunFact } from './probeAnswer';
import type { Carried, Placement, PodWebhook } from './podTypes';

/** The parts of DescribeCluster that the checks need. */
interface ClusterFact {
  name: string;
  arn: string;
  status: string;
  /** Kubernetes version, `1.31`. */
  version?: string;
  platformVersion?: string;
  /** Where the control plane runs; Pod Identity works with `eks` only. */
  kind: 'eks' | 'outposts' | 'connector';
  /** `CONFIG_MAP` takes no access entries. */
  authenticationMode?: string;
  autoMode: boolean;
  /** Role of the nodes of Auto Mode. */
  autoNodeRoleArn?: string;
  endpointPublicAccess: boolean;
  endpointPrivateAccess: boolean;
  publicAccessCidrs: string[];
  vpcId?: string;
  subnetIds: string[];
  /** The group that EKS puts on the control plane and on the nodes of managed node groups, which may all reach each other. */
  securityGroupId?: string;
  ipFamily?: string;
  healthIssues: string[];
  /** OIDC issuer, without `https://`: IRSA's subjects are of it. */
  issuer?: string;
}

export interface DaemonSetFact {
  namespace: string;
  name: string;
  /** Labels that select its pods, as a query. */
  selector?: string;
  desired: number;
  ready: number;
  /** What keeps it from nodes. */
  placement: {
    nodeSelector: Record<string, string>;
    /** Requirements of the node affinity: a node has to meet all of one of them; undefined where there is none. */
    terms?: V1LabelSelector[];
    /** It runs on tainted nodes too, as the one of AWS does. */
    toleratesAll: boolean;
  };
  /** Writers other than EKS who set parts of its pod template, as Kubernetes names them. */
  editors: string[];
}

export interface AgentPodFact {
  name: string;
  namespace: string;
  /** Of a pod that is not scheduled: the node that its DaemonSet made it for. */
  nodeName?: string;
  ready: boolean;
  /** Since when it has been ready. */
  readySince?: number;
  createdAt?: number;
  /** When its program started; meaningful while `restarts` is 0. */
  startedAt?: number;
  restarts: number;
  /** It has no node yet. */
  unscheduled: boolean;
  /** `CrashLoopBackOff`, `ImagePullBackOff`, … */
  waitingReason?: string;
  /** Kubernetes' message on why it is not scheduled or not running. */
  message?: string;
  /** How a container of it ended last, with its own last words if Kubernetes has them. */
  ended?: {
    container: string;
    exitCode: number;
    reason?: string;
    message?: string;
  };
}

export interface NodeFact {
  name: string;
  /** Of a node that is an EC2 instance. */
  instanceId?: string;
  /** Label `eks.amazonaws.com/compute-type`: `auto`, `fargate`, `hybrid`; absent on ordinary EC2 nodes. */
  computeType?: string;
  os: string;
  bottlerocket: boolean;
  ready: boolean;
  createdAt?: number;
  labels: Record<string, string>;
  /** It keeps pods away that do not tolerate a taint. */
  tainted: boolean;
  /** Label `eks.amazonaws.com/nodegroup`; absent on nodes that no managed node group made. */
  nodegroup?: string;
}

/** A role under which nodes, and so their agents, call AWS. */
export interface NodeRoleFact {
  arn: string;
  /** `node group a` or `Auto Mode`, for a sentence. */
  of: string;
  /** Managed node groups with this role. */
  nodegroups: string[];
  /** It is the role of the nodes of Auto Mode. */
  auto: boolean;
  /** Whether it may call eks-auth:AssumeRoleForPodIdentity; `unknown` if a customer-managed policy is attached. */
  mayAskEksAuth: 'yes' | 'no' | 'unknown';
}

/** A VPC endpoint of a service that Pod Identity needs. */
export interface VpcEndpointFact extends VpcEndpoint {
  /** The last part of its service's name. */
  service: 'eks-auth' | 'sts';
}

/** The expected identity, and the source of the expectation. */
export interface ExpectedFact {
  /** The role that a pod should get. */
  effectiveRoleArn?: string;
  source?: 'input' | 'last-associate' | 'association';
  /** As the last associate requested. */
  settings: AskedSettings;
  /** ARNs of the managed policies that the last associate asked for. */
  policies?: readonly string[];
  /** Names of the inline policies that it put on the role. */
  inline?: readonly string[];
}

/** The second hop: the role's permissions for its target, and the target's trust policy. */
export interface TargetRoleFact {
  arn: string;
  externalId?: string;
  /** The target itself: readable only in the cluster's own account. */
  role: Fact<Role | null>;
  /** Documents of the first role's policies: the inline ones, and the managed ones that could be read. */
  documents: Fact<{ name: string; document: unknown }[]>;
  /** ARNs of its managed policies that the portal could not read. */
  unread: string[];
}

export interface NamespaceFact {
  name: string;
  /** It was deleted, and goes when everything in it is gone. */
  terminating: boolean;
  /** Label `pod-security.kubernetes.io/enforce`. */
  podSecurity?: string;
  labels: Record<string, string>;
}

export interface ServiceAccountFact {
  name: string;
  /** Annotation `eks.amazonaws.com/role-arn` of IRSA. */
  irsaRoleArn?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** The tool from whose source it comes. */
  source?: string;
}

/** Something that a container carries beside Pod Identity, by name: never a value. */
export interface CarriedFact {
  what: Carried;
  /** `set AWS_PROFILE` */
  said: string;
  /** What to take out of the pod template; undefined where it does not come from there. */
  remedy?: string;
  /** Settings that undo it, as `kubectl set env` takes them: `NAME-`, or `NAME=` against one that is not in the template. */
  unset?: string[];
  /** The mount to take out. Its volume too, unless other containers or paths use it. */
  mount?: { path: string; volume?: string };
  /** False where it does harm only by contents that are out of sight and mostly harmless. */
  likely: boolean;
}

/** What the webhook did to one container. */
export interface ContainerFact {
  name: string;
  /** Both `AWS_CONTAINER_*` variables point at the agent and at a mounted Pod Identity token. */
  injected: boolean;
  /** Missing parts of the injection, in words. */
  missing: string[];
  /** What it carries beside Pod Identity. */
  carried: CarriedFact[];
  /** Id of the access key that stands in its spec. */
  accessKeyId?: string;
  /** `Secret db`: objects that become variables, whose names and values the portal does not read. */
  unseen: string[];
  /** Value of the spec's own `AWS_CONTAINER_CREDENTIALS_FULL_URI` where it is not the agent's. */
  foreignCredentialsUri?: string;
  /** Value of `AWS_ROLE_ARN` if IRSA's variables are set. */
  irsaRoleArn?: string;
  /** A proxy is configured and the agent's address is not exempt; `unseen` when an object that is not read decides. */
  proxied: 'no' | 'yes' | 'unseen';
  /** Holds the addresses that take no proxy, or would. */
  proxyException: 'NO_PROXY' | 'no_proxy';
  /** `key NO_PROXY of ConfigMap proxy`: what holds them, where `proxied` is `unseen`. */
  proxyExceptionIn?: string;
}

/** A pod of the ServiceAccount. */
export interface PodFact {
  name: string;
  uid?: string;
  labels: Record<string, string>;
  owner: { kind: string; name: string };
  nodeName?: string;
  phase: string;
  createdAt?: number;
  /** When the first of its containers started, as far as its status still tells. */
  startedAt?: number;
  hostNetwork: boolean;
  /** Names of containers that annotation `eks.amazonaws.com/skip-containers` leaves out. */
  skipContainers: string[];
  /** Label `eks.amazonaws.com/skip-pod-identity-webhook`. */
  skipped: boolean;
  /** Annotation `vpc.amazonaws.com/pod-eni`: the pod has its own security groups. */
  podEni: boolean;
  containers: ContainerFact[];
  /** Annotation `backstage.io/aws-sdk`: `Java v2`, or several with commas between. */
  sdk?: string;
  /** The one that `kubectl` means without naming any: an annotation says so, else it is the first. */
  mainContainer?: string;
  /** For the probe, which should run on the same kind of node as the workload. */
  placement: Placement;
}

/** A running pod under another ServiceAccount that seems to belong to this identity. */
export interface StrayFact {
  owner: PodFact['owner'];
  /** The one it runs under. */
  serviceAccount: string;
  /** `label app=payments-api` or `its name` */
  evidence: string;
  /** It is named as the ServiceAccount of the identity, not only as its component. */
  namedAsAccount: boolean;
}

/** The webhook's registration in the cluster. */
export interface WebhookFact {
  webhooks: {
    name: string;
    url?: string;
    failurePolicy?: string;
    namespaceSelector?: unknown;
    objectSelector?: unknown;
    createsPods: boolean;
    /** It has matchConditions. */
    conditional?: boolean;
  }[];
}

/** SelfSubjectAccessReviews for the probe; undefined where a review failed. */
interface PodRightsFact {
  create?: boolean;
  list?: boolean;
  watch?: boolean;
  delete?: boolean;
}

/** Result of the dry runs. */
export interface AdmissionFact {
  /** Dry runs that were answered. */
  answered: number;
  injected: number;
  /** Addresses asked. */
  addresses: number;
  /** The first answer without injection: what is missing. */
  missing: string[];
  /** IRSA's variables came instead. */
  irsaInstead: boolean;
  /** `schedulerName: fargate-scheduler` */
  fargate: boolean;
  /** Milliseconds that the gate waited after a change, if it had to. */
  waitedMs?: number;
  attempts: number;
  /** Even the fastest answer took long. */
  slow?: { ms: number; webhooks: PodWebhook[] };
  /** Webhooks of other owners that change pods; read where a part of the injection is missing. */
  others?: PodWebhook[];
  /** Dry runs are not possible here; the created pod answered instead. */
  fromCreatedPod: boolean;
}

/** The VPC CNI; read only where a pod has security groups of its own. */
interface CniFact {
  /** `standard` lets such pods reach their node; the default is `strict`. */
  podSecurityGroups: 'standard' | 'strict' | 'unseen';
}

/** A NetworkPolicy that limits what pods can reach. */
export interface NetworkPolicyFact {
  name: string;
  selector?: V1LabelSelector;
  selectsProbe: boolean;
  /** One of its rules lets pods reach the agent. */
  allowsAgent: boolean;
}

interface EgressPolicyFact {
  /** NetworkPolicies with egress rules that select the probe. */
  policies: NetworkPolicyFact[];
}

/** A statement in force for the pod that speaks of a call that AWS denied. */
export interface RulingFact {
  action: string;
  /** Name of its policy. */
  policy: string;
  /** Where the policy stands. */
  layer: 'identity policy' | 'permissions boundary' | 'session policy';
  /** `"Sid"` in quotes, or `number 2`. */
  statement: string;
  effect: 'Allow' | 'Deny';
  conditional: boolean;
}

/** Every fact by name. `null` means that it was read and does not exist. */
export interface FactTypes {
  /** ARN of the portal's own role or user, where app-config names none; `null` where AWS does not tell. */
  principal: string | null;
  cluster: ClusterFact | null;
  addon: Addon | null;
  agentDaemonSets: DaemonSetFact[];
  agentPods: AgentPodFact[];
  nodes: NodeFact[];
  nodeRoles: NodeRoleFact[];
  /** Of a private-only cluster: endpoints for eks-auth and sts in its VPC. */
  vpcEndpoints: VpcEndpointFact[];
  association: Association | null;
  /** The service account with an association here that was probably meant, if any; a reader may not see it. */
  nearby: ServiceAccountRef[];
  expected: ExpectedFact;
  role: Role | null;
  rolePolicies: RolePolicies;
  targetRole: TargetRoleFact | null;
  namespace: NamespaceFact | null;
  serviceAccount: ServiceAccountFact | null;
  pods: PodFact[];
  /** Pods of the ServiceAccount that ended in failure and are still there, those of Jobs above all. */
  failedPods: PodFact[];
  strays: StrayFact[];
  webhook: WebhookFact | null;
  /** By `deployment/api`, the tool from whose source the workload comes. */
  sources: Record<string, string>;
  podRights: PodRightsFact;
  /** Dry runs alone; `admission` also knows what a created pod showed. */
  dryRuns: AdmissionFact;
  admission: AdmissionFact;
  podRun: PodRunFact;
  rulings: RulingFact[];
  /** What AWS recorded of the application's use of the identity. */
  evidence: Evidence;
  cni: CniFact | null;
  networkPolicies: NetworkPolicyFact[];
  egressPolicies: EgressPolicyFact;
}

export type FactName = keyof FactTypes;
