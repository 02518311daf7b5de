import type {
  V1Affinity,
  V1LabelSelector,
  V1Toleration,
} from '../../../kubernetes/objects';
import type { Stuck } from '../../../kubernetes/rollout';

/** Placement of the workload, so that the probe tests the agent of such a node. */
export interface Placement {
  nodeSelector?: Record<string, string>;
  affinity?: V1Affinity;
  tolerations?: V1Toleration[];
}

/** Something that a pod carries beside the variables of Pod Identity. */
export type Carried =
  | 'keys'
  | 'former-keys'
  | 'java-properties'
  | 'java-irsa'
  | 'key-without-secret'
  | 'irsa'
  | 'role-without-token'
  | 'home-files'
  | 'credentials-file'
  | 'config-file'
  | 'profile'
  | 'default-profile'
  | 'ecs-address'
  | 'own-address'
  | 'own-token'
  | 'cleared'
  | 'proxy';

/** Something that a container carries beside Pod Identity, by name: never a value. */
export interface CarriedFact {
  what: Carried;
  /** `set AWS_PROFILE` */
  said: string;
  /** What to take out of the pod template; undefined where it does not come from there. */
  remedy?: string;
  /** Settings that undo it, as `kubectl set env` takes them: `NAME-`, or `NAME=` against one that is not in the template. */
  unset?: string[];
  /** The mounts to take out, of which the template has some or all. Their volume too, unless other containers or paths use it. */
  mount?: { paths: string[]; volume?: string };
  /** False where it does harm only by contents that are out of sight and mostly harmless. */
  likely: boolean;
  /** Only the name of a Secret says that it holds keys. */
  bySecretName?: true;
}

/** Where a container stands in the life of its pod. A sidecar is an init container that runs as long as the pod. */
export type ContainerKind = 'container' | 'sidecar' | 'init';

/** What the webhook did to one container. */
export interface ContainerFact {
  name: string;
  kind: ContainerKind;
  /** `crashing` starts and ends again and again. Absent in a bundle of an older engine. */
  state?: 'running' | 'crashing' | 'waiting' | 'ended';
  /** Of one that crashes: it took more memory than its limit the last time. */
  outOfMemory?: boolean;
  /** Both `AWS_CONTAINER_*` variables are what the webhook writes, and the token is mounted. */
  injected: boolean;
  /** Missing parts of the injection, in words. */
  missing: string[];
  /** `AWS_CONTAINER_CREDENTIALS_FULL_URI to another path of the agent`: variables that hold something else, never their values. */
  wrong?: string[];
  /** `AWS_REGION`: what of its spec says that it calls AWS, beside what the webhook adds. */
  awsSign?: string;
  /** `AWS_ENDPOINT_URL_S3`: variables that send calls elsewhere than to AWS. */
  endpoints?: string[];
  /** `sts.eu-west-1.amazonaws.com`: names of services of AWS among the hostAliases of its pod. */
  aliases?: string[];
  /** Regions by the variable that names them, `AWS_REGION eu-west-1`; the webhook sets that of the cluster. */
  regions?: string[];
  /** What it carries beside Pod Identity. */
  carried: CarriedFact[];
  /** `S3_ACCESS_KEY`, `its command line`: what holds the id of an access key that no SDK takes. */
  otherKeys?: string[];
  /** Id of the access key that stands in its spec. */
  accessKeyId?: string;
  /** `Secret db`, `the file /vault/secrets/aws`: what becomes variables, whose names and values the portal does not read. */
  unseen: string[];
  /** Value of the spec's own `AWS_CONTAINER_CREDENTIALS_FULL_URI` where it is not the agent's. */
  foreignCredentialsUri?: true | string;
  /** Value of `AWS_ROLE_ARN` if IRSA's variables are set. */
  irsaRoleArn?: string;
  /** A proxy is configured and the agent's address is not exempt; `unseen` when an object that is not read decides. */
  proxied: 'no' | 'yes' | 'unseen';
  /** It has a proxy, or something out of sight may set one, which may look up names in its place. */
  proxy?: true;
  /** Holds the addresses that take no proxy, or would. */
  proxyException: 'NO_PROXY' | 'no_proxy';
  /** `key NO_PROXY of ConfigMap proxy`: what holds them, where `proxied` is `unseen`. */
  proxyExceptionIn?: string;
}

