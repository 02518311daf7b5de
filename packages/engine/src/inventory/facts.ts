import type {
  AccessNodeProgram,
  AccessProgram,
  AccessSearch,
} from 'backstage-plugin-eks-pod-identity-common';
import type { SessionPolicy } from '../aws/account';
import type { AddonVersion } from '../aws/addon';
import type { Role } from '../aws/role';
import type { ClusterConfig } from '../clusters/types';
import type { TrustEditor } from '../guardrails';
import type { Replacing } from '../kubernetes/replacing';
import type { NodeGroup } from '../verification/agent/nodeGroups';
import type { Fact, Lack } from '../verification/framework/fact';
import type { NodeFact } from '../verification/framework/facts/agent';
import type { Fix } from '../verification/framework/fix';
import type { WorkloadKind } from '../verification/framework/facts/workloads';

/** What is known of a service account by `namespace/name`. */
type ByAccount<T> = ReadonlyMap<string, T>;

/** A service account with the annotation of IRSA. */
export interface AnnotatedAccount {
  roleArn: string;
  /** Annotation `eks.amazonaws.com/audience`. */
  audience?: string;
  /** Annotation `eks.amazonaws.com/sts-regional-endpoints` with `false`. */
  globalSts?: boolean;
  /** Of the object as it was read: a command that names it changes no later one. */
  resourceVersion?: string;
  /** EKS wrote it, as it does for an add-on. */
  byEks: boolean;
  /** The tool that deploys the service account. */
  source?: string;
}

/** What pods come from. */
export interface WorkloadOfAccount {
  kind: string;
  name: string;
  /** Sidecars included. */
  containers: number;
  /** How it replaces its pods, where it has roll-outs. */
  replacing?: Replacing;
  /** Its template sets the variables of IRSA itself. */
  byHand?: boolean;
  /** How to take the keys out of its template, where there are any. */
  takeOut?: Pick<Fix, 'actions' | 'commands'>;
}

/** What the specs of pods or of templates say of the ways to AWS, of all that run under one service account. */
export interface SpecsOfAccount {
  /** What runs, or would, by `Deployment api`. */
  workloads: Map<string, WorkloadOfAccount>;
  /** What sets the variables of IRSA itself, in words. */
  byHand: Set<string>;
  /** What carries an access key, in words; never a value. */
  keys: Set<string>;
  /** Secrets that become variables and may hold keys, such as `Secret db`; those that by their name do. */
  secrets: Set<string>;
  keySecrets: Set<string>;
  /** Containers that carry none. */
  keyless: number;
  /** Roles of the annotation of kube2iam. */
  kube2iam: Set<string>;
  /** Containers whose settings allow web identity alone. */
  pinned: Set<string>;
  /** Names that its containers give their sessions; '' for one that the spec does not hold. */
  sessionNames: Set<string>;
  /** Something sends requests to the agent through a proxy; `unseen` where an object that is not read decides. */
  proxied?: 'yes' | 'unseen';
  hostNetwork: boolean;
  /** A container is set to the global endpoint of STS. */
  globalSts: boolean;
}

/** Pods of one workload in which nothing leads to AWS but the metadata of their node. */
export interface RoadlessPods {
  kind: string;
  name: string;
  /** They reach the metadata of their node whatever its hop limit. */
  hostNetwork: boolean;
  /** How many of them on which node. */
  nodes: Map<string, number>;
}

/** Pods of one workload that hold the variables of IRSA as the webhook sets them. */
interface PodsOnIrsa {
  kind: string;
  name: string;
  pods: number;
  /** ARNs. */
  roles: Set<string>;
}

/** The last run of a Job or a CronJob whose pods have ended. */
export interface EndedRun {
  /** Name of the Job. */
  job: string;
  /** Epoch milliseconds; when its newest pod was made. */
  at: number;
  nodes: Set<string>;
  /** A pod of it held the variables of Pod Identity, and ended well. */
  byPodIdentity?: true;
}

/** The running pods of one service account. */
export interface PodsOfAccount extends SpecsOfAccount {
  count: number;
  /** How many of them no workload would make again. */
  bare: number;
  /** Those that hold the variables of IRSA as the webhook sets them, by `Deployment api`. */
  onIrsa: Map<string, PodsOnIrsa>;
  /** How many on which node; those without one under ''. */
  nodes: Map<string, number>;
  /** By `Deployment api`. */
  roads: Map<string, RoadsOfWorkload>;
  /** By `Deployment api`. */
  roadless: Map<string, RoadlessPods>;
  /** Names of NetworkPolicies that keep some of them from the agent. */
  barredBy: Set<string>;
  /** What ran and has ended, by `CronJob sync` and `Job sync-29402100`. */
  ended: Map<string, EndedRun>;
}