/** A pod of the service account. */
export interface PodFact {
  name: string;
  uid?: string;
  labels: Record<string, string>;
  owner: { kind: string; name: string };
  nodeName?: string;
  phase: string;
  /** Why it cannot start, in plain words: `the image of container app cannot be pulled: ErrImagePull`. */
  notStarted?: string;
  /** No node has taken it yet; one may still come. */
  unscheduled?: boolean;
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

/** Kinds whose template the engine reads. */
export const WORKLOAD_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** A workload that belongs to the identity. A Job that has ended is none. */
export interface WorkloadFact {
  kind: WorkloadKind;
  name: string;
  /**
   * The strongest sign that it belongs to the identity: its template names the service account, it owns running pods of
   * it, or a label or its name says so.
   */
  by: 'account' | 'pods' | 'label' | 'name';
  /** `label app=payments-api`, for a sentence; of a label or a name. */
  evidence?: string;
  /** It is named as the service account, not only as the component. */
  namedAsAccount?: boolean;
  /** The one that its template names; `default` where it names none. */
  serviceAccount: string;
  /** Of a Job: the CronJob that made it, if one did. */
  controller?: PodFact['owner'];
  /** Roll-outs of a Deployment are paused; a CronJob or a Job is suspended. */
  paused: boolean;
  /** `RollingUpdate`, `Recreate` or `OnDelete`; none of Jobs and CronJobs. */
  strategy?: string;
  /** Of a StatefulSet, unless it is 0: pods with a lower number keep their template. */
  partition?: number;
  /** Pods, also of a Job; none of a CronJob. */
  replicas?: { wanted: number; updated: number; available: number };
  /** All pods are of this template and available; true of Jobs and CronJobs, which roll nothing out. */
  rolledOut: boolean;
  /** Pods of former templates, at most; absent where there are none, and in a bundle of an older engine. */
  older?: number;
  /** Why its roll-out does not go on, by its conditions or by a pod that does not start. */
  stuck?: Stuck;
  /** The tool from whose source it comes. */
  source?: string;
  /** What its template says of a pod, before admission: so without what webhooks add. */
  template: PodFact;
}

export interface WorkloadsFact {
  found: WorkloadFact[];
  /** Kinds that the portal is not allowed to list. */
  unseen: WorkloadKind[];
}

/** A running pod under another service account that seems to belong to this identity. */
export interface StrayFact {
  owner: PodFact['owner'];
  /** The one it runs under. */
  serviceAccount: string;
  /** `label app=payments-api` or `its name` */
  evidence: string;
  /** It is named as the service account of the identity, not only as its component. */
  namedAsAccount: boolean;
}

/** The VPC CNI; read only where a pod has security groups of its own. */
export interface CniFact {
  /** `standard` lets such pods reach their node; the default is `strict`. */
  podSecurityGroups: 'standard' | 'strict' | 'unseen';
}

/** A NetworkPolicy that limits what pods can reach. */
export interface NetworkPolicyFact {
  name: string;
  /** Hash of its name, of what it selects and of what it allows. Absent in a bundle of an older engine. */
  hash?: string;
  selector?: V1LabelSelector;
  selectsProbe: boolean;
  /** One of its rules lets pods reach the agent. */
  allowsAgent: boolean;
  /** One of its rules opens more than the agent and DNS. Absent in a bundle of an older engine. */
  opensMore?: boolean;
  /** One of its rules opens port 53 of something. Absent in a bundle of an older engine. */
  opensDns?: boolean;
}

export interface EgressPolicyFact {
  /** NetworkPolicies with egress rules that select the probe. */
  policies: NetworkPolicyFact[];
}