/** A node, as far as it decides whether Pod Identity is offered there, and who may act as it. */
export interface NodeInUse
  extends Pick<NodeFact, 'name' | 'os' | 'computeType' | 'instanceId'> {
  group?: NodeGroup;
}

/** Calls as one node by programs that are none of its components, as far as CloudTrail has them. */
export interface UseOfNode {
  programs: AccessNodeProgram[];
  /** ARNs of the roles of these programs; where there is none, of the node's components. */
  roles: string[];
  /** ISO 8601; since when all its calls were read. */
  since: string;
}

/** An association, as far as it was read. */
export interface AssociationOfAccount {
  arn?: string;
  roleArn?: string;
  /** Where the list of roles lacks its role: what IAM gave by its name, maybe a role at another path, or null. */
  askedRole?: Fact<Role | null>;
  targetRoleArn?: string;
  disableSessionTags?: boolean;
  /** A session policy, as JSON. */
  policy?: string;
  externalId?: string;
  /** Of the add-on that has it. */
  ownerArn?: string;
  tags?: Record<string, string>;
  /** Epoch milliseconds. */
  modifiedAt?: number;
}

/** How many pods of a workload hold the variables of which road; those of neither are in none. */
export interface RoadsOfWorkload {
  pods: number;
  irsa: number;
  podIdentity: number;
}

/** An add-on that has a role for IRSA. */
export interface AddonInUse extends AddonVersion {
  /** Names of its service accounts that take Pod Identity in this version. */
  takesPodIdentity: Fact<string[]>;
}

/** A role of the account of the cluster. */
export interface RoleOfAccount {
  role: Role;
  /** Its policies let it assume other roles, or the trust policy of another role names it. */
  mayAssume: boolean;
  /** What policies of the account say of some of its sessions only. */
  sessionPolicies?: SessionPolicy[];
}

/** When a service account asked for one role by IRSA, as far as CloudTrail has it; ISO 8601. */
export interface AskedFor {
  obtainedAt?: string;
  refusedAt?: string;
}

/** What CloudTrail has of one service account. */
export interface UseOfAccount {
  /** Those of earlier looks included. */
  programs: AccessProgram[];
  /** How many of them asked within one look, so that they are programs of different containers. */
  together: number;
  /** By the ARN of the role that it asked for. */
  roles: Map<string, AskedFor>;
}

/** Everything that rows are judged by. */
export interface AccessFacts {
  cluster: {
    id: string;
    name: string;
    arn: string;
    accountId: string;
    partition: string;
    region: string;
    /** OIDC issuer, without `https://`. */
    issuer?: string;
    /** Of the Kubernetes API. */
    endpoint?: string;
    /** Of the agent, as pods of this cluster reach it. */
    agentAddress: string;
    /** The portal that moves its service accounts; absent where only persons edit trust policies. */
    editor?: TrustEditor;
    /** Where that portal works; absent where no portal moves. */
    namespaces?: ClusterConfig['namespaces'];
  };
  annotated: Fact<ByAccount<AnnotatedAccount>>;
  pods: Fact<{
    of: ByAccount<PodsOfAccount>;
    /** Names of nodes on which an agent is ready. */
    agents: ReadonlySet<string>;
    /** The NetworkPolicies were read, so that `barredBy` tells. */
    policies: Fact<true>;
  }>;
  templates: Fact<{
    of: ByAccount<SpecsOfAccount>;
    /** Kinds that were not read, and why. */
    unseen: Map<WorkloadKind, Lack>;
  }>;
  nodes: Fact<ReadonlyMap<string, NodeInUse>>;
  associations: Fact<ByAccount<AssociationOfAccount>>;
  /** By the role that they are given for IRSA. */
  addons: Fact<ReadonlyMap<string, AddonInUse[]>>;
  roles: Fact<ReadonlyMap<string, RoleOfAccount>>;
  /** ARNs of the OIDC providers that the account trusts. */
  providers: Fact<ReadonlySet<string>>;
  use: Fact<{
    of: ByAccount<UseOfAccount>;
    /** ISO 8601; of all regions that were searched. */
    since: string;
    /** The search in the region of the cluster ended before it had seen all of the time that it was made for. */
    isCut: boolean;
    /** Calls that do not say whose they are. */
    ofUnknown: number;
    /** What was searched, the region of the cluster first. */
    regions: string[];
    /** What has calls to the global endpoint of STS, and was not searched as far back. */
    unsearched?: { region: string; lack: Lack };
    /** By this look and earlier ones. */
    searched: AccessSearch[];
  }>;
  nodeUse: Fact<{
    /** By the id of the instance; nodes that were not looked at are in none. */
    of: ReadonlyMap<string, UseOfNode>;
    /** Why the search ended before all nodes that it was made for. */
    stopped?: Lack;
  }>;
}
